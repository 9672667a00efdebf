"""``retire_sql``: rename a file that must never run again, with its reason."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony import conf
from ceremony.actions.retire import RetireRequest, retire
from ceremony.management.formats.recorded_json import retire_report
from ceremony.management.pages.retire import retire_page
from ceremony.management.places import prefix_of
from ceremony.management.progress import NoLook
from ceremony.management.running import WatchedCommand, seconds


class Command(WatchedCommand):
    """Exit 0 when the file is retired, 3 when a target or another file still needs it."""

    help = (
        "Rename a migration and what belongs to it to .sql.retired, with the reason in its header. "
        "Refused where a target or another file still needs it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("series", metavar="SERIES", help="The series of the file.")
        parser.add_argument("migration", metavar="VERSION", help="The file, by version or name.")
        parser.add_argument(
            "--reason",
            required=True,
            metavar="WHY",
            help="Why it must never run: one line, written into the file's header.",
        )
        parser.add_argument(
            "--database",
            action="append",
            default=[],
            metavar="ALIAS",
            help="Say so in the ledger of this target, too, where the file never ran. Repeatable.",
        )
        parser.add_argument(
            "--not-needed",
            action="append",
            default=[],
            metavar="ALIAS",
            help="This target does not need the file, though it waits there or cannot be asked. "
            "Repeatable; the trail keeps it.",
        )
        parser.add_argument(
            "--confirm",
            default="",
            metavar="ENVIRONMENT",
            help="Name the environment of the target whose ledger is written. "
            "Needed wherever that is not local.",
        )
        parser.add_argument(
            "--wait",
            type=seconds,
            metavar="SECONDS",
            help="Wait at most this long for a target's lock. Default: as long as it takes.",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="Show what would be renamed, and change nothing. Exit 3 when it would be refused.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        request = RetireRequest(
            series=options["series"],
            version=options["migration"],
            reason=options["reason"],
            caller=self.caller(options["wait"]),
            databases=tuple(options["database"]),
            not_needed=tuple(options["not_needed"]),
            confirm=options["confirm"],
            check_only=options["check"],
        )
        with self.watcher(NoLook()) as watcher:
            report = retire(request, watcher)
        prefix = prefix_of(conf.load().root)
        self.answer(retire_page(report, prefix), [retire_report(report)])
