"""``verify_audit``: find the first bad event of the audit trail."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony.actions.verify_audit import VerifyAuditRequest, verify_audit
from ceremony.management.base import CeremonyCommand
from ceremony.management.formats.audit_json import audit_report
from ceremony.management.pages.audit import audit_page, of_audit


class Command(CeremonyCommand):
    """Exit 0 when all agrees, 5 when something was changed, 1 when a target could not be asked."""

    help = (
        "Verify the audit trail: every event against the one before, every row of evidence "
        "against its event. Nothing is changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--anchor",
            action="append",
            default=[],
            metavar="FILE",
            help="Compare with the anchors in this file, too: they find a trail that was cut or "
            "written anew. May be given several times.",
        )
        parser.add_argument(
            "--targets",
            action="store_true",
            help="Ask the ledgers of all targets, too: each row of theirs carries the head of the "
            "trail as it was.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify_audit(VerifyAuditRequest(tuple(options["anchor"]), options["targets"]))
        self.answer(audit_page(report), [audit_report(report)], of_audit(report))
