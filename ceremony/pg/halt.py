"""Halting: the row ``halted`` is written by who halts, while another session is at work.

No run ever asks whether it was halted. Its statement is cancelled, and the next ledger row that it
would write has the number of this one: the unique constraint lets only one of them in.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from ceremony.core.halting import LedgerHalt, open_halt
from ceremony.core.ledger_row import Event, LedgerRow
from ceremony.core.outcome import Problem, StepOutcome, StepState
from ceremony.errors import CeremonyError, Failed, LockedByOther
from ceremony.pg.context import RunContext
from ceremony.pg.errors import QueryFailed
from ceremony.pg.ledger import Facts, Ledger
from ceremony.pg.lock import lock_halves, lock_key
from ceremony.pg.queries import query
from ceremony.pg.session import Session

RUN_HALTED = "run-halted"
"""The code of a run that a halt stopped."""

PATIENCE = 60.0
"""Seconds until a halt gives up where rows come in faster than it can follow them."""

ENDING = 10.0
"""Seconds for which a halt watches the end of the run that it stopped."""

_LOCK_TIMEOUT = 250
_GENTLE = 0.5
_CANCEL = "SELECT pg_catalog.pg_cancel_backend(%s)"
_TERMINATE = "SELECT pg_catalog.pg_terminate_backend(%s)"
_PAUSE = 0.05
_STUCK = 0.3
_HITS = 20
_CANCELLED = "57014"
_NOT_ALLOWED = "42501"
_STOPS = frozenset({"cancelled", "ledger-moved"})
_LAST_WORDS = frozenset({Event.FAILED, Event.HALTED})


@dataclass(frozen=True)
class AtWork:
    """The session that holds the target's lock: its process, and the statement it is at.

    ``state`` and ``since`` are ``None`` where this role may not see them.
    """

    pid: int
    state: str | None
    since: datetime | None


@dataclass(frozen=True)
class Written:
    """``row`` is the new row, ``None`` where the target was halted already and nobody at work.

    ``stopped`` is the process that was at work, 0 for none; ``still`` whether it has not ended.
    ``forbidden``: this role may not cancel it.
    """

    row: LedgerRow | None
    stopped: int = 0
    still: bool = False
    forbidden: bool = False


def write_halted(
    session: Session,
    ledger: Ledger,
    facts: Facts,
    context: RunContext,
    *,
    patience: float = PATIENCE,
    ending: float = ENDING,
) -> Written:
    """Cancel what is at work, write the row, and see the run end. ``facts`` are those of the row.

    Halts come one after another. Raises LockedByOther (locked-by) where another halt does not end
    within ``patience`` seconds, Failed (ledger-moved) where rows came in for as long, and what
    :meth:`Ledger.append` raises.
    """
    session.ask("SELECT pg_catalog.set_config('lock_timeout', %s, false)", (str(_LOCK_TIMEOUT),))
    until = time.monotonic() + patience
    gently = time.monotonic() + patience * _GENTLE
    with _turn(session, f"{ledger.schema}\0halts", until):
        halting = _Halting(session, ledger)
        with _turn(session, _writing(ledger.schema), until):
            row = halting.write(facts, context, gently, until)
        still = halting.see_it_end(time.monotonic() + ending) if row else False
    return Written(row, halting.stopped, still, halting.forbidden)


class _Halting:
    """One halt. ``stopped`` is the process that was at work when it came."""

    def __init__(self, session: Session, ledger: Ledger) -> None:
        self._session, self._ledger = session, ledger
        self.stopped = 0
        self.forbidden = False

    def write(
        self, facts: Facts, context: RunContext, gently: float, until: float
    ) -> LedgerRow | None:
        """Cancel and write, until the row is in. A row that came in between is followed.

        A run that keeps its transaction open without a statement at work cannot be cancelled: its
        session is ended when the time ``gently`` is over, and the server rolls it back.
        """
        rows = self._ledger.rows()
        if open_halt(rows) and self._at_work() is None:
            return None
        self._stop(_CANCEL)
        while True:
            try:
                return self._ledger.append(facts, context)
            except Failed as error:
                if error.code not in {"ledger-moved", "lock-timeout"} or time.monotonic() > until:
                    raise
                seen = rows[-1].sequence if rows else 0
                rows = self._ledger.rows()
                if error.code == "lock-timeout" or _goes_on(rows[seen:]):
                    self._stop(_CANCEL if time.monotonic() < gently else _TERMINATE)

    def see_it_end(self, until: float) -> bool:
        """Whether the stopped run still holds the lock at ``until``.

        A cancel that came between two statements is lost: who is at the same statement for two
        looks is cancelled again. What a run does at its end is quicker than that.
        """
        seen, since = self._at_work(), time.monotonic()
        while seen is not None and seen.pid == self.stopped:
            if time.monotonic() > until or self.forbidden:
                return True
            time.sleep(_PAUSE)
            now = self._at_work()
            if now != seen:
                seen, since = now, time.monotonic()
            elif seen.state != "idle" and time.monotonic() - since > _STUCK:
                self._stop(_CANCEL)
                since = time.monotonic()
        return False

    def _at_work(self) -> AtWork | None:
        rows = self._session.ask(query("at-work"), lock_halves(self._ledger.schema))
        return AtWork(*rows[0]) if rows else None

    def _stop(self, how: str) -> None:
        found = self._at_work()
        if found is None:
            return
        self.stopped = found.pid
        try:
            self._session.ask(how, (found.pid,))
        except QueryFailed as error:
            if error.sqlstate != _NOT_ALLOWED:
                raise
            self.forbidden = True


def _goes_on(rows: Sequence[LedgerRow]) -> bool:
    """Whether the rows tell of more than the end of a run."""
    return any(row.event not in _LAST_WORDS for row in rows)


def _writing(schema: str) -> str:
    """What is locked while a row ``halted`` is written: a run that was cancelled waits for it."""
    return f"{schema}\0halting"


@contextmanager
def _turn(session: Session, name: str, until: float) -> Iterator[None]:
    """Hold the advisory lock of a name that no schema has (a NUL is in it)."""
    key = (lock_key(name),)
    while not session.ask("SELECT pg_catalog.pg_try_advisory_lock(%s)", key)[0][0]:
        if time.monotonic() > until:
            raise LockedByOther(
                "locked-by",
                f"Another halt of the {session.identity.place} has not ended yet.",
                next_step="See whether the target is halted: resume_sql --database ALIAS",
            )
        time.sleep(_PAUSE)
    try:
        yield
    finally:
        if not session.connection.broken:
            session.ask("SELECT pg_catalog.pg_advisory_unlock(%s)", key)


def with_halt(
    outcome: StepOutcome, session: Session, ledger: Ledger, since: int, context: RunContext
) -> StepOutcome:
    """The outcome of a step that a halt stopped, told as such. ``since`` is the number of the last
    ledger row when the run began.

    Call it when the step was rolled back. Where the server does not answer, the outcome stays as it
    is.
    """
    problem = outcome.problem
    if problem is None or not _stopped(problem) or session.wire.lost or session.wire.interrupted:
        return outcome
    try:
        halt = _halt_since(session, ledger, since)
    except CeremonyError:
        return outcome
    if halt is None:
        return outcome
    return replace(outcome, problem=_halted(problem, halt, outcome.state, context.target))


def _stopped(problem: Problem) -> bool:
    server = problem.server
    return problem.code in _STOPS or (server is not None and server.sqlstate == _CANCELLED)


def _halt_since(session: Session, ledger: Ledger, since: int) -> LedgerHalt | None:
    """Whoever cancels holds a lock until his row is in: wait for it, then read."""
    _await_row(session, ledger.schema)
    halt = open_halt(ledger.rows())
    return halt if halt is not None and halt.sequence > since else None


def _await_row(session: Session, schema: str) -> None:
    """Wait until nobody writes a row ``halted``. A cancel that was sent to the run may hit this."""
    key = (lock_key(_writing(schema)),)
    for left in reversed(range(_HITS)):
        try:
            session.ask("SELECT pg_catalog.pg_advisory_lock_shared(%s)", key)
            break
        except QueryFailed as error:
            if error.sqlstate != _CANCELLED or not left:
                raise
    session.ask("SELECT pg_catalog.pg_advisory_unlock_shared(%s)", key)


def run_halted(halt: LedgerHalt, alias: str) -> Failed:
    """A run that has done nothing yet, and whose first row was taken by a halt."""
    return Failed(
        RUN_HALTED,
        _told_of(halt),
        state="Nothing was changed.",
        next_step=_resume(alias),
    )


def _halted(problem: Problem, halt: LedgerHalt, state: StepState, alias: str) -> Problem:
    left = f"   What is left to do for this migration: {problem.next_step}"
    return Problem(
        RUN_HALTED,
        f"{_told_of(halt)}\n{problem.happened}",
        problem.state,
        _resume(alias) + (left if state is StepState.PARTLY else ""),
        problem.server,
    )


def _told_of(halt: LedgerHalt) -> str:
    return f"The target was halted by {halt.by}: {halt.text}"


def _resume(alias: str) -> str:
    return f"manage.py resume_sql --database {alias or 'ALIAS'}"


def say(ledger: Ledger, facts: Facts, context: RunContext) -> LedgerRow:
    """Append a row about what is so already. Where a halt came in between, it follows that row, and
    the writer stops all the same.

    Raises as :meth:`Ledger.append`: Failed (ledger-moved) behind a halt, too.
    """
    try:
        return ledger.append(facts, context)
    except Failed as error:
        if error.code != "ledger-moved" or open_halt(ledger.rows()) is None:
            raise
        ledger.append(facts, context)
        raise
