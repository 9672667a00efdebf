"""``verify_sql``: run the checks of what is applied again; compare files, ledger and records."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony import conf
from ceremony.actions.verify import VerifyRequest, verify
from ceremony.management.base import CeremonyCommand
from ceremony.management.formats.json_format import verify_report
from ceremony.management.pages.verify import verify_page
from ceremony.management.places import prefix_of
from ceremony.management.running import add_database
from ceremony.management.trouble import of_verification


class Command(CeremonyCommand):
    """Exit 0 when all is well, 1 when a check fails or the contract is violated, 5 when files,
    ledger and records disagree or the catalog has drifted, 6 when a migration is partly in.
    """

    help = (
        "Run the `always` and `monitor` checks of what is applied, compare files, ledger and "
        "records, and ask for what the contract requires. What a check does is undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("series", metavar="SERIES", help="The series to verify.")
        add_database(parser)
        parser.add_argument(
            "--drift",
            action="store_true",
            help="Compare the live catalog, too, with the snapshot that the last run left.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        request = VerifyRequest(
            options["series"], self.caller(), options["database"], options["drift"]
        )
        report = verify(request)
        prefix = prefix_of(conf.load().root)
        page = verify_page(report, prefix, self.verbosity)
        self.answer(page, [verify_report(report)], of_verification(report))
