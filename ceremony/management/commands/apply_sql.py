"""``apply_sql``: run what is not applied yet, check it, record it."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony import conf
from ceremony.actions.apply import ApplyRequest, apply
from ceremony.actions.plan import PlanRequest, plan
from ceremony.management.formats.json_format import plan_report
from ceremony.management.gate_flags import CONFIRM_NEEDED, add_gate_arguments, gate_of
from ceremony.management.next_command import run_command
from ceremony.management.pages.plan import plan_page
from ceremony.management.places import prefix_of
from ceremony.management.progress import TargetLook
from ceremony.management.running import RunningCommand
from ceremony.management.trouble import of_plan, of_work


class Command(RunningCommand):
    """Exit 0 when everything is applied and passed its checks."""

    help = "Apply the migrations of a series that are not applied yet, and run their checks."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("series", metavar="SERIES", help="The series to apply.")
        self.add_run_arguments(parser, CONFIRM_NEEDED)
        add_gate_arguments(parser)
        parser.add_argument("--to", metavar="VERSION", help="Stop after this version.")
        parser.add_argument(
            "--include-late",
            action="store_true",
            help="Apply migrations, too, that are older than one already applied.",
        )
        parser.add_argument(
            "--backup",
            default="",
            metavar="DIR",
            help="Write a backup with pg_dump into this folder first, and verify it. It answers "
            "the items of the pre-flight that ask for one.",
        )
        showing = parser.add_mutually_exclusive_group()
        showing.add_argument(
            "--plan", action="store_true", help="Show the plan and change nothing."
        )
        showing.add_argument(
            "--check",
            action="store_true",
            help="Show the plan, change nothing, and exit 1 when there is something to apply.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["plan"] or options["check"]:
            self._show(options)
            return
        request = ApplyRequest(
            series=options["series"],
            caller=self.caller(options["wait"]),
            alias=options["database"],
            to=options["to"],
            include_late=options["include_late"],
            gate=gate_of(self.name, options),
            backup=options["backup"],
        )
        with self.watcher(TargetLook(request.series, request.alias)) as watcher:
            report = apply(request, watcher)
        self.answer_run(report)

    def _show(self, options: dict[str, Any]) -> None:
        request = PlanRequest(
            series=options["series"],
            alias=options["database"],
            to=options["to"],
            include_late=options["include_late"],
        )
        report = plan(request)
        prefix = prefix_of(conf.load().root)
        trouble = of_plan(report, prefix)
        if options["check"] and trouble is None:
            trouble = of_work(len(report.plan.steps), run_command(report, options))
        page = plan_page(report, prefix, run_command(report, options))
        self.answer(page, [plan_report(report)], trouble)
