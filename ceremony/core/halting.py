"""Stop the world: what halts a target, the stations of a halt, and what each of them allows.

A halt is lifted by recorded decision alone: STOP, ASSESS, DECIDE, EXECUTE, DOCUMENT, in this order.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from ceremony.core.chain import canonical
from ceremony.core.compensation import Offer
from ceremony.core.ledger_row import Event, LedgerRow
from ceremony.core.outcome import Problem


class Station(StrEnum):
    """The stations of a halt, in order; LIFT ends it."""

    STOP = "stop"
    ASSESS = "assess"
    DECIDE = "decide"
    EXECUTE = "execute"
    DOCUMENT = "document"
    LIFT = "lift"


class Course(StrEnum):
    """What can be decided about a halt."""

    ROLL_BACK = "roll back"
    FIX_FORWARD = "fix forward"
    ACCEPT = "accept"


class Condition(StrEnum):
    """What stops the world. The words are codes: they stay for ever in ledgers and in the trail."""

    MIGRATION_FAILED = "halt-migration-failed"
    VERIFICATION_FAILED = "halt-verification-failed"
    TEST_FAILED = "halt-test-failed"
    CONSTRAINT_VIOLATED = "halt-constraint-violated"
    DATA_LOST = "halt-data-lost"
    APPLICATION_FAILED = "halt-application-failed"
    CONNECTION_LOST = "halt-connection-lost"
    RUN_CUT_OFF = "halt-run-cut-off"
    BY_HAND = "halt-by-hand"


CONDITIONS: Mapping[Condition, str] = MappingProxyType(
    {
        Condition.MIGRATION_FAILED: "A migration failed.",
        Condition.VERIFICATION_FAILED: "A verification shows violations.",
        Condition.TEST_FAILED: "A test failed after a migration.",
        Condition.CONSTRAINT_VIOLATED: "A constraint or a foreign key is violated.",
        Condition.DATA_LOST: "Rows are gone that no header said would go.",
        Condition.APPLICATION_FAILED: "The application cannot start.",
        Condition.CONNECTION_LOST: "The connection to the database broke.",
        Condition.RUN_CUT_OFF: "The run was cut off.",
        Condition.BY_HAND: "A person stopped the world.",
    }
)
"""What each condition means, as a sentence."""

_VIOLATION = "23"
"""The class of integrity constraint violations (PostgreSQL manual, Appendix A)."""


_OF_CODES: Mapping[str, Condition] = MappingProxyType(
    {
        "connection-lost": Condition.CONNECTION_LOST,
        "outcome-unknown": Condition.CONNECTION_LOST,
        "run-halted": Condition.BY_HAND,
        "run-cut-off": Condition.RUN_CUT_OFF,
        "check-failed": Condition.VERIFICATION_FAILED,
        "contract-violated": Condition.VERIFICATION_FAILED,
    }
)


HALTS = frozenset({Event.HALTED, Event.RESUMED})
"""Events of a ledger that tell of the target, and of no change to it."""


def condition_of(problem: Problem) -> Condition:
    """The condition that a failed run meets: by the problem's code and SQLSTATE."""
    if problem.server is not None and problem.server.sqlstate.startswith(_VIOLATION):
        return Condition.CONSTRAINT_VIOLATED
    return condition_of_code(problem.code)


def condition_of_code(code: str) -> Condition:
    """The same, where only the problem's code is known."""
    return _OF_CODES.get(code, Condition.MIGRATION_FAILED)


@dataclass(frozen=True)
class LedgerHalt:
    """What the newest ``halted`` row of a ledger says, where no ``resumed`` row follows it.

    ``ceremony`` is 0 where none was under way. ``condition`` is the code as it was written.
    """

    halt: UUID
    condition: str
    text: str
    ceremony: int
    by: str
    at: datetime
    sequence: int
    hash: str


def halted_detail(halt: UUID, condition: str, text: str, ceremony: int = 0) -> str:
    """The ``detail`` of a ``halted`` row: canonical JSON. Raises PayloadInvalid."""
    return canonical(
        {"halt": str(halt), "condition": condition, "text": text, "ceremony": ceremony}
    ).decode()


def resumed_detail(halt: UUID, course: str, text: str) -> str:
    """The ``detail`` of a ``resumed`` row: canonical JSON. Raises PayloadInvalid."""
    return canonical({"halt": str(halt), "decision": course, "text": text}).decode()


def open_halt(rows: Sequence[LedgerRow]) -> LedgerHalt | None:
    """The halt that the target is under, by its ledger; ``None`` where it is under none."""
    for row in reversed(rows):
        if row.event is Event.RESUMED:
            return None
        if row.event is Event.HALTED:
            return _read(row)
    return None


