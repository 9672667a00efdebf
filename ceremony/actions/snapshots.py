"""Snapshots: the catalog of a target, read after a run and kept; and the one that was kept last.

Reading happens between transactions, on the session that holds the lock. What could not be read is
said, and never taken for "nothing changed".
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from ceremony.actions import evidence
from ceremony.actions.access import Access
from ceremony.actions.record import recording
from ceremony.core.catalog import Snapshot
from ceremony.core.chain import Json
from ceremony.core.drift import Position, Reference, SnapshotTaken
from ceremony.core.finding import Finding, warn
from ceremony.errors import CeremonyError, Tampered
from ceremony.models import CatalogContent, CatalogSnapshot, Run, SnapshotReason, Target
from ceremony.models.audit import Act, Action
from ceremony.models.snapshot import SnapshotTouched
from ceremony.pg.introspect import take

LATER = "The next run stores a snapshot; until then nothing can be said about drift."


@dataclass(frozen=True)
class Live:
    """The catalog as it was read now; or ``None`` and why it could not be."""

    snapshot: Snapshot | None
    missing: Finding | None = None


@dataclass(frozen=True)
class Occasion:
    """Why a snapshot is stored: after which run, and in whose words; ``differences`` counts those
    that a person accepts.
    """

    run: Run
    taken_at: datetime
    reason: SnapshotReason = SnapshotReason.RUN
    why: str = ""
    differences: int = 0


def read_catalog(access: Access, next_step: str) -> Live:
    """The live catalog. Raises nothing for what the server or the link does: the finding
    ``snapshot-unknown`` tells, with ``next_step`` as its hint.
    """
    if access.session.wire.lost or access.session.connection.closed:
        return Live(None, _unknown("The catalog was not read: the connection is lost.", next_step))
    try:
        return Live(take(access.session, ledger_schema=access.ledger.schema))
    except CeremonyError as error:
        return Live(None, _unknown(error.happened, next_step))


def store_snapshot(access: Access, target: Target, occasion: Occasion) -> SnapshotTaken:
    """Read the live catalog and keep it; the event ``snapshot taken``.

    Call it with the target's lock, outside any transaction. What cannot be read is not kept: the
    answer says why.
    """
    live = read_catalog(access, LATER)
    if live.snapshot is None:
        return SnapshotTaken(missing=live.missing)
    sequence, row_hash = access.ledger.head
    return keep(live.snapshot, target, Position(sequence, row_hash), occasion)


def keep(
    snapshot: Snapshot, target: Target, position: Position, occasion: Occasion
) -> SnapshotTaken:
    """Keep a catalog that was read at ``position`` of the target's ledger; the events ``snapshot
    taken`` and, where a person accepts it, ``drift accepted``.

    Raises ValueError for a target of which no ledger is known.
    """
    if target.ledger_id is None:
        raise ValueError(f"{target} has no ledger")
    with recording() as head:
        row = CatalogSnapshot.objects.create(
            target=target,
            run=occasion.run,
            content=CatalogContent.of(snapshot),
            reason=occasion.reason,
            why=evidence.clean(occasion.why),
            taken_at=occasion.taken_at,
            ledger_id=target.ledger_id,
            ledger_sequence=position.sequence,
            ledger_hash=position.hash,
        )
        head.append([*_accepted_act(row, occasion), _act(row, occasion.run)])
    return SnapshotTaken(row.pk, snapshot.digest, snapshot.rights_digest, len(snapshot.objects))


def newest_snapshot(target: Target | None) -> CatalogSnapshot | None:
    """The snapshot that was stored last of the target's present ledger, without its body.

    Another alias of the same database counts: a run by way of it is no way around this one.
    """
    if target is None or target.ledger_id is None:
        return None
    same = Q(target=target)
    if target.system_identifier:
        same |= Q(
            target__system_identifier=target.system_identifier,
            target__database_oid=target.database_oid,
        )
    rows = CatalogSnapshot.objects.filter(same, ledger_id=target.ledger_id)
    return rows.select_related("content").defer("content__body").order_by("-pk").first()


def reference_of(row: CatalogSnapshot, target: Target) -> Reference:
    """A stored snapshot with its catalog.

    Raises Tampered (snapshot-touched), and ``SnapshotUnreadable`` for one that a newer version of
    ceremony wrote.
    """
    try:
        snapshot = row.content.snapshot()
    except SnapshotTouched as touched:
        raise Tampered(
            "snapshot-touched",
            f"Snapshot {row.pk} of {target.alias!r} is not what it was when it was stored: its "
            f"objects do not add up to {touched}.",
            next_step="Find out who wrote to the control database, and compare with a backup of "
            "it. To go on with the catalog as it is: manage.py reconcile_sql --database "
            f'{target.alias} --accept-drift "why"',
        ) from None
    return Reference(row.pk, row.taken_at, position_of(row), snapshot)


def position_of(row: CatalogSnapshot) -> Position:
    """Where the ledger stood when the snapshot was taken."""
    return Position(row.ledger_sequence, row.ledger_hash)


def before(row: CatalogSnapshot) -> CatalogSnapshot | None:
    """The snapshot of the same target that was stored before this one."""
    older = CatalogSnapshot.objects.filter(target=row.target_id, pk__lt=row.pk)
    return older.select_related("content").order_by("-pk").first()


def _unknown(why: str, next_step: str) -> Finding:
    return warn("", "snapshot-unknown", why, next_step)


def _accepted_act(row: CatalogSnapshot, occasion: Occasion) -> list[Act]:
    if occasion.reason is not SnapshotReason.ACCEPTED:
        return []
    detail: dict[str, Json] = {
        "run": occasion.run.pk,
        "snapshot": row.pk,
        "why": row.why,
        "differences": occasion.differences,
    }
    alias = row.target.alias
    return [Act(Action.DRIFT_ACCEPTED, occasion.run.actor, alias, subject=alias, detail=detail)]


def _act(row: CatalogSnapshot, run: Run) -> Act:
    content = row.content
    detail: dict[str, Json] = {
        "run": run.pk,
        "snapshot": row.pk,
        "reason": str(row.reason),
        "why": row.why,
        "digest": content.digest,
        "rights_digest": content.rights_digest,
        "cosmetic_digest": content.cosmetic_digest,
        "server_major": content.server_major,
        "objects": content.objects_count,
        "ledger": str(row.ledger_id),
        "ledger_sequence": row.ledger_sequence,
        "ledger_hash": row.ledger_hash,
    }
    subject = f"Snapshot {row.pk}"
    return Act(Action.SNAPSHOT_TAKEN, run.actor, row.target.alias, run.series, subject, detail)
