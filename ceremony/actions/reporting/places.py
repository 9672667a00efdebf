"""Where a ceremony's migrations are, as control knows it: its own target, the others, the catalog
that was stored last.
"""

from collections.abc import Sequence

from ceremony.core.catalog import ObjectKind, SnapshotUnreadable
from ceremony.core.execution.facts import Elsewhere, Holds, Inventoried, Place
from ceremony.models import CatalogSnapshot, Ceremony, MigrationRecord, RecordState, Target
from ceremony.models.snapshot import SnapshotTouched

_IN_PLACE = frozenset({RecordState.APPLIED, RecordState.BASELINED, RecordState.SUPERSEDED})


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


def elsewhere_of(ceremony: Ceremony, lines: Sequence[Inventoried]) -> tuple[Elsewhere, ...]:
    """Every target that control knows of this series, its own too, with what is applied there."""
    known = MigrationRecord.objects.filter(series=ceremony.series)
    targets = Target.objects.filter(
        pk__in={
            ceremony.target_id,
            *known.values_list("target_id", flat=True),
            *Ceremony.objects.filter(series=ceremony.series).values_list("target_id", flat=True),
        }
    )
    there = {
        (target, version)
        for target, version, state in known.values_list("target_id", "version", "state")
        if state in _IN_PLACE
    }
    return tuple(
        Elsewhere(
            alias=target.alias,
            environment=target.environment,
            applied=tuple(one.label for one in lines if (target.pk, one.version) in there),
            missing=tuple(one.label for one in lines if (target.pk, one.version) not in there),
        )
        for target in targets.order_by("alias")
    )


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
