"""The page of ``status_sql``: each migration's state on the target."""

from ceremony.core.halting import LedgerHalt
from ceremony.core.report import MigrationState, StatusLine, StatusReport
from ceremony.management.next_command import next_command, program
from ceremony.management.page import Page, Part
from ceremony.management.pages.findings import add_findings
from ceremony.management.pages.target import target_name, target_place
from ceremony.management.units import counted, listed, moment

_MARKS = {
    MigrationState.APPLIED: ("✓", "ok"),
    MigrationState.REWORDED: ("✓", "ok"),
    MigrationState.CHANGED: ("≠", "bad"),
    MigrationState.MISSING: ("✕", "bad"),
    MigrationState.PENDING: ("○", "warn"),
    MigrationState.LATE: ("⚠", "warn"),
    MigrationState.ROLLED_BACK: ("↩", "warn"),
    MigrationState.PARTLY: ("⚠", "bad"),
    MigrationState.BASELINED: ("✓", "ok"),
    MigrationState.SUPERSEDED: ("✓", "dim"),
    MigrationState.PLANNED: ("·", "dim"),
    MigrationState.RETIRED: ("⊘", "dim"),
}


def status_page(report: StatusReport, prefix: str) -> Page:
    """A sentence, a row per migration, what was noticed, the next command."""
    page = Page()
    page.line((f"{report.series} on {target_name(report.target)}: {_states(report)}.", "bold"))
    page.line((target_place(report.target), "dim"))
    if report.lines:
        page.blank()
        page.table(
            ("Migration", "State", "When", "By", "Note"), [_row(one) for one in report.lines]
        )
    page.blank()
    add_findings(page, report.findings, prefix)
    page.blank()
    _ceremonies(page, report)
    if report.halt is not None:
        page.line(("■ ", "bad"), _halted(report.halt))
        page.line(("Next   ", "dim"), f"{program()} resume_sql --database {report.target.alias}")
    elif report.running:
        page.line(("▶ ", "run"), f"A run is at work here: {report.running}.")
    elif report.unsettled:
        attempts = counted(report.unsettled, "attempt")
        page.line(("⚠ ", "warn"), f"{attempts} without an outcome in the record.")
        page.line(("Next   ", "dim"), f"{program()} reconcile_sql --database {report.target.alias}")
    elif report.pending:
        page.line(("Next   ", "dim"), next_command("plan_sql", report.series, report.target))
    return page


def _halted(halt: LedgerHalt) -> str:
    about = f" (ceremony {halt.ceremony})" if halt.ceremony else ""
    return f"Halted{about} since {moment(halt.at)} by {halt.by}: {halt.text}"


def _ceremonies(page: Page, report: StatusReport) -> None:
    page.table(
        ("Ceremony", "State", "Title"),
        [[str(one.number), one.state.value, one.title] for one in report.ceremonies],
    )
    for one in report.ceremonies:
        for sentence in one.changed:
            page.line(("⚠ ", "warn"), f"Ceremony {one.number} is stale: {sentence}")
        if one.changed:
            again = next_command("request_sql", report.series, report.target)
            page.line(f"{again} --again {one.number}", indent=2)
    page.blank()


def _states(report: StatusReport) -> str:
    states = [line.state for line in report.lines]
    counts = ((states.count(state), state.value) for state in MigrationState)
    return listed(tuple(f"{n:,} {word}" for n, word in counts if n)) or "no migrations"


def _row(line: StatusLine) -> list[Part]:
    when = moment(line.at) if line.at else ""
    return [line.label, marked(line.state), when, line.by, (line.note, "dim")]


def marked(state: MigrationState) -> Part:
    """The state's word behind its mark."""
    mark, style = _MARKS[state]
    return (f"{mark} {state.value}", style)
