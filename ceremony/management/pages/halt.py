"""The page of ``halt_sql`` and ``resume_sql``: where a halt stands and what comes next."""

from ceremony.core.halting import CONDITIONS, Condition, HaltReport, Station, Stopped, Taken
from ceremony.management.page import Page, Part
from ceremony.management.units import moment


def halt_page(report: HaltReport) -> Page:
    """A sentence, what was met at work, the stations, and what to type next."""
    page = Page()
    place = f"{report.alias} ({report.environment})"
    if report.halt is None:
        page.line(("✓ ", "ok"), (f"No halt: {place} may be run on.", "bold"))
        return page
    if report.lifted:
        page.line(("✓ ", "ok"), (f"Lifted: {place} may be run on again.", "bold"))
    else:
        page.line(("■ ", "bad"), (f"Halted: nothing runs on {place}.", "bold"))
    if report.stopped is not None:
        _met(page, report.stopped)
    _about(page, report)
    page.blank()
    page.table(("Station", "When", "By", "", "Said"), [_row(one) for one in report.state.taken])
    page.blank()
    _next(page, report)
    return page


def _met(page: Page, met: Stopped) -> None:
    if met.out_of_reach:
        page.line(("⚠ ", "warn"), "The target does not answer; only this control side knows.")
    if met.already:
        page.line("It was halted before; what you said is kept.")
    if met.process and met.still:
        page.line(("⚠ ", "warn"), f"Process {met.process} was cancelled and is still at work.")
    elif met.process:
        page.line(f"Process {met.process} was cancelled; its run has ended.")


def _about(page: Page, report: HaltReport) -> None:
    if report.ceremony:
        page.line(("Ceremony  ", "dim"), f"{report.ceremony}, {report.ceremony_state}")
    row = f"row {report.ledger_sequence}" if report.ledger_sequence else "not told yet"
    page.line(("Ledger    ", "dim"), row)


def _row(one: Taken) -> list[Part]:
    return [one.station.value.upper(), moment(one.at), one.by, (_word(one), "warn"), one.text]


def _word(one: Taken) -> str:
    """The decision, or the condition in words."""
    if one.condition in list(Condition):
        return CONDITIONS[Condition(one.condition)]
    return one.course if one.station is Station.DECIDE else ""


def _next(page: Page, report: HaltReport) -> None:
    following = report.state.next
    if following is None:
        return
    page.line((f"The next station is {following.value.upper()}.", "bold"))
    for number, step in enumerate(report.steps):
        page.line(("Next   " if not number else "then   ", "dim"), step)
