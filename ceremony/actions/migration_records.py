"""What the ledger says about each migration, kept in control so that pages need no connection to
the target.
"""

from collections.abc import Iterable

from ceremony.models import MigrationRecord
from ceremony.models.bulk import copy_in

IDENTITY = ("target_id", "series", "version")
FACTS = (
    "name",
    "path",
    "state",
    "bytes_digest",
    "meaning_digest",
    "last_attempt",
    "ledger_sequence",
    "applied_at",
    "applied_by",
)


def store_records(rows: Iterable[MigrationRecord]) -> list[MigrationRecord]:
    """Write the newest row per migration, over what was there. Returns the rows written.

    A row that is older than the recorded one (by the ledger's sequence) changes nothing: an outcome
    may be repeated after later ones. The caller holds the lock on the head of the audit trail.
    """
    newest = {_identity(row): row for row in rows}
    known = _known_sequences(newest.values())
    fresh = [
        row
        for identity, row in newest.items()
        if not 0 < row.ledger_sequence < known.get(identity, 0)
    ]
    copy_in(row for identity, row in newest.items() if identity not in known)
    MigrationRecord.objects.bulk_create(
        [row for row in fresh if _identity(row) in known],
        update_conflicts=True,
        unique_fields=["target", "series", "version"],
        update_fields=FACTS,
    )
    return fresh


def _identity(row: MigrationRecord) -> tuple[object, ...]:
    return row.target_id, row.series, row.version


def _known_sequences(rows: Iterable[MigrationRecord]) -> dict[tuple[object, ...], int]:
    found: dict[tuple[object, ...], int] = {}
    wanted: dict[tuple[int, str], list[str]] = {}
    for row in rows:
        wanted.setdefault((row.target_id, row.series), []).append(row.version)
    for (target, series), versions in wanted.items():
        known = MigrationRecord.objects.filter(
            target=target, series=series, version__in=versions
        ).values_list(*IDENTITY, "ledger_sequence")
        found |= {row[:3]: row[3] for row in known}
    return found
