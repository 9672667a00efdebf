"""``check_sql``: every finding about the files, without a database."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony import conf
from ceremony.actions.check import check
from ceremony.core.finding import Severity
from ceremony.core.report import CheckReport
from ceremony.errors import NOTHING_CHANGED, ExitCode
from ceremony.management.base import CeremonyCommand
from ceremony.management.formats import github, junit, sarif
from ceremony.management.formats.json_format import check_report
from ceremony.management.pages.check import check_page
from ceremony.management.places import prefix_of
from ceremony.management.trouble import CommandStopped, Trouble
from ceremony.management.units import counted


class Command(CeremonyCommand):
    """Exit 0 without errors, 1 with; ``--strict`` counts warnings as errors."""

    help = "Read the files of the series and report every finding at once. No database is touched."
    formats = ("text", "json", "github", "sarif", "junit")
    only_confirms = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "series", nargs="*", metavar="SERIES", help="The series to read. Default: all of them."
        )
        parser.add_argument(
            "--strict", action="store_true", help="Exit 1 for warnings too, not for errors alone."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = check(options["series"])
        trouble = _trouble(report, strict=options["strict"])
        prefix = prefix_of(conf.load().root)
        if self.format == "github":
            self.data.text(github.annotations(report.findings, prefix, report.rules))
        elif self.format == "sarif":
            self.data.text(sarif.log(report.findings, prefix, report.rules))
        elif self.format == "junit":
            self.data.text(junit.suites(report, prefix, strict=options["strict"]))
        else:
            self.answer(check_page(report, prefix), [check_report(report)], trouble)
        if trouble is not None:
            raise CommandStopped(trouble)


def _trouble(report: CheckReport, *, strict: bool) -> Trouble | None:
    counted_as = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    found = [finding for finding in report.findings if finding.severity in counted_as]
    if not found:
        return None
    nouns = "finding" if strict else "error"
    return Trouble(
        "files-refused",
        f"The files have {counted(len(found), nouns)} that must be mended before they can run.",
        NOTHING_CHANGED,
        "Mend the places named above, then check again: manage.py check_sql",
        ExitCode.FAILED,
    )
