"""``verify_sql``: run the checks of what is applied again; compare files, ledger and records."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony import conf
from ceremony.actions.permit import NOTHING_SAID
from ceremony.actions.verify import VerifyRequest, verify
from ceremony.actions.verify_again import VerifyAgainRequest, verify_again
from ceremony.management.formats.json_format import verify_report
from ceremony.management.formats.verified_json import verified_again_report
from ceremony.management.pages.items import verified_again_page
from ceremony.management.pages.verify import verify_page
from ceremony.management.places import prefix_of
from ceremony.management.progress import NoLook
from ceremony.management.running import WatchedCommand, add_database
from ceremony.management.started import add_started_argument, taken_up
from ceremony.management.trouble import of_problem, of_verification


class Command(WatchedCommand):
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
        parser.add_argument(
            "--ceremony",
            type=int,
            default=0,
            metavar="N",
            help="Take up the verification of ceremony N, whose run is over and whose verification "
            "was cut off. Takes the target's lock, and moves the ceremony on.",
        )
        add_started_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["ceremony"]:
            self._again(options)
            return
        request = VerifyRequest(
            options["series"], self.caller(), options["database"], options["drift"]
        )
        report = verify(request)
        prefix = prefix_of(conf.load().root)
        page = verify_page(report, prefix, self.verbosity)
        self.answer(page, [verify_report(report)], of_verification(report))

    def _again(self, options: dict[str, Any]) -> None:
        asked = taken_up(self.name, options) if options["started"] else NOTHING_SAID
        request = VerifyAgainRequest(
            options["series"],
            options["ceremony"],
            asked.caller(self.caller()),
            options["database"],
        )
        with self.watcher(NoLook()) as watcher:
            report = verify_again(request, watcher)
        trouble = of_problem(report.problem) if report.problem else None
        self.answer(verified_again_page(report), [verified_again_report(report)], trouble)
