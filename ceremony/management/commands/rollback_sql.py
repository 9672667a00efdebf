"""``rollback_sql``: run the way back, newest migration first."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony.actions.loss import LossAccepted
from ceremony.actions.rollback import RollbackRequest, roll_back
from ceremony.management.gate_flags import CONFIRM_NEEDED, add_gate_arguments, gate_of
from ceremony.management.progress import TargetLook
from ceremony.management.running import RunningCommand


class Command(RunningCommand):
    """Where a header says that data is lost, a reason and a backup (or its evidence) are needed."""

    help = "Roll back applied migrations of a series, the newest first. Default: the last one."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("series", metavar="SERIES", help="The series to roll back.")
        self.add_run_arguments(parser, CONFIRM_NEEDED)
        add_gate_arguments(parser)
        parser.add_argument(
            "--to",
            metavar="VERSION",
            help="Roll back everything after this version, which stays; zero rolls back all.",
        )
        parser.add_argument(
            "--variant",
            default="",
            metavar="NAME",
            help="Use this other way back (.rollback.NAME.sql).",
        )
        _add_loss_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        request = RollbackRequest(
            series=options["series"],
            caller=self.caller(options["wait"]),
            alias=options["database"],
            to=options["to"],
            variant=options["variant"],
            loss=LossAccepted(
                options["accept_data_loss"], options["backup"], options["backup_evidence"]
            ),
            gate=gate_of(self.name, options),
        )
        with self.watcher(TargetLook(request.series, request.alias)) as watcher:
            report = roll_back(request, watcher)
        self.answer_run(report)


def _add_loss_arguments(parser: CommandParser) -> None:
    """What a way back that loses data needs."""
    parser.add_argument(
        "--accept-data-loss",
        default="",
        metavar="WHY",
        help="Needed where the header says that data is lost: why that is acceptable.",
    )
    backup = parser.add_mutually_exclusive_group()
    backup.add_argument(
        "--backup",
        default="",
        metavar="DIR",
        help="Write a backup with pg_dump into this folder first, and verify it.",
    )
    backup.add_argument(
        "--backup-evidence",
        default="",
        metavar="TEXT",
        help="Say which backup there is already; the text is recorded.",
    )
