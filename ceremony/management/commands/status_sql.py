"""``status_sql``: which migrations are applied, wait, changed or are missing."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony import conf
from ceremony.actions.status import status
from ceremony.management.base import CeremonyCommand, program
from ceremony.management.formats.json_format import status_report
from ceremony.management.page import Page
from ceremony.management.pages.status import status_page
from ceremony.management.places import prefix_of
from ceremony.management.running import add_database
from ceremony.management.trouble import of_status
from ceremony.sources.folder import series_names


class Command(CeremonyCommand):
    """Exit 0; with ``--check`` 1 when something waits and 5 when files and ledger disagree."""

    help = "Show the state of every migration of the series on their targets. Nothing is changed."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "series", nargs="*", metavar="SERIES", help="The series to show. Default: all of them."
        )
        add_database(parser)
        parser.add_argument(
            "--check",
            action="store_true",
            help="Exit 1 when something waits to be applied, 5 when files and ledger disagree.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        root = conf.load().root
        names = options["series"] or series_names(root)
        reports = [status(name, options["database"]) for name in names]
        page = Page()
        for report in reports:
            page.blank()
            page.extend(status_page(report, prefix_of(root), program()))
        trouble = of_status(reports, program()) if options["check"] else None
        self.answer(page, [status_report(report) for report in reports], trouble)
