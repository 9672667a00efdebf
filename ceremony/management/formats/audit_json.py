"""The JSON answers of ``verify_audit`` and ``export_audit``."""

from ceremony.actions.export_audit import Exported
from ceremony.core.audit_report import AuditReport
from ceremony.management.formats.facts import Json


def audit_report(report: AuditReport) -> dict[str, Json]:
    """``verify_audit``: what was compared, and every disagreement."""
    return {
        "control": report.control,
        "events": report.events,
        "hash": report.hash,
        "intact": report.intact,
        "anchors": report.anchors,
        "rows": dict(report.rows),
        "ledgers": [
            {"alias": one.alias, "rows": one.rows, "not_checked": one.not_checked}
            for one in report.witnesses
        ],
        "faults": [
            {"code": one.code, "event": one.event, "message": one.message} for one in report.faults
        ],
    }


def export_report(exported: Exported) -> dict[str, Json]:
    """``export_audit``: the same, where it was written, and the anchor's line."""
    return {
        **audit_report(exported.audit),
        "output": exported.output,
        "anchor": exported.anchor.line if exported.anchor else "",
    }
