"""Halts in control: the stations that were taken, each a row of evidence with its event."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet

from ceremony.actions import evidence
from ceremony.actions.ceremonies import advance, locked
from ceremony.actions.notices import tell
from ceremony.actions.seen import refuse_unseen
from ceremony.actions.targets import are_same, same_database
from ceremony.core.chain import Json
from ceremony.core.halting import (
    CONDITIONS,
    Condition,
    Course,
    HaltState,
    LedgerHalt,
    Station,
    Taken,
    halt_state,
)
from ceremony.core.notice import Occasion
from ceremony.core.plan import Direction
from ceremony.core.states import Act, State, after
from ceremony.models import AuditHead, Ceremony, HaltStep, Target, audit
from ceremony.models.audit import Action

ACTIONS: Mapping[Station, Action] = MappingProxyType(
    {
        Station.STOP: Action.TARGET_HALTED,
        Station.ASSESS: Action.HALT_ASSESSED,
        Station.DECIDE: Action.HALT_DECIDED,
        Station.EXECUTE: Action.HALT_EXECUTED,
        Station.DOCUMENT: Action.HALT_DOCUMENTED,
        Station.LIFT: Action.HALT_LIFTED,
    }
)
"""The event that tells of a station."""


@dataclass(frozen=True)
class Said:
    """Who says what at a station: the name for the record, and the account where one was
    authenticated.
    """

    by: str
    text: str
    at: datetime
    user: AbstractUser | None = None


@dataclass(frozen=True)
class Halt:
    """One halt of a target: its own id, and the ceremony that it stopped, 0 for none."""

    id: UUID
    target: Target
    ceremony: int = 0

    @property
    def row(self) -> Ceremony | None:
        """The ceremony as it is now, without a lock."""
        rows = Ceremony.objects.select_related("target").filter(pk=self.ceremony)
        return rows.first() if self.ceremony else None


def open_halt_of(target: Target) -> Halt | None:
    """The halt that was stopped in control and never lifted, ``None`` for none: of this database,
    by whatever alias it was halted.
    """
    lifted = HaltStep.objects.filter(station=Station.LIFT.value).values("halt")
    stops = _stops().filter(target__in=same_database(target))
    row = stops.exclude(halt__in=lifted).order_by("pk").last()
    return _halt_of(row) if row else None


def open_halt_among(steps: Sequence[HaltStep], target: Target) -> Halt | None:
    """The same among steps that were read, oldest first: those of every halt at the database."""
    lifted = {one.halt for one in steps if one.station == Station.LIFT}
    stops = [
        one
        for one in steps
        if one.station == Station.STOP and one.halt not in lifted and are_same(one.target, target)
    ]
    if not stops:
        return None
    row = stops[-1]
    met = [one.ceremony_id for one in steps if one.halt == row.halt and one.ceremony_id]
    return Halt(row.halt, row.target, row.ceremony_id or (met[-1] if met else 0) or 0)


def _stops() -> QuerySet[HaltStep]:
    return HaltStep.objects.filter(station=Station.STOP.value).select_related("target")


def _halt_of(row: HaltStep) -> Halt:
    """A halt that met no ceremony yet may have stopped one that was about to run."""
    steps = HaltStep.objects.filter(halt=row.halt, ceremony__isnull=False)
    number = row.ceremony_id or steps.values_list("ceremony", flat=True).last()
    return Halt(row.halt, row.target, number or 0)


def state_of(halt: UUID) -> HaltState:
    """Where a halt stands, by its stations in control."""
    return state_among(HaltStep.objects.filter(halt=halt).order_by("pk"), halt)


def state_among(steps: Iterable[HaltStep], halt: UUID) -> HaltState:
    """The same among steps that were read, oldest first."""
    return halt_state(
        Taken(Station(row.station), row.text, row.by, row.at, row.condition, row.decision)
        for row in steps
        if row.halt == halt
    )


def lets_through(halt: Halt, ceremony: int, direction: Direction) -> bool:
    """Whether a run is what was decided about a halt: ``ceremony`` is the halted one, taken back
    after "roll back", or run again in a new round after "fix forward".
    """
    if not halt.ceremony or halt.ceremony != ceremony:
        return False
    return lets_pass(state_of(halt.id), halt.row, direction)


def lets_pass(state: HaltState, halted: Ceremony | None, direction: Direction) -> bool:
    """The same, where the run is one of the ``halted`` ceremony."""
    decided = state.awaits
    if decided is Course.FIX_FORWARD:
        return halted is not None and halted.direction == direction.value
    return decided is Course.ROLL_BACK and direction is Direction.ROLL_BACK


def is_recorded(halt: UUID, station: Station) -> bool:
    """Whether the station of that halt stands in control."""
    return HaltStep.objects.filter(halt=halt, station=station.value).exists()


def take(
    head: AuditHead,
    halt: Halt,
    station: Station,
    said: Said,
    *,
    condition: str = "",
    course: Course | None = None,
    detail: Mapping[str, Json] = MappingProxyType({}),
    ledger_row: tuple[int, str] = (0, ""),
) -> HaltStep:
    """Record one station, with its event; ``head`` is locked. ``condition`` is that of a STOP, or
    of an EXECUTE that came to nothing. ``ledger_row``: number and hash of the row in the target
    that says the same; the event proves it. Inside ``seen.as_seen`` raises Refused (page-stale).
    """
    refuse_unseen(halt.target)
    row = HaltStep(
        halt=halt.id,
        target=halt.target,
        ceremony_id=halt.ceremony or None,
        station=station.value,
        condition=condition,
        decision=course.value if course else "",
        text=evidence.bounded(said.text),
        detail=dict(detail),
        by=evidence.bounded(said.by, 255),
        user_id=said.user.pk if said.user else None,
        at=said.at,
        ledger_sequence=ledger_row[0],
    )
    told = _facts(row, said, ledger_row[1])
    subject = f"Ceremony {halt.ceremony}" if halt.ceremony else halt.target.alias
    act = audit.Act(ACTIONS[station], row.by, halt.target.alias, "", subject, told, rows=(row,))
    head.append([act])
    row.save(force_insert=True)
    _tell(halt, station, condition, row.by)
    return row


def _facts(row: HaltStep, said: Said, ledger_hash: str) -> dict[str, Json]:
    """What the event of a station tells."""
    return {
        **row.detail,
        "halt": str(row.halt),
        "ceremony": row.ceremony_id,
        "condition": row.condition,
        "decision": row.decision,
        "text": row.text,
        "account": said.user.get_username() if said.user else "",
        "ledger_sequence": row.ledger_sequence,
        "ledger_hash": ledger_hash,
    }


def _tell(halt: Halt, station: Station, condition: str, by: str) -> None:
    """The notice of a target that is halted or free again; that of a ceremony comes by its act."""
    if station is Station.STOP and not halt.ceremony:
        why = CONDITIONS[Condition(condition)] if condition in list(Condition) else ""
        tell(Occasion.TARGET_HALTED, halt.target, by, text=why)
    elif station is Station.LIFT:
        tell(Occasion.TARGET_RESUMED, halt.target, by)


def stop(head: AuditHead, halt: Halt, found: LedgerHalt) -> None:
    """Record STOP as the ledger tells it, unless it stands there."""
    if not is_recorded(halt.id, Station.STOP):
        said = Said(found.by, found.text, found.at)
        row = (found.sequence, found.hash)
        take(head, halt, Station.STOP, said, condition=found.condition, ledger_row=row)


def halt_ceremony(head: AuditHead, halt: Halt, condition: str, by: str) -> None:
    """Move the ceremony of a halt to HALTED, where it has one and its state leads there."""
    if not halt.ceremony:
        return
    ceremony = locked(halt.ceremony)
    if after(State(ceremony.state), Act.HALT) is not None:
        advance(head, ceremony, Act.HALT, by, {"halt": str(halt.id), "condition": condition})


def repeated(head: AuditHead, halt: Halt, condition: str, said: Said) -> None:
    """The event of a halt that came second: its words are kept, and nothing changes."""
    told: dict[str, Json] = {
        "halt": str(halt.id),
        "condition": condition,
        "text": evidence.bounded(said.text),
    }
    alias = halt.target.alias
    by = evidence.bounded(said.by, 255)
    head.append([audit.Act(Action.HALT_REPEATED, by, alias, "", alias, told)])


def of_ledger(found: LedgerHalt, target: Target) -> Halt:
    """The halt that a target's ledger tells of; its ceremony where control knows it there.

    One that control knows stays that of the alias that was halted: another one that leads to the
    same database must not make a halt without a ceremony of it.
    """
    row = _stops().filter(halt=found.halt).first()
    halt = _halt_of(row) if row else Halt(found.halt, target)
    if halt.ceremony:
        return halt
    known = Ceremony.objects.filter(pk=found.ceremony, target__in=same_database(target)).exists()
    return replace(halt, ceremony=found.ceremony if known else 0)
