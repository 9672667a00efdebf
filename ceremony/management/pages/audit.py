"""The pages of ``verify_audit`` and ``export_audit``, and how they end."""

from ceremony.actions.export_audit import Exported
from ceremony.core.audit_report import AuditReport, Witness
from ceremony.errors import ExitCode
from ceremony.management.next_command import program
from ceremony.management.page import Page
from ceremony.management.trouble import Trouble
from ceremony.management.units import counted

_SHOWN = 20
_READ = "The databases were only read."


def audit_page(report: AuditReport) -> Page:
    """A sentence, the head, what was compared with it, and every disagreement."""
    page = Page()
    page.line((_sentence(report), "bold"))
    if report.events:
        page.line((f"Control {report.control}, head {report.events} {report.hash}", "dim"))
    page.blank()
    if report.anchors:
        page.line(f"Anchors: {report.anchors:,}")
    if report.events and report.rows:
        rows = counted(sum(report.rows.values()), "row")
        page.line(f"Evidence: {rows} in {counted(len(report.rows), 'table')}")
    for witness in report.witnesses:
        _add_witness(page, witness)
    page.blank()
    for fault in report.faults[:_SHOWN]:
        page.line(("✕ ", "bad"), fault.message, (f"  [{fault.code}]", "dim"))
    if len(report.faults) > _SHOWN:
        page.line(f"… and {len(report.faults) - _SHOWN:,} more")
    return page


def export_page(exported: Exported) -> Page:
    """What was verified, where it was written, and the anchor."""
    page = audit_page(exported.audit)
    page.blank()
    if exported.output:
        page.line(f"Written to {exported.output}. To verify it: python3 -I verify.py, in there.")
    if exported.anchor is not None:
        page.line(exported.anchor.line)
    return page


def of_audit(report: AuditReport) -> Trouble | None:
    """A disagreement, or a target that was to be asked and could not be."""
    if report.faults:
        first = report.faults[0]
        more = len(report.faults) - 1
        told = f" ({counted(more, 'more finding')} above)" if more else ""
        return Trouble(
            first.code,
            f"{first.message}{told}",
            _READ,
            "Change nothing. Keep this answer, compare with a backup and with an export, and find "
            "out who wrote to the database.",
            ExitCode.TAMPERED,
        )
    if report.not_checked:
        first_target = report.not_checked[0]
        return Trouble(
            "audit-incomplete",
            f"The ledger of {first_target.alias!r} was not asked: {first_target.not_checked}",
            _READ,
            f"Make it reachable, then again: {program()} verify_audit --targets",
            ExitCode.FAILED,
        )
    return None


def _sentence(report: AuditReport) -> str:
    if not report.events and report.intact:
        return "The audit trail is empty: nothing has happened yet."
    if report.intact:
        return f"The audit trail is intact: {counted(report.events, 'event')}."
    return f"The audit trail does not agree: {counted(len(report.faults), 'finding')}."


def _add_witness(page: Page, witness: Witness) -> None:
    if witness.not_checked:
        page.line(("⚠ ", "warn"), f"Ledger of {witness.alias}: NOT RUN. {witness.not_checked}")
    else:
        page.line(f"Ledger of {witness.alias}: {counted(witness.rows, 'row')}")
