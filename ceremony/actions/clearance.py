"""Clearance: pre-flight on the way to a run, with the backup that may answer some of its items."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ceremony.actions.backup import facts_of
from ceremony.actions.items import record_items
from ceremony.actions.permit import Permit, PermitKind
from ceremony.actions.preflight import look, refuse_failed, refuse_found
from ceremony.actions.ready import Ready, now
from ceremony.actions.rounds import newest_round
from ceremony.conf import Settings
from ceremony.core.checklist.preflight import preflight_of
from ceremony.core.item import ItemKind, ItemResult, Judged
from ceremony.core.plan import Direction, Plan
from ceremony.core.series import Series
from ceremony.models import Ceremony
from ceremony.pg.backup import Backup


@dataclass(frozen=True)
class Preparation:
    """What is done when nothing stands against a run any more. ``backs_up`` says that ``carry_out``
    makes a backup and answers it.
    """

    carry_out: Callable[[], Backup | None]
    backs_up: bool = False


NOTHING_TO_PREPARE = Preparation(lambda: None)


@dataclass(frozen=True)
class Asking:
    """What is about to run, and what is to be done before."""

    here: Ready
    plan: Plan
    series: Series
    settings: Settings
    permit: Permit
    preparation: Preparation = NOTHING_TO_PREPARE


def clear(asking: Asking) -> tuple[Judged, ...]:
    """Look, make the backup, record, and refuse where an item stands against the run.

    Nothing is backed up for a run that would be refused all the same. A way back that was approved
    is never refused here, and neither is a break-glass: what was found is told with it. What is
    answered belongs to the run's own ceremony; where that is not open yet, it is recorded with it.

    Returned is what is recorded in the transaction that opens the run. Raises Refused
    (preflight-failed, backup-failed).
    """
    permit, prepare = asking.permit, asking.preparation
    if permit.kind is PermitKind.WAY_BACK:
        prepare.carry_out()
        return ()
    judged = look(asking.here, asking.plan, asking.series, permit.policy, asking.settings)
    aside = _backups(asking) if prepare.backs_up else frozenset[str]()
    if permit.kind is PermitKind.OVERRIDE:
        return answered_by(judged, asking, prepare.carry_out())
    if permit.kind is PermitKind.OPEN:
        refuse_found(judged, permit.policy, _ask(asking), aside)
        answered = answered_by(judged, asking, prepare.carry_out())
        refuse_found(answered, permit.policy, _ask(asking))
        return answered
    manifest = newest_round(Ceremony.objects.get(pk=permit.ceremony))
    actor = asking.here.caller.actor.name
    record_items(manifest, judged, actor)
    refuse_failed(manifest, permit.policy, aside)
    made = prepare.carry_out()
    if made is not None:
        record_items(manifest, _answers(judged, asking, made), actor)
        refuse_failed(manifest, permit.policy)
    return ()


def answered_by(
    judged: Iterable[Judged], asking: Asking, made: Backup | None
) -> tuple[Judged, ...]:
    """The items, those that a backup answers with its path, size and digest."""
    every = tuple(judged)
    if made is None:
        return every
    answers = {one.item.id: one for one in _answers(every, asking, made)}
    return tuple(answers.get(one.item.id, one) for one in every)


def _answers(judged: Iterable[Judged], asking: Asking, made: Backup) -> tuple[Judged, ...]:
    ids = _backups(asking)
    told = f"pg_dump wrote {made.path} ({made.size} bytes); pg_restore --list read it."
    return tuple(
        replace(
            one,
            result=ItemResult.PASS,
            explanation=told,
            evidence=facts_of(made),
            by=asking.here.caller.actor.name,
            at=now(),
        )
        for one in judged
        if one.item.id in ids and one.item.kind is ItemKind.HUMAN
    )


def _ask(asking: Asking) -> str:
    back = " --rollback" if asking.plan.direction is Direction.ROLL_BACK else ""
    alias = asking.here.access.target.alias
    return f"manage.py request_sql {asking.series.name} --database {alias}{back}"


def _backups(asking: Asking) -> frozenset[str]:
    """The ids of the items that a backup answers."""
    human = preflight_of(asking.series.settings).human
    return frozenset(one.id for one in human if one.backup)
