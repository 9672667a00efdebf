"""Starting from a page: what is started, with which words, and what settings say of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

TOKEN_ALGORITHM = "sha256"
TOKEN_SECONDS = 120
"""How long a token counts: as long as a process may take to come up."""

STARTED = "--started"
"""The flag of a process that a page started: it is shown the token on its standard input."""

LOCK_SECONDS = 60
"""How long what is started waits for the target's lock. At a shell somebody looks on, and stops it;
here nobody may.
"""


class Deed(StrEnum):
    """What a person starts.

    RUN: what was approved. WAY_BACK: the approved way back of a ceremony that is halted. VERIFY:
    the verification of a run that was cut off, once more.
    """

    RUN = "run"
    WAY_BACK = "way back"
    VERIFY = "verify"


class StartMode(StrEnum):
    """START: pages start runs here, as processes of their own. SHOW: they show what to type."""

    START = "start"
    SHOW = "show"


@dataclass(frozen=True)
class StartSettings:
    """``program`` is the ``manage.py`` of the project, ``""`` where Django's own command line
    serves. ``folder`` is where the words of what was started are kept, ``""`` for one of this
    user's in the temporary area.
    """

    mode: StartMode = StartMode.SHOW
    program: str = ""
    folder: str = ""

    @property
    def starts(self) -> bool:
        """Whether pages start anything."""
        return self.mode is StartMode.START


@dataclass(frozen=True)
class Wanted:
    """What is to be started. ``back``: the command is ``rollback_sql``. ``confirm`` is the
    environment's name, typed; ``why_lost`` and ``backup`` accept the loss of data.
    """

    deed: Deed
    series: str
    alias: str
    ceremony: int
    back: bool = False
    confirm: str = ""
    why_lost: str = ""
    backup: str = ""

    @property
    def command(self) -> tuple[str, ...]:
        """The words behind ``manage.py`` that do the same at a shell. No word of a person stands
        where it could be taken for a flag, and no secret is among them.
        """
        name = {Deed.RUN: "apply_sql", Deed.WAY_BACK: "rollback_sql", Deed.VERIFY: "verify_sql"}
        verb = "rollback_sql" if self.back else name[self.deed]
        words = [verb, self.series, f"--database={self.alias}", f"--ceremony={self.ceremony}"]
        for flag, said in (
            ("--confirm", self.confirm),
            ("--accept-data-loss", self.why_lost),
            ("--backup-evidence", self.backup),
        ):
            if said:
                words.append(f"{flag}={said}")
        return tuple(words)

    def started(self, number: int) -> tuple[str, ...]:
        """The words of the process that is start ``number``: it reads its token from stdin."""
        waiting = () if self.deed is Deed.VERIFY else (f"--wait={LOCK_SECONDS}",)
        return (*self.command, *waiting, f"{STARTED}={number}")


def token_digest(token: str) -> str:
    """``sha256:`` and 64 hexadecimal digits: all that is kept of a token."""
    found = hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
    return f"{TOKEN_ALGORITHM}:{found}"


def read_starts(raw: Mapping[str, Any]) -> tuple[StartSettings, tuple[str, str] | None]:
    """``RUN_FROM_PAGE``, ``MANAGE_PY`` and ``RUN_LOGS``; and what is wrong, with what to write."""
    word = raw.get("RUN_FROM_PAGE") or StartMode.SHOW.value
    if word not in list(StartMode):
        return StartSettings(), (
            f"CEREMONY['RUN_FROM_PAGE'] is {word!r}.",
            "Write start (runs begin here) or show (the page shows what to type).",
        )
    program, folder = str(raw.get("MANAGE_PY") or ""), str(raw.get("RUN_LOGS") or "")
    return StartSettings(StartMode(word), program, folder), None
