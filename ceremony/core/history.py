"""The history of a target: the state that its ledger rows add up to, per series and version.

State is the last settled event of a version. Outside a transaction a step also leaves ``started``
and ``statement`` rows; as long as no settled event follows them, the step is *partly* in.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from ceremony.core.chain import GENESIS
from ceremony.core.finding import Finding, refuse
from ceremony.core.ledger_hash import row_hash
from ceremony.core.ledger_row import Event, LedgerRow
from ceremony.core.script import Script

__all__ = [
    "Event",
    "History",
    "Intent",
    "LedgerRow",
    "Partly",
    "SeriesState",
    "Standing",
    "chain_fault",
    "left_nothing",
    "taken_up",
]

SETTLED = frozenset(
    {Event.APPLIED, Event.ROLLED_BACK, Event.BASELINED, Event.RETIRED, Event.SUPERSEDED}
)
"""Events that settle a version's state."""

IN_PLACE = frozenset({Event.APPLIED, Event.BASELINED, Event.SUPERSEDED})
"""Settled events after which a version counts as applied."""

_PROGRESS = frozenset({Event.STARTED, Event.STATEMENT, Event.FINISHED, Event.FAILED})

ROLL_BACK = "roll back"
"""``direction`` in the detail of a ``started`` row that begins a rollback."""


class Standing(StrEnum):
    """What the ledger alone says of a version now."""

    APPLIED = "applied"
    PARTLY = "partly applied"
    ROLLED_BACK = "rolled back"
    BASELINED = "baselined"
    SUPERSEDED = "superseded"
    RETIRED = "retired"


@dataclass(frozen=True)
class Intent:
    """A statement that ``attempt`` meant to run, without a word that it is in.

    ``existed``: whether an object of its name was there before. ``refused``: the attempt went on to
    record its failure, so the server's answer to the statement was an error.
    """

    attempt: UUID | None
    existed: bool = False
    refused: bool = False


@dataclass(frozen=True)
class Partly:
    """A step outside a transaction that was begun and not settled.

    ``started`` is its first row, ``last`` its newest, ``done`` the numbers of the statements that
    are in, ``intents`` those that were begun without an end. ``rolling_back`` tells an unfinished
    rollback from an unfinished change, and ``before`` is the unfinished step that it began behind.
    """

    started: LedgerRow
    last: LedgerRow
    done: frozenset[int]
    rolling_back: bool
    intents: Mapping[int, Intent] = field(default_factory=lambda: MappingProxyType({}))
    before: "Partly | None" = None


@dataclass(frozen=True)
class SeriesState:
    """``settled`` is the row of the last settled event, ``None`` before the first one; ``before``
    that of the one before it.
    """

    settled: LedgerRow | None = None
    partly: Partly | None = None
    before: LedgerRow | None = None

    @property
    def in_place(self) -> bool:
        """Whether the version counts as applied."""
        return self.settled is not None and self.settled.event in IN_PLACE

    @property
    def standing(self) -> Standing:
        """One word for it."""
        if self.partly or self.settled is None:
            return Standing.PARTLY
        return Standing(self.settled.event.value)

    @property
    def newest(self) -> LedgerRow:
        """The newest row of the version."""
        row = self.partly.last if self.partly else self.settled
        if row is None:
            raise ValueError("a state without a row")
        return row


class History:
    """What a ledger's rows add up to. ``rows`` are all rows of one ledger, in order of their
    sequence.
    """

    def __init__(self, rows: Iterable[LedgerRow]) -> None:
        self.rows: tuple[LedgerRow, ...] = tuple(rows)
        self._states: dict[str, dict[str, SeriesState]] = {}
        for row in self.rows:
            if row.event in SETTLED or row.event in _PROGRESS:
                states = self._states.setdefault(row.series, {})
                state = _after(states.get(row.version, SeriesState()), row)
                if state.settled or state.partly:
                    states[row.version] = state
                else:
                    states.pop(row.version, None)

    @property
    def series_names(self) -> tuple[str, ...]:
        """The series that the ledger mentions, in order of their first row."""
        return tuple(self._states)

    def state(self, series: str, version: str) -> SeriesState | None:
        """The state of one version; ``None`` where the ledger never mentions it."""
        return self._states.get(series, {}).get(version)

    def states(self, series: str) -> Mapping[str, SeriesState]:
        """The state of every version that the ledger mentions."""
        return self._states.get(series, {})

    def applied(self, series: str) -> Mapping[str, LedgerRow]:
        """Version -> the row that says it is applied, baselined or superseded; in the ledger's
        order.
        """
        found = [s.settled for s in self.states(series).values() if s.in_place and s.settled]
        return {row.version: row for row in sorted(found, key=lambda row: row.sequence)}

    def partly(self, series: str) -> Mapping[str, Partly]:
        """Version -> what is in, for every step that was begun outside a transaction and not
        settled.
        """
        return {v: s.partly for v, s in self.states(series).items() if s.partly}

    def record_states(self) -> tuple[tuple[Standing, LedgerRow], ...]:
        """Every version of every series with the newest row that its standing follows from."""
        return tuple(
            (state.standing, state.newest)
            for states in self._states.values()
            for state in states.values()
        )

    def chain_findings(self) -> tuple[Finding, ...]:
        """``ledger-chain-broken`` where the rows do not agree with each other."""
        fault = chain_fault(self.rows)
        if not fault:
            return ()
        hint = "Run nothing here. Compare with a backup, and find out who wrote to the ledger."
        return (refuse("", "ledger-chain-broken", f"The ledger is damaged: {fault}", hint),)


