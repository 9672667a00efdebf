"""What a page has started: the command shows its token, and acts for the person who pressed."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from django.core.management.base import CommandParser
from django.db import Error as DatabaseError

from ceremony.actions.permit import Asked
from ceremony.actions.start_process import hold_log, own_words
from ceremony.actions.start_run import end_start, take_up
from ceremony.errors import CeremonyError, ExitCode, UsageError


def add_started_argument(parser: CommandParser) -> None:
    """The flag that a page gives to what it starts."""
    parser.add_argument(
        "--started",
        type=int,
        default=0,
        metavar="N",
        help="For pages alone: this is start N, whose token is the first line of standard input. "
        "The account that pressed runs it.",
    )


def taken_up(verb: str, options: Mapping[str, Any]) -> Asked:
    """What a start says of the gate: its ceremony, as its person, bound to the round that the page
    showed.

    Raises UsageError (started-with-person) and what ``take_up`` raises.
    """
    if options.get("user") or options.get("override"):
        raise UsageError(
            "started-with-person",
            "--started says who runs this; --user and --override say it, too.",
            next_step="Leave --started out: it is for what a page starts.",
        )
    hold_log()
    token = sys.stdin.readline().rstrip("\n")
    row = take_up(options["started"], token, {**options, "verb": verb})
    return Asked(
        row.ceremony_id,
        account=row.user,
        confirm=options.get("confirm", ""),
        fingerprint=row.manifest.fingerprint,
    )


@contextmanager
def recorded(number: int) -> Iterator[None]:
    """Record how start ``number`` ended, once its last word is written. Nothing for 0.

    The exit status that the shell sees is the same; where the record takes no more, the page reads
    it from there.
    """
    if not number:
        yield
        return
    status = int(ExitCode.FAILED)
    try:
        yield
        status = int(ExitCode.DONE)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(ExitCode.FAILED)
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        with suppress(CeremonyError, DatabaseError):
            end_start(number, status, own_words())
