"""Where a migration sits: the rows of its series, each with its strip of the dependency lanes.

For a page: ``lanes_of(target, series, chosen)`` and the partial ``ceremony/partials/lanes.html``
with the result as ``lanes``.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.db.models import QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from ceremony import conf
from ceremony.admin.attempt_states import with_state
from ceremony.admin.pictures.shares import pixels
from ceremony.core.lanes import LaneRow, Node, around, chained, lanes
from ceremony.core.migration import Kind
from ceremony.core.outcome import StepState
from ceremony.core.outline import Outlined, outline
from ceremony.core.report import MigrationState
from ceremony.core.version import Version
from ceremony.models import Attempt, MigrationRecord, Run, Target
from ceremony.sources.folder import read_series

MARGIN = 10
"""Rows above and below the chosen ones."""
MOST_ROWS = 300
MOST_LANES = 10
"""Lanes that are drawn; those to the right of them are told of, and stand in the table."""
_LANE, _EDGE = 14, 9
_TOP, _MIDDLE, _BOTTOM = "0%", "50%", "100%"
_OPEN = "open"
_DONE = frozenset(
    {
        MigrationState.APPLIED.value,
        MigrationState.BASELINED.value,
        MigrationState.SUPERSEDED.value,
    }
)
_TRIED = frozenset({StepState.FAILED.value, StepState.PARTLY.value, StepState.UNKNOWN.value, _OPEN})
_SHAPES = {
    _OPEN: "ring",
    MigrationState.PARTLY.value: "square",
    StepState.FAILED.value: "square",
    StepState.PARTLY.value: "square",
    MigrationState.MISSING.value: "square",
    StepState.UNKNOWN.value: "ring",
}


@dataclass(frozen=True)
class Stroke:
    """A line of a strip, as SVG writes its ends."""

    x1: str
    y1: str
    x2: str
    y2: str


@dataclass(frozen=True)
class ShownRow:
    """One migration. ``shape`` tells the dot's form: ``full``, ``hollow``, ``ring`` or ``square``.

    ``record`` is the key of its record on the target, ``None`` where the ledger says nothing of it.
    """

    version: str
    label: str
    state: str
    shape: str
    needs: tuple[str, ...]
    record: int | None
    chosen: bool
    dot: str = ""
    strokes: tuple[Stroke, ...] = ()


@dataclass(frozen=True)
class Lanes:
    """What the partial shows. ``count`` is how many rows there are in all, ``above`` and ``below``
    how many are cut off; ``width`` the number of lanes drawn, ``hidden`` of those that are not.
    ``untold`` says why the files could not be read; then only records are shown. ``url`` is the
    page of all rows, ``""`` on that page itself.
    """

    target: Target
    series: str
    rows: tuple[ShownRow, ...]
    count: int
    above: int
    below: int
    width: int
    hidden: int
    untold: str
    url: str


def asked(target: Target, series: str) -> dict[str, QuerySet[Any]]:
    """What ``lanes_from`` needs, to be read ``together`` with other rows."""
    newest = Run.objects.filter(target=target, series=series, attempts__isnull=False)
    last = Subquery(newest.order_by("-pk").values("pk")[:1])
    return {
        "lane_records": MigrationRecord.objects.filter(target=target, series=series),
        "lane_attempts": with_state(Attempt.objects.filter(run=last)),
    }


def lanes_of(
    target: Target, series: str, chosen: Collection[str] = (), *, whole: bool = False
) -> Lanes:
    """The rows around the ``chosen`` versions (whole: all, at most ``MOST_ROWS``), from the files
    on the disk and the target's records. Two queries; no connection to the target.
    """
    kept = {name: list(rows) for name, rows in asked(target, series).items()}
    return lanes_from(target, series, kept, chosen, whole=whole)


def lanes_from(
    target: Target,
    series: str,
    kept: Mapping[str, Sequence[Any]],
    chosen: Collection[str] = (),
    *,
    whole: bool = False,
) -> Lanes:
    """The same from what was ``asked`` and read already."""
    files, untold = _on_disk(conf.load().root, series)
    records = {one.version: one for one in kept["lane_records"]}
    tried = {one.version: one.state or _OPEN for one in kept["lane_attempts"]}
    rows = list(_rows(files, records, tried, chosen))
    return _arranged(target, series, rows, files, untold, chosen, whole=whole)


def _on_disk(root: Path, series: str) -> tuple[tuple[Outlined, ...], str]:
    found = outline(read_series(root, series))
    untold = "" if found else _("No file of this series can be read here: the records alone speak.")
    return found, untold


def _arranged(
    target: Target,
    series: str,
    rows: Sequence[ShownRow],
    files: Sequence[Outlined],
    untold: str,
    chosen: Collection[str],
    *,
    whole: bool,
) -> Lanes:
    labels = {row.version: row.label for row in rows}
    drawn = lanes(_nodes(rows, files))
    names = [row.version for row in rows]
    shown = slice(0, MOST_ROWS) if whole else around(names, chosen, MARGIN)
    shown = slice(shown.start, min(shown.stop, shown.start + MOST_ROWS, len(rows)))
    widest = max((row.width for row in drawn[shown]), default=0)
    return Lanes(
        target=target,
        series=series,
        rows=tuple(
            _with_strip(replace(row, needs=_labelled(row.needs, labels)), lane)
            for row, lane in zip(rows[shown], drawn[shown], strict=True)
        ),
        count=len(rows),
        above=shown.start,
        below=len(rows) - shown.stop,
        width=min(widest, MOST_LANES),
        hidden=max(0, widest - MOST_LANES),
        untold=untold,
        url="" if whole else reverse("admin:ceremony_target_plan", args=[target.pk, series]),
    )


def _rows(
    files: Sequence[Outlined],
    records: Mapping[str, MigrationRecord],
    tried: Mapping[str, str],
    chosen: Collection[str],
) -> Iterator[ShownRow]:
    there = {one.version for one in files}
    gone = [one for version, one in records.items() if version not in there]
    found = [
        *(_of_file(one, records.get(one.version), tried, chosen) for one in files),
        *(_of_record(one, bool(files), tried, chosen) for one in gone),
    ]
    return iter(sorted(found, key=lambda row: _order(row.version)))


def _order(version: str) -> tuple[int, Version | str]:
    try:
        return (0, Version.of(version))
    except ValueError:
        return (1, version)


def _of_file(
    one: Outlined,
    record: MigrationRecord | None,
    tried: Mapping[str, str],
    chosen: Collection[str],
) -> ShownRow:
    state = _PLAIN[one.kind] if record is None else record.state
    if record is not None and record.state == MigrationState.ROLLED_BACK and one.kind is not _RUN:
        state = _PLAIN[one.kind]
    needs = (*one.needs, *one.elsewhere)
    return _row(one.version, one.label, state, needs, record, tried, chosen)


_RUN = Kind.RUNNABLE
_PLAIN = {
    Kind.RUNNABLE: MigrationState.PENDING.value,
    Kind.PLANNED: MigrationState.PLANNED.value,
    Kind.RETIRED: MigrationState.RETIRED.value,
}


def _of_record(
    one: MigrationRecord, files_read: bool, tried: Mapping[str, str], chosen: Collection[str]
) -> ShownRow:
    """A migration that the ledger knows and no file does."""
    missing = files_read and one.state in _DONE | {MigrationState.PARTLY.value}
    state = MigrationState.MISSING.value if missing else one.state
    return _row(one.version, one.label, state, (), one, tried, chosen)


def _row(
    version: str,
    label: str,
    state: str,
    needs: tuple[str, ...],
    record: MigrationRecord | None,
    tried: Mapping[str, str],
    chosen: Collection[str],
) -> ShownRow:
    if state not in _DONE and tried.get(version) in _TRIED:
        state = tried[version]
    shape = _SHAPES.get(state, "full" if state in _DONE else "hollow")
    key = record.pk if record else None
    return ShownRow(version, label, state, shape, needs, key, version in chosen)


def _nodes(rows: Sequence[ShownRow], files: Sequence[Outlined]) -> tuple[Node, ...]:
    """A file that names none follows the one before it; what never runs stands apart."""
    apart = {one.version for one in files if one.kind is not Kind.RUNNABLE}
    there = {row.version for row in rows}
    own = (tuple(need for need in row.needs if need in there) for row in rows)
    return chained([Node(row.version, needs) for row, needs in zip(rows, own, strict=True)], apart)


def _labelled(needs: Sequence[str], labels: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(labels.get(need, need) for need in needs)


def _with_strip(row: ShownRow, lane: LaneRow) -> ShownRow:
    here = _x(lane.lane)
    strokes = [
        *(Stroke(_x(at), _TOP, here, _MIDDLE) for at in lane.into if at < MOST_LANES),
        *(Stroke(_x(at), _TOP, _x(at), _BOTTOM) for at in lane.through if at < MOST_LANES),
        *(Stroke(here, _MIDDLE, _x(at), _BOTTOM) for at in lane.out if at < MOST_LANES),
    ]
    return replace(row, dot=here, strokes=tuple(strokes))


def _x(lane: int) -> str:
    return pixels(_EDGE + _LANE * min(lane, MOST_LANES))