def resumed_row(rows: Sequence[LedgerRow], halt: UUID) -> LedgerRow | None:
    """The row that lifted ``halt``, ``None`` where none did."""
    for row in reversed(rows):
        if row.event is Event.RESUMED and json.loads(row.detail).get("halt") == str(halt):
            return row
    return None


def _read(row: LedgerRow) -> LedgerHalt:
    said = json.loads(row.detail)
    return LedgerHalt(
        halt=UUID(said["halt"]),
        condition=said["condition"],
        text=said["text"],
        ceremony=said["ceremony"],
        by=row.recorded_by,
        at=row.recorded_at,
        sequence=row.sequence,
        hash=row.hash,
    )


@dataclass(frozen=True)
class Stopped:
    """What a halt by hand met. ``process`` was at work in the server, 0 for none; ``still``: it has
    not ended yet; ``forbidden``: this role may not cancel it. ``already``: the target was halted
    before. ``out_of_reach``: only control knows of the halt.
    """

    process: int = 0
    still: bool = False
    forbidden: bool = False
    already: bool = False
    out_of_reach: bool = False

    def unsettled(self) -> Iterator[str]:
        """What is not as a halt should leave it, in sentences."""
        if self.out_of_reach:
            yield "The target does not answer; only this control side knows."
        if self.process and self.still:
            cancelled = "may not be cancelled by this role" if self.forbidden else "was cancelled"
            yield f"Process {self.process} {cancelled} and is still at work."


@dataclass(frozen=True)
class Taken:
    """One station that was taken: who said what, when (UTC).

    ``condition`` is that of STOP, and of an EXECUTE that came to nothing.
    """

    station: Station
    text: str
    by: str
    at: datetime
    condition: str = ""
    course: str = ""


@dataclass(frozen=True)
class HaltState:
    """Where a halt stands: what its stations, in order, add up to.

    An EXECUTE with a condition failed: the halt is assessed and decided anew. So does a new DECIDE
    begin its EXECUTE anew.
    """

    taken: tuple[Taken, ...]

    @property
    def course(self) -> Course | None:
        """What is decided now."""
        newest = self._newest(Station.DECIDE)
        return Course(newest.course) if newest else None

    @property
    def next(self) -> Station | None:
        """The station to take next; ``None`` when it is lifted."""
        done = {one.station for one in self._since_failure()}
        if self.course is not None and not self._executed():
            return Station.EXECUTE
        return next((one for one in Station if one not in done), None)

    def allows(self, station: Station) -> bool:
        """Whether the station can be taken now. Assessing, deciding and documenting can be done
        again as long as what follows has not begun.
        """
        following = self.next
        if following is None or station is Station.STOP:
            return False
        if station is following:
            return True
        if station is Station.ASSESS:
            return following in {Station.DECIDE, Station.EXECUTE}
        if station is Station.DECIDE:
            return following is Station.EXECUTE
        return station is Station.DOCUMENT and following is Station.LIFT

    @property
    def awaits(self) -> Course | None:
        """The course that is decided and not executed yet."""
        return self.course if self.next is Station.EXECUTE else None

    def _executed(self) -> bool:
        for one in reversed(self._since_failure()):
            if one.station is Station.EXECUTE:
                return True
            if one.station is Station.DECIDE:
                return False
        return False

    def _newest(self, station: Station) -> Taken | None:
        found = [one for one in self._since_failure() if one.station is station]
        return found[-1] if found else None

    def _since_failure(self) -> tuple[Taken, ...]:
        """STOP, and what came after the last EXECUTE that failed."""
        failed = [n for n, one in enumerate(self.taken) if _failed(one)]
        if not failed:
            return self.taken
        stops = tuple(one for one in self.taken if one.station is Station.STOP)
        return (*stops, *self.taken[failed[-1] + 1 :])


@dataclass(frozen=True)
class HaltReport:
    """Where a target stands under a halt. ``halt`` is ``None`` for a target that is under none.

    ``ceremony`` is 0 for none, ``ceremony_state`` the word for its state. ``missing`` counts the
    signatures that a decision to accept still needs. ``steps`` are what to type next, in words.
    ``offers`` are what can be done where a way back would not serve, ``exported`` the files that
    rows were written to.
    """

    alias: str
    environment: str
    halt: UUID | None
    state: HaltState
    ceremony: int = 0
    ceremony_state: str = ""
    ledger_sequence: int = 0
    stopped: Stopped | None = None
    missing: int = 0
    lifted: bool = False
    steps: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()
    exported: tuple[str, ...] = ()


def halt_state(taken: Iterable[Taken]) -> HaltState:
    """The state that the stations add up to, in the order in which they were taken."""
    return HaltState(tuple(taken))


def _failed(one: Taken) -> bool:
    return one.station is Station.EXECUTE and bool(one.condition)
