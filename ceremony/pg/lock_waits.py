"""How long statements wait for locks, seen from a second connection.

No book of PostgreSQL's adds these waits up. ``pg_locks.waitstart`` says since when a process waits
now (manual, 53.13; PostgreSQL 14), so somebody has to look while it waits: this does, in a thread
of its own, and only while one statement takes long. A wait that begins and ends between two looks
is missed; what is told is never more than what was waited.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import psycopg

from ceremony.core.outcome import ServerError, StatementResult, StepOutcome

FIRST_LOOK = 0.25
"""Seconds after which a statement is looked at."""
SHARE, RAREST = 0.05, 5.0
"""The next look is after this share of the time that the statement took so far, in seconds at most
``RAREST``: an index build of an hour is asked about some hundred times.
"""
_PARTING = 1.0
_CONNECT_TIMEOUT = 5
LOCK_NOT_AVAILABLE = "55P03"
"""lock_not_available (manual, Appendix A)."""

_WAITS = """
SELECT waitstart::text,
       extract(epoch FROM pg_catalog.clock_timestamp() - waitstart)::float8
FROM pg_catalog.pg_locks WHERE pid = %s AND NOT granted AND waitstart IS NOT NULL
"""


@dataclass
class _Watched:
    """A statement at work: when it began, and its waits by their beginning, as (seconds behind its
    own, seconds).
    """

    began: float
    waits: dict[str, tuple[float, float]] = field(default_factory=dict)


class LockWatch:
    """Watches the statements of one server process, from the first one on until its block ends.

    It works in autocommit and holds no transaction between two looks: a snapshot would make a
    concurrent index build wait for it. Where the server cannot be asked, nothing is known.
    """

    def __init__(self, parameters: Mapping[str, str], backend_pid: int) -> None:
        self._parameters = parameters
        self._pid = backend_pid
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._alone = False
        self._watched: dict[tuple[UUID, int], _Watched] = {}
        self._current: _Watched | None = None
        self._connection: psycopg.Connection[Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._thread is not None:
            # A server that is mute must not hold up the end of the run: the thread ends by itself.
            self._thread.join(_PARTING)

    def statement_started(self, attempt: UUID, number: int) -> None:
        """The server begins with this statement."""
        watched = _Watched(time.monotonic())
        with self._lock:
            self._watched[attempt, number] = self._current = watched
        if self._thread is None and not self._alone:
            self._begin()

    def _begin(self) -> None:
        """Start the thread. Where the system gives none, or a Ctrl-C comes in between, the run goes
        on without.
        """
        thread = threading.Thread(target=self._watch, name="lock watch", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            self._alone = True
        else:
            self._thread = thread

    def told(self, outcome: StepOutcome) -> StepOutcome:
        """The outcome with what its statements were seen to wait."""
        server = outcome.problem.server if outcome.problem else None
        with self._lock:
            seen = {
                number: list(watched.waits.values())
                for (attempt, number), watched in self._watched.items()
                if attempt == outcome.attempt and watched.waits
            }
            for key in [key for key in self._watched if key[0] == outcome.attempt]:
                del self._watched[key]
        if not seen:
            return outcome
        statements = tuple(
            replace(one, waited=_waited(one, seen.get(one.number, []), server))
            for one in outcome.statements
        )
        return replace(outcome, statements=statements)

    def _watch(self) -> None:
        pause = FIRST_LOOK
        try:
            while not self._over.wait(pause):
                pause = FIRST_LOOK
                current = self._current
                age = time.monotonic() - current.began if current else 0.0
                if current is not None and age >= FIRST_LOOK:
                    self._look(current)
                    pause = min(max(FIRST_LOOK, age * SHARE), RAREST)
        except psycopg.Error:
            # What was seen so far stays; nothing in the run depends on it.
            return
        finally:
            if self._connection is not None:
                self._connection.close()

    def _look(self, current: _Watched) -> None:
        if self._connection is None:
            arguments: dict[str, Any] = {
                **self._parameters,
                "application_name": "ceremony lock watch",
                "connect_timeout": _CONNECT_TIMEOUT,
            }
            self._connection = psycopg.connect(**arguments, autocommit=True)
        found = self._connection.execute(_WAITS, (self._pid,)).fetchall()
        now = time.monotonic() - current.began
        with self._lock:
            if self._current is current:
                for began, seconds in found:
                    offset = max(now - seconds, 0.0)
                    first, _ = current.waits.get(began, (offset, 0.0))
                    current.waits[began] = (first, seconds)


def _waited(
    one: StatementResult, waits: list[tuple[float, float]], server: ServerError | None
) -> float:
    """The seconds of these waits that lie within the statement; a wait that a lock timeout ended
    lasted until its end.
    """
    if not waits:
        return 0.0
    ended = server is not None and server.sqlstate == LOCK_NOT_AVAILABLE
    by_timeout = ended and server is not None and server.statement == one.number
    *earlier, (start, seconds) = sorted(waits)
    last = one.seconds - start if by_timeout else seconds
    spans = [*earlier, (start, last)]
    return sum(max(min(begun + took, one.seconds) - begun, 0.0) for begun, took in spans)
