"""The matrix of a series: how each migration stands on each target, files against records.

It is the picture of many targets that ``status_lines`` is of one, made of what control keeps: no
target is asked.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ceremony.core.migration import Kind, Migration
from ceremony.core.report import MigrationState
from ceremony.core.version import Version


class CellState(StrEnum):
    """A migration on one target. SAME: what is recorded there is the file; REWORDED: the bytes
    differ, the meaning does not. ABSENT: neither file nor record, where another target has one.
    UNKNOWN: the record has no digest to compare.
    """

    SAME = "same"
    REWORDED = MigrationState.REWORDED.value
    CHANGED = MigrationState.CHANGED.value
    MISSING = MigrationState.MISSING.value
    PENDING = MigrationState.PENDING.value
    PARTLY = MigrationState.PARTLY.value
    ROLLED_BACK = MigrationState.ROLLED_BACK.value
    SUPERSEDED = MigrationState.SUPERSEDED.value
    PLANNED = MigrationState.PLANNED.value
    RETIRED = MigrationState.RETIRED.value
    ABSENT = "absent"
    UNKNOWN = "unknown"


NEED: Mapping[CellState, int] = {
    CellState.CHANGED: 7,
    CellState.MISSING: 6,
    CellState.PARTLY: 5,
    CellState.UNKNOWN: 4,
    CellState.ROLLED_BACK: 3,
    CellState.PENDING: 2,
    CellState.REWORDED: 1,
}
"""What asks for somebody's attention, the most urgent with the highest number; the rest is fine."""


@dataclass(frozen=True)
class Recorded:
    """What control keeps about a migration on a target. ``number`` is that of the record, ``state``
    its word, the digests those of the ledger.
    """

    number: int
    version: str
    name: str
    state: str
    bytes_digest: str = ""
    meaning_digest: str = ""


@dataclass(frozen=True)
class Cell:
    """``record`` is the number of the record, 0 where there is none."""

    state: CellState
    record: int = 0


@dataclass(frozen=True)
class Row:
    """One migration on every target, in their order. ``need`` is that of its most urgent cell."""

    version: Version
    label: str
    on_disk: bool
    cells: tuple[Cell, ...]

    @property
    def need(self) -> int:
        return max((NEED.get(cell.state, 0) for cell in self.cells), default=0)


def matrix_rows(
    migrations: Sequence[Migration], recorded: Sequence[Mapping[str, Recorded]]
) -> tuple[Row, ...]:
    """One row per migration on disk or in a record, in order of versions.

    ``recorded`` has, per target, its records by version.
    """
    files = _by_version(migrations)
    names = {one.version: one.name for found in recorded for one in found.values()}
    rows = [
        Row(
            files[version].version if version in files else _version(version),
            files[version].label if version in files else f"{version}_{names[version]}",
            version in files,
            tuple(cell_of(files.get(version), found.get(version)) for found in recorded),
        )
        for version in {**files, **names}
    ]
    return tuple(sorted(rows, key=lambda row: (row.version, row.label)))


def cell_of(migration: Migration | None, recorded: Recorded | None) -> Cell:
    """How one migration stands on one target, as its file and its record tell."""
    if recorded is None:
        return Cell(_of_file(migration))
    return Cell(_of_record(migration, recorded), recorded.number)


def by_need(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows with the most urgent first; what is alike stays in its order."""
    return tuple(sorted(rows, key=lambda row: -row.need))


def counted(rows: Iterable[Row], target: int) -> Mapping[CellState, int]:
    """How many migrations stand in each state on the target with this place, the most urgent state
    first.
    """
    found = Counter(row.cells[target].state for row in rows)
    return {state: found[state] for state in sorted(found, key=lambda one: -NEED.get(one, 0))}


def _version(text: str) -> Version:
    """A record may hold what no file name could: that comes first."""
    try:
        return Version.of(text)
    except ValueError:
        return Version((), text)


def _by_version(migrations: Sequence[Migration]) -> dict[str, Migration]:
    """Where a number is used twice, the one that can run, as ``Series.by_version`` has it."""
    ordered = sorted(migrations, key=lambda one: one.kind is not Kind.RETIRED)
    return {str(one.version): one for one in ordered}


def _of_file(migration: Migration | None) -> CellState:
    if migration is None:
        return CellState.ABSENT
    kinds = {Kind.PLANNED: CellState.PLANNED, Kind.RETIRED: CellState.RETIRED}
    return kinds.get(migration.kind, CellState.PENDING)


def _of_record(migration: Migration | None, recorded: Recorded) -> CellState:
    state = recorded.state
    if state in (MigrationState.APPLIED, MigrationState.BASELINED):
        return _of_applied(migration, recorded)
    if state == MigrationState.PARTLY:
        return CellState.PARTLY if migration else CellState.MISSING
    if state == MigrationState.ROLLED_BACK and migration and migration.kind is not Kind.RUNNABLE:
        return _of_file(migration)
    return CellState(state)


def _of_applied(migration: Migration | None, recorded: Recorded) -> CellState:
    """Equal bytes are equal under every algorithm and parser; else the meaning decides."""
    if migration is None:
        return CellState.MISSING
    if migration.kind is Kind.RETIRED:
        return CellState.RETIRED
    if not recorded.bytes_digest and not recorded.meaning_digest:
        return CellState.UNKNOWN
    if migration.script.bytes_digest == recorded.bytes_digest:
        return CellState.SAME
    same = migration.script.meaning_digest == recorded.meaning_digest != ""
    return CellState.REWORDED if same else CellState.CHANGED
