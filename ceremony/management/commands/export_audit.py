"""``export_audit``: the audit trail as files, with a verifier that needs neither Django nor us."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony.actions.export_audit import ExportRequest, export_audit
from ceremony.management.base import CeremonyCommand
from ceremony.management.formats.audit_json import export_report
from ceremony.management.pages.audit import export_page, of_audit


class Command(CeremonyCommand):
    """Exit 0 when all agrees, 5 when something was changed (it is exported all the same), 1 when a
    target could not be asked.
    """

    help = (
        "Verify the audit trail and print an anchor of its head; write it all as JSON Lines with "
        "a verifier that needs Python alone. No database is changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--output",
            default="",
            metavar="FOLDER",
            help="Write events, rows of evidence, frozen files and the verifier into this folder, "
            "which must not be there yet or be empty.",
        )
        parser.add_argument(
            "--anchor",
            default="",
            metavar="FILE",
            help="Add the anchor to this file, as one more line.",
        )
        parser.add_argument(
            "--targets",
            action="store_true",
            help="Ask the ledgers of all targets, and write them, too.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        request = ExportRequest(options["output"], options["anchor"], options["targets"])
        exported = export_audit(request)
        page = export_page(exported)
        self.answer(page, [export_report(exported)], of_audit(exported.audit))
