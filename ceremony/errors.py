"""The one tree of errors.

Every error says what happened, what state the database is in now, and what to type next, and
carries a stable ``area-reason`` code. The class decides the exit status of a command; the code
is for people, scripts and the troubleshooting guide.
"""

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """Exit statuses of every command, as documented in the command-line reference."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    LOCKED = 4
    TAMPERED = 5
    PARTLY_APPLIED = 6
    INTERRUPTED = 130


#: What the state line says when nothing was sent to the target at all.
NOTHING_CHANGED = "Nothing was changed."


class CeremonyError(Exception):
    """Base of all errors raised on purpose.

    ``happened``: one or more sentences, with the place or the object. ``state``: what the
    database looks like now. ``next_step``: what to type or decide next. ``code``:
    ``area-reason``.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(
        self, code: str, happened: str, *, state: str = NOTHING_CHANGED, next_step: str
    ) -> None:
        super().__init__(code, happened, state, next_step)
        self.code = code
        self.happened = happened
        self.state = state
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.happened} [{self.code}]\n{self.state}\nNext: {self.next_step}"


class Failed(CeremonyError):
    """A step ran and failed; what it did was undone."""


class UsageError(CeremonyError):
    """The command, the settings or the files cannot be understood."""

    exit_code = ExitCode.USAGE


class Refused(CeremonyError):
    """A gate said no before anything ran."""

    exit_code = ExitCode.REFUSED


class LockedByOther(CeremonyError):
    """Somebody else holds the target's lock."""

    exit_code = ExitCode.LOCKED


class Tampered(CeremonyError):
    """Files, ledger or records disagree in a way that no honest run produces."""

    exit_code = ExitCode.TAMPERED


class PartlyApplied(CeremonyError):
    """Some statements outside a transaction are in, others are not."""

    exit_code = ExitCode.PARTLY_APPLIED


class Interrupted(CeremonyError):
    """Stopped by a person (Ctrl-C, SIGTERM)."""

    exit_code = ExitCode.INTERRUPTED
