"""The durations of one migration: every rehearsal and every run of it that was measured.

For a page: ``durations_of(series, version, alias)`` and ``ceremony/partials/durations.html`` with
the result as ``durations``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.urls import reverse

from ceremony.admin.pictures.measured import Facts, drills_in, measured
from ceremony.admin.pictures.shares import pixels, share
from ceremony.core.durations import Dot, History, Measure, histories
from ceremony.core.outcome import StepState
from ceremony.core.plan import Direction
from ceremony.core.rehearsal.drill import Mark, Station
from ceremony.models import Attempt, Rehearsal

NEWEST = 40
"""So many runs and so many rehearsals are looked at."""
PLACES = 12
"""So many targets are drawn."""
HEIGHT, _EDGE = 64, 8
"""Pixels of a picture, and the free ones above and below its dots."""
_MICRO = 1_000_000
_DONE = StepState.DONE.value


@dataclass(frozen=True)
class ShownDot:
    """A dot with its place, and the words for it."""

    x: str
    y: str
    measure: Measure
    url: str
    state: str


@dataclass(frozen=True)
class ShownHistory:
    """The dots of one target."""

    history: History
    dots: tuple[ShownDot, ...]


@dataclass(frozen=True)
class Durations:
    """What the partial shows. ``rows`` are all measures, the newest first."""

    places: tuple[ShownHistory, ...]
    rows: tuple[ShownDot, ...]
    height: int
    more: int


@dataclass(frozen=True)
class _Named:
    measure: Measure
    url: str
    state: str


def durations_of(series: str, version: str, alias: str = "") -> Durations:
    """What is known of a migration, ``alias`` before other targets. Two queries."""
    found = [*_runs(series, version), *_rehearsals(series, version)]
    named = {one.measure: one for one in found}
    places = histories([one.measure for one in found], alias)
    shown = tuple(
        ShownHistory(one, tuple(_dot(dot, named) for dot in one.dots)) for one in places[:PLACES]
    )
    dots = (dot for place in shown for dot in place.dots)
    rows = sorted(dots, key=lambda dot: dot.measure.at, reverse=True)
    return Durations(shown, tuple(rows), HEIGHT, max(0, len(places) - PLACES))


def _dot(dot: Dot, named: dict[Measure, _Named]) -> ShownDot:
    one = named[dot.measure]
    y = _EDGE + (1 - dot.y) * (HEIGHT - 2 * _EDGE)
    return ShownDot(share(dot.x), pixels(round(y, 1)), dot.measure, one.url, one.state)


def _runs(series: str, version: str) -> Iterator[_Named]:
    """The newest attempts that applied it, where the run measured them."""
    rows = Attempt.objects.filter(
        series=series, version=version, direction=Direction.APPLY.value
    ).select_related("run__target")
    for one in measured(rows).order_by("-planned_at")[:NEWEST]:
        if one.began is None or one.state == StepState.NOT_STARTED:
            continue
        alias = one.run.target.alias
        measure = Measure(one.began, alias, one.seconds or 0.0, False, one.state == _DONE)
        url = reverse("admin:ceremony_attempt_change", args=[one.pk])
        yield _Named(measure, url, one.state)


def _rehearsals(series: str, version: str) -> Iterator[_Named]:
    """The first up of the newest rehearsals. Their files may be others than those that ran."""
    rows = Rehearsal.objects.filter(series=series).order_by("-pk")
    found = drills_in(rows, [version]).values_list("pk", "alias", "recorded_at", "drills")
    for key, alias, at, drills in found[:NEWEST]:
        url = reverse("admin:ceremony_rehearsal_change", args=[key])
        for up in _ups(drills or ()):
            good = up["mark"] == Mark.FINE
            state = _DONE if good else StepState.FAILED.value
            measure = Measure(at, alias, up["microseconds"] / _MICRO, True, good)
            yield _Named(measure, url, state)


def _ups(drills: Iterable[Facts]) -> Iterator[Facts]:
    for drill in drills:
        yield from (one for one in drill["stations"] if one["station"] == Station.UP)