def chain_fault(rows: Sequence[LedgerRow]) -> str:
    """The first place where a ledger does not agree with itself, as a sentence; ``""`` for a sound
    one.
    """
    previous = GENESIS
    for number, row in enumerate(rows, 1):
        if row.sequence != number:
            return f"row {number} is missing; row {row.sequence} stands in its place."
        if row.previous_hash != previous:
            return f"row {number} does not follow the row before it."
        if row_hash(row) != row.hash:
            return f"row {number} was changed after it was written."
        previous = row.hash
    return ""


def taken_up(partly: Partly | None, script: Script, *, rolling_back: bool) -> Partly | None:
    """The unfinished step that running ``script`` goes on with; ``None`` to begin at its first
    statement.

    A change that is partly in must not be edited (``partial-file-changed``). A way back may be
    another one than was begun, by an edit or by ``--variant``: its statements have other numbers.
    """
    if partly is None or partly.rolling_back is not rolling_back:
        return None
    if rolling_back and partly.started.rollback_digest != script.bytes_digest:
        return None
    return partly


def _after(state: SeriesState, row: LedgerRow) -> SeriesState:
    if row.event in SETTLED:
        return SeriesState(row, None, state.settled)
    if row.event is Event.FAILED and left_nothing(row):
        return _without(state, row)
    if row.event is Event.FAILED and state.partly is None:
        return _after_escape(state, row)
    return replace(state, partly=_told(_begun(state, row), row))


def _without(state: SeriesState, row: LedgerRow) -> SeriesState:
    """A failure that left nothing is as if its attempt had begun nothing."""
    begun = state.partly
    if begun is None or begun.last.attempt != row.attempt:
        return state
    told = _told(begun, row)
    # A Ctrl-C between a statement's COMMIT and the runner: its row knows better than this one.
    settled = not told.done and all(intent.refused for intent in told.intents.values())
    return replace(state, partly=begun.before if settled else told)


def _after_escape(state: SeriesState, row: LedgerRow) -> SeriesState:
    """A failure that nothing began follows a file that ended its own transaction. Where it
    committed, the attempt's settled row is in, but is not the last word; what else is in nobody
    can say.
    """
    settled = state.settled
    if settled is None or settled.attempt != row.attempt:
        return SeriesState(settled, Partly(row, row, frozenset(), state.in_place))
    rolling_back = settled.event is Event.ROLLED_BACK
    return SeriesState(state.before, Partly(row, row, frozenset(), rolling_back))


def _begun(state: SeriesState, row: LedgerRow) -> Partly:
    """The unfinished step that the row belongs to. A ``started`` row that goes another way begins
    a new one.
    """
    before = state.partly
    if row.event is Event.STARTED:
        rolling_back = _rolls_back(row, state)
        if before is None or not _same_way(before, row, rolling_back):
            return Partly(row, row, frozenset(), rolling_back, before=before)
    return before or Partly(row, row, frozenset(), state.in_place)


def _same_way(before: Partly, row: LedgerRow, rolling_back: bool) -> bool:
    if before.rolling_back is not rolling_back:
        return False
    return not rolling_back or before.started.rollback_digest == row.rollback_digest


def _told(partly: Partly, row: LedgerRow) -> Partly:
    """What the row adds: a statement that is in, an intent, or that an intent came to nothing."""
    detail = json.loads(row.detail or "{}")
    done, intents = partly.done, dict(partly.intents)
    if row.event is Event.STATEMENT and detail.get("state") == "intent":
        intents[row.statement] = Intent(row.attempt, bool(detail.get("existed")))
    elif row.event is Event.STATEMENT:
        done |= {row.statement}
        intents.pop(row.statement, None)
    elif row.event is Event.FAILED:
        for number, intent in intents.items():
            answered = intent.refused or intent.attempt == row.attempt
            intents[number] = replace(intent, refused=answered)
    return replace(partly, last=row, done=done, intents=MappingProxyType(intents))


_UNDECIDED = frozenset({"index-invalid", "index-differs", "detach-pending", "needs-decision"})
"""Codes of failures that leave something behind although no statement is in."""


def left_nothing(row: LedgerRow) -> bool:
    """Whether a ``failed`` row says that nothing of the step is in."""
    detail = json.loads(row.detail or "{}")
    return detail.get("done") == [] and detail.get("code") not in _UNDECIDED


def _rolls_back(row: LedgerRow, state: SeriesState) -> bool:
    """What the row says itself; without that, what can be meant: only what is applied is rolled
    back.
    """
    said = json.loads(row.detail or "{}").get("direction")
    return state.in_place if said is None else bool(said == ROLL_BACK)
