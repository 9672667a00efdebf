"""Overview: many ceremonies with whom each waits for, and what waits for one person.

However many there are, it takes the same few questions.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from django.contrib.auth.models import AbstractUser
from django.db.models import Case as Where
from django.db.models import Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from ceremony import conf
from ceremony.actions.ceremonies import is_due
from ceremony.actions.dossier import Dossier, dossiers_of
from ceremony.actions.halts import Halt, open_halt_among, state_among
from ceremony.actions.people import HALT, RIGHTS, Member, member_of
from ceremony.actions.stale_seen import changes_between
from ceremony.actions.turns import Wait, is_asked, waits_of
from ceremony.core.halting import HaltState, Station
from ceremony.core.series import SeriesFiles
from ceremony.core.states import BEFORE_THE_RUN, ENDED, State
from ceremony.errors import CeremonyError, UsageError
from ceremony.models import Ceremony, HaltStep, StoredManifest
from ceremony.sources.folder import read_series

LOOKED_THROUGH = 200
"""How many open ceremonies are asked whether they wait for somebody: those that changed last."""

Reading = Callable[[Path, str], SeriesFiles]
"""How the folder of a series is read."""

_ENDED = [state.value for state in ENDED]
_BY_THEMSELVES = [State.DRAFT.value, State.RUNNING.value, State.VERIFYING.value]
"""States that go on without a decision of anybody's."""


@dataclass(frozen=True)
class Case:
    """A ceremony with what it waits for. ``changed`` are sentences about what is otherwise since
    its round was asked for; ``fault`` says why nothing can be told, ``""`` where all is well.
    """

    dossier: Dossier
    waits: tuple[Wait, ...]
    changed: tuple[str, ...] = ()
    fault: str = ""

    @property
    def ceremony(self) -> Ceremony:
        return self.dossier.ceremony


@dataclass(frozen=True)
class OpenHalt:
    """A halt that waits for its next station, and stopped no ceremony that could tell of it."""

    halt: Halt
    state: HaltState


@dataclass(frozen=True)
class Turn:
    """What of a ceremony waits for the person."""

    case: Case
    wait: Wait


@dataclass(frozen=True)
class Overview:
    """``cases`` by the numbers of their ceremonies; ``turns`` of the person, the oldest first, and
    the ``halts`` that wait for him or her. ``complete``: every ceremony that could wait for
    somebody was asked. ``member`` is the person.
    """

    member: Member
    cases: Mapping[int, Case]
    turns: tuple[Turn, ...]
    halts: tuple[OpenHalt, ...]
    complete: bool

    @property
    def acts(self) -> bool:
        """Whether the person has any right to do something."""
        return any(self.member.may(right) for right in RIGHTS)


def overview(user: AbstractUser, now: datetime, shown: Iterable[Ceremony] = ()) -> Overview:
    """What waits for ``user`` at ``now`` (UTC), and what those ``shown`` wait for; each of them has
    its target. Five questions.
    """
    open_ones = list(_open_ones()[: LOOKED_THROUGH + 1])
    asked = {one.pk: one for one in (*open_ones[:LOOKED_THROUGH], *filter(_can_wait, shown))}
    dossiers = dossiers_of(list(asked.values()), viewers=[user.pk])
    member = dossiers[0].member(user) if dossiers else member_of(user)
    folder = cache(read_series)
    cases = {one.ceremony.pk: _case(one, folder, now) for one in dossiers}
    turns = sorted(
        (turn for case in cases.values() for turn in _turns(case, member)),
        key=lambda turn: turn.case.ceremony.changed_at,
    )
    complete = len(open_ones) <= LOOKED_THROUGH
    return Overview(member, cases, tuple(turns), _halts(member, cases), complete)


def _open_ones() -> QuerySet[Ceremony]:
    """What may wait for somebody, the open ones first. After a run without an approval others look
    at it, even when it has ended.
    """
    waits = ~Q(state__in=[*_ENDED, *_BY_THEMSELVES]) | Q(overridden=True)
    ended = Where(
        When(state__in=_ENDED, then=Value(1)), default=Value(0), output_field=IntegerField()
    )
    rows = Ceremony.objects.filter(waits).select_related("target")
    return rows.order_by(ended, "-changed_at", "-pk")


def _can_wait(ceremony: Ceremony) -> bool:
    return ceremony.overridden or State(ceremony.state) not in ENDED


def _case(dossier: Dossier, folder: Reading, now: datetime) -> Case:
    try:
        changed = _changed(dossier, folder)
        waits = () if is_due(dossier.ceremony, now) else waits_of(dossier, bool(changed), now)
    except CeremonyError as error:
        return Case(dossier, (), fault=error.happened)
    except StoredManifest.DoesNotExist as error:
        return Case(dossier, (), fault=str(error))
    return Case(dossier, waits, changed)


def _changed(dossier: Dossier, folder: Reading) -> tuple[str, ...]:
    """As ``stale_seen.changes_seen``; nothing for a target that settings have no more."""
    ceremony, settings = dossier.ceremony, conf.load()
    if State(ceremony.state) not in BEFORE_THE_RUN or not ceremony.round:
        return ()
    files = folder(settings.root, ceremony.series)
    try:
        return changes_between(ceremony, dossier.manifest, files, settings)
    except UsageError:
        return ()


def _turns(case: Case, member: Member) -> Iterable[Turn]:
    """One for each kind, although it may wait for people of several groups."""
    waits = {wait.ask: wait for wait in case.waits if is_asked(member, wait, case.dossier)}
    return (Turn(case, wait) for wait in waits.values())


def _halts(member: Member, cases: Mapping[int, Case]) -> tuple[OpenHalt, ...]:
    """Halts that no ceremony among the ``cases`` tells of, for whoever may go on with them."""
    lifted = HaltStep.objects.filter(halt=OuterRef("halt"), station=Station.LIFT.value)
    steps = list(HaltStep.objects.filter(~Exists(lifted)).select_related("target").order_by("pk"))
    found: dict[UUID, OpenHalt] = {}
    for target in {one.target_id: one.target for one in steps}.values():
        halt = open_halt_among(steps, target)
        if halt is not None and not (halt.ceremony in cases and cases[halt.ceremony].waits):
            found[halt.id] = OpenHalt(halt, state_among(steps, halt.id))
    return tuple(found.values()) if member.may(HALT) else ()
