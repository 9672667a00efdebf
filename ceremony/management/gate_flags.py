"""The flags that say what lets a run through, where the target's policy asks for approvals."""

from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandParser

from ceremony.actions.permit import Asked
from ceremony.errors import UsageError
from ceremony.management.person import add_person_arguments, person_of
from ceremony.management.running import reason
from ceremony.management.started import add_started_argument, taken_up

CONFIRM_NEEDED = "wherever that is not local and the policy asks for no approval"
"""Where ``--confirm`` is needed by a run that goes through the gate."""


def add_gate_arguments(parser: CommandParser) -> None:
    """``--ceremony``, ``--override`` with ``--reason``, ``--user``, ``--started``."""
    parser.add_argument(
        "--ceremony",
        type=int,
        default=0,
        metavar="N",
        help="Run what ceremony N was approved for. Default: the one approved ceremony that fits.",
    )
    parser.add_argument(
        "--override",
        action="store_true",
        help="Break the glass: run without an approval. Needs --reason and --user, is told to "
        "everybody, and blocks the target until two others have looked at it.",
    )
    parser.add_argument(
        "--reason", type=reason, metavar="WHY", help="With --override: why it cannot wait."
    )
    add_person_arguments(parser, "The account that runs it, instead of the shell's user.")
    add_started_argument(parser)


def gate_of(verb: str, options: Mapping[str, Any]) -> Asked:
    """What was said of the gate to the command ``verb``. Raises UsageError (reason-missing,
    reason-without-override, ceremony-with-override) and what ``person_of`` and ``taken_up`` raise.
    """
    if options["started"]:
        return taken_up(verb, options)
    why: str = options["reason"] or ""
    if options["override"] and not why:
        raise UsageError(
            "reason-missing",
            "--override runs without an approval, and everybody will ask why.",
            next_step='Add: --reason "…"',
        )
    if why and not options["override"]:
        raise UsageError(
            "reason-without-override",
            "--reason says why a run cannot wait for an approval, and --override is not given.",
            next_step="Add --override, or leave --reason out.",
        )
    if options["override"] and options["ceremony"]:
        raise UsageError(
            "ceremony-with-override",
            "--override runs without an approval, --ceremony with one.",
            next_step="Leave one of the two out.",
        )
    return Asked(options["ceremony"], why, person_of(options), options["confirm"])
