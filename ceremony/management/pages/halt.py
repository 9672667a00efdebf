"""The page of ``halt_sql`` and ``resume_sql``: where a halt stands and what comes next."""

from ceremony.core.compensation import Offer
from ceremony.core.halting import CONDITIONS, Condition, HaltReport, Station, Stopped, Taken
from ceremony.management.page import Page, Part
from ceremony.management.units import duration, moment


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
    for offer in report.offers:
        _offer(page, offer)
    for path in report.exported:
        page.line(("Exported  ", "dim"), path)
    page.blank()
    _next(page, report)
    return page


def _met(page: Page, met: Stopped) -> None:
    for sentence in met.unsettled():
        page.line(("⚠ ", "warn"), sentence)
    if met.already:
        page.line("It was halted before; what you said is kept.")
    if met.process and not met.still:
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


def _offer(page: Page, offer: Offer) -> None:
    """What can be done where the way back of a migration would not serve."""
    one = offer.compensation
    page.line((f"Instead of rolling back {offer.label}", "bold"))
    affected = f"{offer.rows} ({one.affected})" if offer.rows else offer.problem
    took = "" if offer.microseconds is None else duration(offer.microseconds / 1_000_000)
    for label, text in (
        ("Because", offer.because),
        ("When", one.when),
        ("State", one.state),
        ("Affected", affected),
        ("Restore", one.restoration),
        ("Export", "; ".join(one.export)),
        ("Downtime", one.downtime),
        ("Rehearsed", f"its way back took {took}" if took else ""),
    ):
        if text:
            page.line((f"{label:<10}", "dim"), text, indent=2)
    page.blank()


def _next(page: Page, report: HaltReport) -> None:
    following = report.state.next
    if following is None:
        return
    page.line((f"The next station is {following.value.upper()}.", "bold"))
    more = "or     " if following is Station.DECIDE else "then   "
    for number, step in enumerate(report.steps):
        page.line((more if number else "Next   ", "dim"), step)
