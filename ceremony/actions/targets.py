"""Targets as control last saw them, so that a copy, a restore or another server is noticed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from ceremony.actions import evidence
from ceremony.actions.record import recording
from ceremony.core.chain import Json
from ceremony.models import Target
from ceremony.models.audit import Act, Action

IDENTITY = ("environment", "system_identifier", "database_oid", "ledger_id")
"""Facts that tell one database from another; a change of them is an act of its own in the trail."""


@dataclass(frozen=True)
class SeenTarget:
    """What a session and its ledger say about a target. ``ledger_id`` is ``None`` before the
    ledger's first row.
    """

    alias: str
    environment: str
    host: str
    port: str
    database_name: str
    database_oid: int
    system_identifier: str
    server_version: int
    ledger_id: UUID | None = None


def known_target(alias: str) -> Target | None:
    """The target as it was last seen, ``None`` for one never seen. Ask before ``target_seen``
    replaces it.
    """
    return Target.objects.filter(alias=alias).first()


def met_as(system_identifier: str, database_oid: int) -> QuerySet[Target]:
    """Every alias by which control has met this database, by name."""
    return Target.objects.filter(
        system_identifier=system_identifier, database_oid=database_oid
    ).order_by("alias")


def same_database(target: Target) -> QuerySet[Target]:
    """The target under every alias that control knows it by: another alias is no other database."""
    return Target.objects.filter(is_same(target))


def is_same(target: Target) -> Q:
    """What is true of every target that is the same database."""
    # A copy of the cluster, file by file, has the same identity, and another environment.
    same = Q(
        system_identifier=target.system_identifier,
        database_oid=target.database_oid,
        environment=target.environment,
    )
    return same | Q(pk=target.pk)


def are_same(one: Target, other: Target) -> bool:
    """Whether two targets are the same database."""
    return one.pk == other.pk or _database(one) == _database(other)


def _database(target: Target) -> tuple[str, int | None, str]:
    return target.system_identifier, target.database_oid, target.environment


def target_seen(seen: SeenTarget, *, actor: str, seen_at: datetime) -> Target:
    """Record a target as seen now; ``target registered`` the first time, ``target changed`` for
    another identity.

    Whether another identity is acceptable is for the caller to decide, before calling this. With a
    ledger of another id, the cache of the old one is dropped: its head and its migration records.
    """
    facts = asdict(seen) | {"last_seen_at": seen_at}
    with recording() as head:
        target = Target.objects.select_for_update().filter(alias=seen.alias).first()
        if target is None:
            target = Target.objects.create(**facts, first_seen_at=seen_at)
            head.append([_act(Action.TARGET_REGISTERED, target, actor, _identity(target))])
            return target
        before = _identity(target)
        if target.ledger_id not in (None, seen.ledger_id):
            facts |= {"ledger_sequence": 0, "ledger_hash": ""}
            target.migration_records.all().delete()
        for name, value in facts.items():
            setattr(target, name, value)
        target.save(update_fields=list(facts))
        after = _identity(target)
        if after != before:
            change = {"before": before, "after": after}
            head.append([_act(_change(before, after), target, actor, change)])
    return target


def _change(before: Mapping[str, Json], after: Mapping[str, Json]) -> Action:
    """A first ledger is expected; anything else about a target's identity is not."""
    first = before["ledger_id"] is None and before == {**after, "ledger_id": None}
    return Action.LEDGER_OPENED if first else Action.TARGET_CHANGED


def ledger_seen(target: Target, sequence: int, row_hash: str) -> None:
    """Remember the newest ledger row of a target, if it is newer than what is known."""
    Target.objects.filter(pk=target.pk, ledger_sequence__lt=sequence).update(
        ledger_sequence=sequence, ledger_hash=row_hash
    )


def _identity(target: Target) -> dict[str, Json]:
    return {
        name: None if (value := getattr(target, name)) is None else str(value) for name in IDENTITY
    }


def _act(action: Action, target: Target, actor: str, detail: Mapping[str, Json]) -> Act:
    return Act(action, evidence.clean(actor), target.alias, subject=target.alias, detail=detail)
