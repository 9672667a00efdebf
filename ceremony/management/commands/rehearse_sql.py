"""``rehearse_sql``: drill the migrations of a series on a scratch database."""

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from ceremony import conf
from ceremony.actions.rehearse import RehearseRequest, rehearse
from ceremony.actions.rehearse_source import Source, SourceKind
from ceremony.core.rehearsal.report import RehearsalReport
from ceremony.errors import UsageError
from ceremony.management.formats import rehearsal_junit
from ceremony.management.formats.json_format import rehearsal_report
from ceremony.management.pages.rehearsal import rehearsal_page
from ceremony.management.places import prefix_of
from ceremony.management.progress import NoLook
from ceremony.management.running import WatchedCommand, add_database
from ceremony.management.trouble import CommandStopped, of_rehearsal


class Command(WatchedCommand):
    """Exit 0 when every way back leads back, 1 when something is found."""

    help = (
        "Drill the migrations of a series on a scratch database: up, checks, again, down, up; "
        "then the whole series from its head to nothing and up again. The target is only read."
    )
    formats = ("text", "json", "junit")
    only_confirms = False
    left_behind = "The scratch database is dropped, at the latest by the next rehearsal."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("series", metavar="SERIES", help="The series to rehearse.")
        add_database(parser)
        parser.add_argument(
            "--from",
            dest="source",
            choices=[kind.value for kind in SourceKind],
            help="What the scratch database begins as: empty (series), the target's schema "
            "without rows (target), a copy of another database (template). Default: series.",
        )
        parser.add_argument(
            "--template", default="", metavar="NAME", help="The database to copy (--from template)."
        )
        parser.add_argument(
            "--rows",
            type=_number,
            metavar="N",
            help="Make up N rows in every table first, so that times and locks mean something.",
        )
        parser.add_argument(
            "--data",
            type=Path,
            metavar="FILE",
            help="Load this SQL file when its tables are there, instead of made-up rows.",
        )
        parser.add_argument(
            "--only", metavar="VERSION", help="Drill this migration alone, upon all before it."
        )
        parser.add_argument(
            "--confirm",
            default="",
            metavar="ENVIRONMENT",
            help="Name the target's environment: the scratch database is made on its server. "
            "Needed wherever that is not local.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        request = RehearseRequest(
            series=options["series"],
            caller=self.caller(),
            alias=options["database"],
            source=_source(options),
            rows=options["rows"],
            data=options["data"],
            only=options["only"],
            confirm=options["confirm"],
        )
        with self.watcher(NoLook()) as watcher:
            report = rehearse(request, watcher)
        self._show(report, prefix_of(conf.load().root))

    def _show(self, report: RehearsalReport, prefix: str) -> None:
        trouble = of_rehearsal(report)
        if self.format != "junit":
            page = rehearsal_page(report, prefix, self.verbosity)
            self.answer(page, [rehearsal_report(report)], trouble)
            return
        self.data.text(rehearsal_junit.suite(report, prefix))
        if trouble is not None:
            raise CommandStopped(trouble)


def _source(options: dict[str, Any]) -> Source:
    """What was asked for. Raises UsageError (template-not-given, template-not-used)."""
    template = options["template"]
    kind = SourceKind(options["source"] or (SourceKind.TEMPLATE if template else SourceKind.SERIES))
    if kind is SourceKind.TEMPLATE and not template:
        raise UsageError(
            "template-not-given",
            "--from template needs the name of the database to copy.",
            next_step="Add --template NAME",
        )
    if template and kind is not SourceKind.TEMPLATE:
        raise UsageError(
            "template-not-used",
            f"--template {template} does not go with --from {kind}.",
            next_step="Leave out one of the two.",
        )
    return Source(kind, template)


def _number(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if not 0 < value <= 10_000_000:
        raise ArgumentTypeError(f"{text!r} is no number of rows from 1 to 10000000")
    return value
