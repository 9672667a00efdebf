"""Where a ceremony's migrations are, as control knows it: its own target, the others, the catalog
that was stored last.
"""

from collections.abc import Mapping

from ceremony.actions.reporting.texts import Signed
from ceremony.core.catalog import ObjectKind, SnapshotUnreadable
from ceremony.core.execution.facts import Elsewhere, Holds, Place
from ceremony.models import CatalogSnapshot, Ceremony, MigrationRecord, RecordState, Target
from ceremony.models.snapshot import SnapshotTouched

_RECORDED = frozenset({RecordState.BASELINED, RecordState.SUPERSEDED})
"""In place by a row in the ledger, without a run of the file."""

_KINDS = ("applied", "missing", "recorded", "differing")


def place_of(ceremony: Ceremony) -> Place:
    """The target, with the environment that it had when the ceremony was opened."""
    target = ceremony.target
    return Place(
        alias=target.alias,
        environment=ceremony.environment,
        database=target.database_name,
        host=target.host,
        system_identifier=target.system_identifier,
        server_version=target.server_version,
    )


def elsewhere_of(ceremony: Ceremony, signed: Signed | None) -> tuple[Elsewhere, ...]:
    """Every target that control knows of this series, its own too, with what is applied there."""
    known = MigrationRecord.objects.filter(series=ceremony.series)
    targets = Target.objects.filter(
        pk__in={
            ceremony.target_id,
            *known.values_list("target_id", flat=True),
            *Ceremony.objects.filter(series=ceremony.series).values_list("target_id", flat=True),
        }
    )
    there = {(one.target_id, one.version): one for one in known}
    return tuple(_on(target, signed, there) for target in targets.order_by("alias"))


def _on(
    target: Target, signed: Signed | None, there: Mapping[tuple[int, str], MigrationRecord]
) -> Elsewhere:
    found: dict[str, list[str]] = {}
    for step in signed.manifest.steps if signed else ():
        how = _how(there.get((target.pk, step.version)), signed.meaning(step) if signed else "")
        found.setdefault(how, []).append(step.label)
    kinds = {kind: tuple(found.get(kind, ())) for kind in _KINDS}
    return Elsewhere(target.alias, target.environment, **kinds)


def _how(record: MigrationRecord | None, meaning: str) -> str:
    """The field of ``Elsewhere`` that a migration belongs to."""
    if record is None or record.state not in (RecordState.APPLIED, *_RECORDED):
        return "missing"
    if meaning and record.meaning_digest and record.meaning_digest != meaning:
        return "differing"
    return "recorded" if record.state in _RECORDED else "applied"


def holds_of(ceremony: Ceremony) -> Holds | None:
    """Tables and enum types of the catalog that the ceremony's last run left; ``None`` where none
    was stored.
    """
    rows = CatalogSnapshot.objects.filter(run__in_ceremony__ceremony=ceremony)
    row = rows.select_related("content").order_by("-pk").first()
    if row is None:
        return None
    try:
        found = row.content.snapshot()
    except SnapshotTouched:
        return Holds(row.pk, row.taken_at, unreadable=f"snapshot {row.pk} was changed afterwards.")
    except SnapshotUnreadable:
        return Holds(row.pk, row.taken_at, unreadable=f"snapshot {row.pk} has another format.")
    names = {
        kind: tuple(sorted(key.name for key in found.objects if key.kind is kind))
        for kind in (ObjectKind.TABLE, ObjectKind.ENUM)
    }
    return Holds(row.pk, row.taken_at, names[ObjectKind.TABLE], names[ObjectKind.ENUM])
