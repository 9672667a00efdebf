"""``baseline_sql``: record a live schema as the beginning of a series, once a file is proved to
build it.
"""

from typing import Any

from django.core.management.base import CommandParser

from ceremony import conf
from ceremony.actions.baseline import BaselineRequest, baseline
from ceremony.management.formats.recorded_json import baseline_report
from ceremony.management.pages.baseline import baseline_page
from ceremony.management.places import prefix_of
from ceremony.management.progress import NoLook
from ceremony.management.running import RunningCommand
from ceremony.management.trouble import of_baseline


class Command(RunningCommand):
    """Exit 0 when the baseline is recorded, 3 when the file does not build the live schema."""

    help = (
        "Prove that a file builds the schema of a live database, and record it there without "
        "running it. A file that does not exist is written from the live schema."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("series", metavar="SERIES", help="The series that gets a baseline.")
        parser.add_argument(
            "named",
            nargs="?",
            metavar="VERSION",
            help="The file to prove, by version or name, or a name for a new file. Default: the "
            "newest file that supersedes others, or the only one.",
        )
        self.add_run_arguments(parser)
        parser.add_argument(
            "--supersedes",
            metavar="FIRST-LAST",
            help="The versions that a new file stands for. Default: all before it.",
        )
        parser.add_argument(
            "--without-rights",
            action="store_true",
            help="Neither write nor compare owners, grants and default privileges.",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="Write a new file and prove, but record nothing in the target.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        request = BaselineRequest(
            series=options["series"],
            caller=self.caller(options["wait"]),
            alias=options["database"],
            named=options["named"],
            supersedes=options["supersedes"],
            rights=not options["without_rights"],
            check_only=options["check"],
            confirm=options["confirm"],
        )
        with self.watcher(NoLook()) as watcher:
            report = baseline(request, watcher)
        prefix = prefix_of(conf.load().root)
        page = baseline_page(report, prefix, self.verbosity)
        self.answer(page, [baseline_report(report)], of_baseline(report))
