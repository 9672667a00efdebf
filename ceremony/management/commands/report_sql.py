"""``report_sql``: the execution report of a ceremony, or every change of a period."""

from argparse import ArgumentTypeError
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from ceremony.actions.actor import current_actor
from ceremony.actions.population import PopulationRequest, make_population
from ceremony.actions.remarks import remark
from ceremony.actions.report import MadeReport, make_report
from ceremony.errors import UsageError
from ceremony.management.base import CeremonyCommand
from ceremony.management.formats.report_format import (
    as_document,
    as_html,
    as_markdown,
    made_report,
)
from ceremony.management.page import Page
from ceremony.management.report_trouble import of_population
from ceremony.management.trouble import CommandStopped, Trouble
from ceremony.models import RemarkKind

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class Command(CeremonyCommand):
    """Exit 0 when the report is made, whatever its verdict. With ``--population`` 5 when something
    was applied without approval, 1 when a ledger could not be read.
    """

    help = (
        "Write the execution report of a ceremony, or every change of a period with its "
        "approvals; its digest goes into the audit trail. No target is changed."
    )
    formats: ClassVar[tuple[str, ...]] = ("text", "markdown", "json", "html")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "ceremony", nargs="?", type=int, metavar="NUMBER", help="The ceremony, by its number."
        )
        parser.add_argument(
            "--output",
            default="",
            metavar="FILE",
            help="Write the report into this file, which is replaced; as JSON it is the canonical "
            "document that has the digest.",
        )
        for kind in RemarkKind:
            parser.add_argument(
                f"--{kind.value}",
                action="append",
                default=[],
                metavar="TEXT",
                help=f"Write down {_ARTICLES[kind]} {kind.label} first. Repeatable.",
            )
        self._add_population(parser)

    def _add_population(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--population",
            action="store_true",
            help="Instead of one ceremony: every change of a period, and what was applied without "
            "approval.",
        )
        parser.add_argument(
            "--from",
            dest="since",
            type=_first,
            metavar="DAY",
            help="With --population: from this day on (UTC). Default: from the beginning.",
        )
        parser.add_argument(
            "--to",
            dest="until",
            type=_last,
            metavar="DAY",
            help="With --population: to the end of this day (UTC). Default: until now.",
        )
        parser.add_argument(
            "--database",
            default="",
            metavar="ALIAS",
            help="With --population: this target alone. Default: all targets.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        _refuse_mixed(options)
        trouble = None
        if options["population"]:
            report, population = make_population(_period(options), current_actor())
            trouble = of_population(population)
        else:
            self._write_down(options)
            report = make_report(options["ceremony"], current_actor())
        self._deliver(report, options["output"], trouble)

    def _write_down(self, options: dict[str, Any]) -> None:
        for kind in RemarkKind:
            for text in options[kind.value]:
                remark(options["ceremony"], kind, text, by=current_actor().name)

    def _deliver(self, report: MadeReport, output: str, trouble: Trouble | None) -> None:
        """Into the file, or on stdout; ``text`` is Markdown, because people read it as it is."""
        if output:
            as_file = {"json": as_document, "html": as_html}.get(self.format, as_markdown)
            _write(Path(output), as_file(report))
        if self.format == "json":
            self.answer(Page(), [made_report(report)], trouble)
            return
        if output:
            self.say(f"{report.verdict.value}. The report is in {output}; digest {report.digest}.")
        else:
            written = as_html(report) if self.format == "html" else as_markdown(report)
            self.data.text(written)
        if trouble is not None:
            raise CommandStopped(trouble)


_ARTICLES = {
    RemarkKind.ISSUE: "an",
    RemarkKind.LESSON: "a",
    RemarkKind.RECOMMENDATION: "a",
}


def _refuse_mixed(options: dict[str, Any]) -> None:
    """One ceremony, or a period; and what belongs to the one goes not with the other."""
    one = options["ceremony"] is not None
    if one is options["population"]:
        raise UsageError(
            "report-of-what",
            "A report is either of one ceremony or of a period.",
            next_step="manage.py report_sql NUMBER, or: manage.py report_sql --population",
        )
    of_a_period = options["since"] or options["until"] or options["database"]
    remarks = any(options[kind.value] for kind in RemarkKind)
    if (one and of_a_period) or (not one and remarks):
        wrong = "--from, --to and --database go" if one else "Remarks do not go"
        raise UsageError(
            "report-of-what",
            f"{wrong} with --population alone." if one else f"{wrong} with --population.",
            next_step="Leave them out.",
        )


def _period(options: dict[str, Any]) -> PopulationRequest:
    return PopulationRequest(
        options["since"] or _EVER, options["until"] or datetime.now(UTC), options["database"]
    )


def _first(text: str) -> datetime:
    return datetime.combine(_day(text), time.min, UTC)


def _last(text: str) -> datetime:
    return datetime.combine(_day(text), time.max, UTC)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day: write it as 2026-03-31") from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(
            "output-unwritable",
            f"{path} cannot be written: {error.strerror}.",
            state="The report is kept in the record; no file of it was written.",
            next_step="Name another place, or give the user who runs this the right to write.",
        ) from None
