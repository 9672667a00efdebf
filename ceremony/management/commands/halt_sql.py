"""``halt_sql``: stop the world on a target."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony.actions.halt import HaltRequest, halt
from ceremony.core.halting import Condition
from ceremony.management.base import LEDGER_TELLS, CeremonyCommand
from ceremony.management.formats.halt_json import halt_json
from ceremony.management.halt_trouble import of_halt
from ceremony.management.pages.halt import halt_page
from ceremony.management.running import reason

_CONDITIONS = {one.value.removeprefix("halt-"): one for one in Condition}


class Command(CeremonyCommand):
    """Exit 0 when the target is halted and nothing runs there any more, 1 where something still
    does.
    """

    left_behind = LEDGER_TELLS
    help = (
        "Stop the world on a target: cancel what runs there, let its migration roll back, and let "
        "nothing start until resume_sql lifts the halt."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--database", metavar="ALIAS", required=True, help="The target, an alias of DATABASES."
        )
        parser.add_argument(
            "--reason",
            type=reason,
            required=True,
            metavar="WHY",
            help="Why the world is stopped; the ledger and the trail keep it.",
        )
        parser.add_argument(
            "--condition",
            choices=list(_CONDITIONS),
            default="by-hand",
            metavar="WORD",
            help=f"Which condition was met: {', '.join(_CONDITIONS)}. Default: by-hand.",
        )
        parser.add_argument(
            "--ceremony",
            type=int,
            default=0,
            metavar="N",
            help="The ceremony that it is about. Default: the one that is at work there.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        request = HaltRequest(
            options["database"],
            options["reason"],
            self.caller(),
            _CONDITIONS[options["condition"]],
            options["ceremony"],
        )
        report = halt(request)
        self.answer(halt_page(report), [halt_json(report)], of_halt(report))
