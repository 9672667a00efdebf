"""The matrix of a series, from the files on disk and from what control keeps of each target."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from ceremony import conf
from ceremony.actions.home import home_alias
from ceremony.core.assemble import assemble
from ceremony.core.matrix import Cell, Recorded, Row, cell_of, matrix_rows
from ceremony.core.migration import Migration
from ceremony.core.series import Series, SeriesFiles
from ceremony.models import MigrationRecord, Target
from ceremony.sources.folder import read_series, series_names

TARGETS = 12
"""How many targets stand side by side."""

CELLS = 100_000
"""How many cells are written into a file at most."""

_FACTS = ("pk", "version", "name", "state", "bytes_digest", "meaning_digest")


@dataclass(frozen=True)
class Matrix:
    """``targets`` are those from place ``first`` on, of ``there`` in all; the cells of each row are
    in their order. ``on_disk``: the folder of the series could be read.
    """

    series: str
    targets: tuple[Target, ...]
    rows: tuple[Row, ...]
    first: int
    there: int
    on_disk: bool


@dataclass(frozen=True)
class Line:
    """One migration on one target, for a file. ``record`` is ``None`` where there is none."""

    target: Target
    label: str
    cell: Cell
    file: Migration | None
    record: MigrationRecord | None


def known_series() -> tuple[str, ...]:
    """Every series on the disk, and every one that some target has a record of; by name."""
    recorded = MigrationRecord.objects.order_by().values_list("series", flat=True).distinct()
    return tuple(sorted({*_on_disk(), *recorded}))


def matrix_of(series: str, first: int = 0) -> Matrix | None:
    """The matrix with at most ``TARGETS`` targets; ``None`` for a series that nobody knows. Three
    questions, whatever there is.
    """
    files = _files_of(series)
    everywhere = _targets_of(series, files)
    targets = tuple(everywhere[first : first + TARGETS])
    rows = MigrationRecord.objects.filter(series=series, target__in=targets)
    found: dict[int, dict[str, Recorded]] = {one.pk: {} for one in targets}
    for target, *facts in rows.values_list("target_id", *_FACTS):
        one = Recorded(*facts)
        found[target][one.version] = one
    if files is None and not targets and not first:
        return None
    migrations = files.migrations if files else ()
    shown = matrix_rows(migrations, [found[one.pk] for one in targets])
    return Matrix(series, targets, shown, first, everywhere.count(), files is not None)


def lines_of(series: str) -> Iterator[Line]:
    """Every cell of the matrix, target by target, ``CELLS`` at most. Two questions."""
    files = _files_of(series)
    migrations = {str(one.version): one for one in files.migrations} if files else {}
    migrations.update(files.by_version if files else {})
    targets = list(_targets_of(series, files))
    rows = MigrationRecord.objects.filter(series=series, target__in=targets)
    found: dict[int, dict[str, MigrationRecord]] = {one.pk: {} for one in targets}
    for row in rows.order_by("pk")[:CELLS]:
        found[row.target_id][row.version] = row
    left = CELLS
    for target in targets:
        for line in _lines_on(target, migrations, found[target.pk]):
            if not left:
                return
            left -= 1
            yield line


def _lines_on(
    target: Target, files: Mapping[str, Migration], records: Mapping[str, MigrationRecord]
) -> Iterator[Line]:
    for version in sorted({**files, **records}):
        file, record = files.get(version), records.get(version)
        facts = [getattr(record, name) for name in _FACTS] if record else []
        known = Recorded(*facts) if record else None
        label = file.label if file else record.label if record else version
        yield Line(target, label, cell_of(file, known), file, record)


def _targets_of(series: str, files: Series | None) -> QuerySet[Target]:
    """The targets that have a record or a ceremony of the series, and its home."""
    records = MigrationRecord.objects.filter(series=series, target=OuterRef("pk"))
    home = home_alias(series, files.settings.database) if files else ""
    asked = Q(Exists(records)) | Q(alias=home)
    return Target.objects.filter(asked).order_by("environment", "alias")


def _files_of(series: str) -> Series | None:
    """The series as it stands on the disk; ``None`` where it does not."""
    settings = conf.load()
    return _understood(read_series(settings.root, series)) if series in _on_disk() else None


def _on_disk() -> Sequence[str]:
    try:
        return series_names(conf.load().root)
    except OSError:
        return ()


@lru_cache(maxsize=4)
def _understood(files: SeriesFiles) -> Series:
    """The same bytes mean the same: a folder is parsed again when it has changed."""
    return assemble(files)


def numbers_of(line: Line) -> dict[str, Any]:
    """The line as the columns of a file, in their order."""
    record, file = line.record, line.file
    return {
        "target": line.target.alias,
        "environment": line.target.environment,
        "migration": line.label,
        "state": line.cell.state.value,
        "recorded as": record.state if record else "",
        "recorded bytes": record.bytes_digest if record else "",
        "recorded meaning": record.meaning_digest if record else "",
        "file bytes": file.script.bytes_digest if file else "",
        "file meaning": file.script.meaning_digest if file else "",
        "at": record.applied_at.isoformat() if record and record.applied_at else "",
        "by": record.applied_by if record else "",
    }
