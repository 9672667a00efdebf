"""The page of ``reconcile_sql``: what the ledger settled, and what a person must decide."""

from ceremony.core.drift import DriftResult
from ceremony.core.report import ReconcileReport
from ceremony.management.page import Page
from ceremony.management.pages.drift import add_differences, add_note
from ceremony.management.pages.findings import add_findings
from ceremony.management.pages.settled import add_settled
from ceremony.management.pages.target import target_name, target_place
from ceremony.management.units import counted


def reconcile_page(report: ReconcileReport, prefix: str) -> Page:
    """A sentence, a row per settled attempt, what was repaired, what no rule may settle."""
    page = Page()
    page.line((_sentence(report), "bold"))
    page.line((target_place(report.target), "dim"))
    page.blank()
    if report.settled:
        add_settled(page, report.settled)
        page.blank()
    for repaired in report.repaired:
        page.line(("✓ ", "ok"), repaired)
    page.blank()
    add_findings(page, report.findings, prefix)
    page.blank()
    _taken(page, report)
    return page


def _taken(page: Page, report: ReconcileReport) -> None:
    """What was accepted, and the snapshot that holds it from now on."""
    if report.accepted is not None:
        if report.accepted.result is DriftResult.FOUND:
            add_differences(page, report.accepted, ", accepted", everything=True)
        elif report.accepted.result is DriftResult.NONE:
            page.line("There was no drift to accept.")
    if report.snapshot is None:
        return
    if report.snapshot.missing is not None:
        add_note(page, report.snapshot.missing)
        return
    objects = counted(report.snapshot.objects, "object")
    page.line(
        ("✓ ", "ok"),
        f"Snapshot {report.snapshot.number} stored, with {objects}: what differs from it from now "
        "on is drift.",
    )


def _sentence(report: ReconcileReport) -> str:
    on = target_name(report.target)
    if not (report.settled or report.repaired or report.findings):
        return f"Nothing to settle: ledger and records agree on {on}."
    if not (report.settled or report.repaired):
        return f"Nothing was settled on {on}: no rule may decide what follows, a person must."
    settled = f"Settled {counted(len(report.settled), 'attempt')}"
    repaired = f"repaired {counted(len(report.repaired), 'record')}"
    return f"{settled} and {repaired} from the ledger on {on}."
