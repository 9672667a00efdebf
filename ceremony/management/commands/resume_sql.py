"""``resume_sql``: the stations of a halt, until it is lifted."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony.actions.resume import ResumeRequest, resume
from ceremony.core.halting import Course
from ceremony.errors import UsageError
from ceremony.management.formats.halt_json import halt_json
from ceremony.management.pages.halt import halt_page
from ceremony.management.person import add_person_arguments, person_of
from ceremony.management.progress import NoLook
from ceremony.management.running import WatchedCommand, add_waiting, reason

_COURSES = {one.value.replace(" ", "-"): one for one in Course}


class Command(WatchedCommand):
    """Exit 0 when the stations were taken, or shown; 3 where one cannot be taken now."""

    only_confirms = False
    help = (
        "Show where the halt of a target stands, or take its stations: assess, decide, document. "
        "After documenting it is lifted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--database", metavar="ALIAS", required=True, help="The target, an alias of DATABASES."
        )
        add_waiting(parser)
        parser.add_argument(
            "--assess", type=reason, metavar="TEXT", help="What was found: what is in, what is not."
        )
        parser.add_argument(
            "--decide",
            choices=list(_COURSES),
            metavar="COURSE",
            help="What is done about it: roll-back, fix-forward or accept. Needs --reason.",
        )
        parser.add_argument(
            "--reason", type=reason, metavar="WHY", help="With --decide: why it is decided so."
        )
        parser.add_argument(
            "--document",
            type=reason,
            metavar="TEXT",
            help="What is to be remembered of it. The halt is lifted then.",
        )
        parser.add_argument(
            "--export",
            metavar="DIR",
            help="Write the rows that the compensations of the series take out into files in this "
            "folder.",
        )
        add_person_arguments(parser, "The account that decides; it needs the right to halt.")

    def handle(self, *args: Any, **options: Any) -> None:
        _refuse_half(options)
        request = ResumeRequest(
            alias=options["database"],
            caller=self.caller(options["wait"]),
            assess=options["assess"] or "",
            course=_COURSES[options["decide"]] if options["decide"] else None,
            reason=options["reason"] or "",
            document=options["document"] or "",
            export=options["export"] or "",
            account=person_of(options),
        )
        with self.watcher(NoLook()) as watcher:
            report = resume(request, watcher)
        self.answer(halt_page(report), [halt_json(report)])


def _refuse_half(options: dict[str, Any]) -> None:
    """A decision has a reason, and a reason belongs to a decision."""
    if options["decide"] and not options["reason"]:
        raise UsageError(
            "why-missing",
            "--decide decides about a halt, and those who read the trail will ask why.",
            next_step='Add: --reason "…"',
        )
    if options["reason"] and not options["decide"]:
        raise UsageError(
            "decision-missing",
            "--reason says why, and nothing is decided.",
            next_step="Add: --decide roll-back, fix-forward or accept",
        )
