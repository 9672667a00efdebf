"""``status_sql``: which migrations are applied, wait, changed or are missing."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony import conf
from ceremony.actions.status import status
from ceremony.core.report import StatusReport
from ceremony.errors import CeremonyError
from ceremony.management.base import CeremonyCommand
from ceremony.management.formats.json_format import status_report
from ceremony.management.page import Page
from ceremony.management.pages.status import status_page
from ceremony.management.places import prefix_of
from ceremony.management.running import add_database
from ceremony.management.trouble import Trouble, of_error, of_status
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
        page = Page()
        reports: list[StatusReport] = []
        troubles: list[Trouble] = []
        for name in options["series"] or series_names(root):
            page.blank()
            try:
                reports.append(status(name, options["database"]))
                page.extend(status_page(reports[-1], prefix_of(root)))
            except CeremonyError as error:
                # One target out of reach must not hide the state of the others.
                troubles.append(of_error(error))
                page.line(("✕ ", "bad"), f"{name}: {error.code}")
        if options["check"] and (found := of_status(reports)):
            troubles.append(found)
        written = [status_report(report) for report in reports]
        self.answer(page, written, troubles[0] if troubles else None)
