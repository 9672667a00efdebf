"""``plan_sql``: what would run, in which order, and as a script for a DBA to read."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony import conf
from ceremony.actions.plan import PlanRequest, plan
from ceremony.core.plan import Direction
from ceremony.management.base import CeremonyCommand
from ceremony.management.formats.json_format import plan_report
from ceremony.management.next_command import run_command
from ceremony.management.pages.plan import plan_page
from ceremony.management.places import prefix_of
from ceremony.management.psql import psql_script
from ceremony.management.running import add_database, add_plan_shape
from ceremony.management.trouble import of_plan


class Command(CeremonyCommand):
    """Reads the target and changes nothing. Exit 3 when the plan would be refused."""

    help = "Show what would run on the target, and in which order. Nothing is changed."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("series", metavar="SERIES", help="The series to plan.")
        add_database(parser)
        add_plan_shape(parser, "Plan")
        parser.add_argument(
            "--sql", action="store_true", help="Write the plan as one script for psql, to be read."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        direction = Direction.ROLL_BACK if options["rollback"] else Direction.APPLY
        request = PlanRequest(
            series=options["series"],
            alias=options["database"],
            to=options["to"],
            direction=direction,
            variant=options["variant"],
            include_late=options["include_late"],
        )
        report = plan(request)
        settings = conf.load()
        prefix = prefix_of(settings.root)
        trouble = of_plan(report, prefix)
        if options["sql"] and trouble is None:
            self.data.text(psql_script(report, settings))
            return
        page = plan_page(report, prefix, run_command(report, options))
        self.answer(page, [plan_report(report)], trouble)
