"""``request_sql``: open a ceremony for what would run now, a new round of one, or call one off."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony import conf
from ceremony.actions.planned import PlanAsked
from ceremony.actions.request import CancelRequest, CeremonyRequest, cancel, request
from ceremony.core.plan import Direction
from ceremony.errors import UsageError
from ceremony.management.formats.request_json import cancelled_report, request_report
from ceremony.management.pages.request import cancelled_page, request_page
from ceremony.management.person import add_person_arguments, person_of
from ceremony.management.places import prefix_of
from ceremony.management.progress import NoLook
from ceremony.management.running import (
    WatchedCommand,
    add_database,
    add_plan_shape,
    add_waiting,
    reason,
)

_OF_THE_PLAN = ("to", "include_late", "rollback", "variant")


class Command(WatchedCommand):
    """Exit 0 when the ceremony is requested or there is nothing to request."""

    help = (
        "Ask for a change: freeze the files that would run now and open a ceremony, which people "
        "approve in the admin. Nothing is changed in the target."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("series", metavar="SERIES", help="The series to change.")
        add_database(parser)
        add_waiting(parser)
        add_plan_shape(parser, "Ask for")
        parser.add_argument(
            "--title", default="", metavar="TEXT", help="What the ceremony is called in lists."
        )
        parser.add_argument(
            "--why",
            type=reason,
            metavar="TEXT",
            help="What those who sign should know; with --cancel: why it is called off.",
        )
        _add_other_acts(parser)
        add_person_arguments(parser, "The account that asks, instead of the shell's user.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["cancel"]:
            self._cancel(options)
            return
        _refuse_both(options)
        asked = CeremonyRequest(
            series=options["series"],
            caller=self.caller(options["wait"]),
            alias=options["database"],
            direction=Direction.ROLL_BACK if options["rollback"] else Direction.APPLY,
            asked=PlanAsked(options["to"] or "", options["variant"], options["include_late"]),
            title=options["title"],
            why=options["why"] or "",
            account=person_of(options),
            again=options["again"],
        )
        with self.watcher(NoLook()) as watcher:
            report = request(asked, watcher)
        self.answer(request_page(report, prefix_of(conf.load().root)), [request_report(report)])

    def _cancel(self, options: dict[str, Any]) -> None:
        if not options["why"]:
            raise UsageError(
                "why-missing",
                "--cancel calls a ceremony off, and those who signed will ask why.",
                next_step='Add: --why "…"',
            )
        done = cancel(
            CancelRequest(
                options["series"],
                options["cancel"],
                options["why"],
                self.caller(),
                options["database"],
                person_of(options),
            )
        )
        self.answer(cancelled_page(done), [cancelled_report(done)])


def _add_other_acts(parser: CommandParser) -> None:
    """What is done to a ceremony that is there already."""
    there = parser.add_mutually_exclusive_group()
    there.add_argument(
        "--again",
        type=int,
        default=0,
        metavar="N",
        help="Open a new round of ceremony N for what changed; earlier sign-offs do not count "
        "for it.",
    )
    there.add_argument(
        "--cancel", type=int, default=0, metavar="N", help="Call ceremony N off before it runs."
    )


def _refuse_both(options: dict[str, Any]) -> None:
    """A new round is for what the ceremony asked for in the first place."""
    given = [f"--{name.replace('_', '-')}" for name in _OF_THE_PLAN if options[name]]
    if options["variant"] and not options["rollback"] and not options["again"]:
        raise UsageError(
            "variant-without-rollback",
            f"--variant {options['variant']} names a way back, and this asks for the way on.",
            next_step="Add --rollback, or leave --variant out.",
        )
    if options["again"] and given:
        raise UsageError(
            "again-with-plan",
            f"--again {options['again']} opens a new round for what the ceremony asked for in the "
            f"first place; {', '.join(given)} would make another plan.",
            next_step=f"Leave {', '.join(given)} out, or ask for a ceremony of its own without "
            "--again.",
        )
