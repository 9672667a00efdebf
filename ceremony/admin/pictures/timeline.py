"""Timelines: what took how long, one after another, and what the rehearsal had taken.

For a page: ``timeline(name, works)``, or one of the functions of ``works``, and the partial
``ceremony/partials/timeline.html`` with the result as ``timeline``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ceremony.admin.pictures.shares import share
from ceremony.core.timeline import Axis, Span, axis_of

MOST_ROWS = 100


@dataclass(frozen=True)
class Work:
    """One thing that took time: a statement, a step. ``seconds`` is ``None`` for what did not
    begin, ``rehearsed`` for what was not rehearsed; ``waited`` is the part of ``seconds`` that went
    into waiting for locks. ``start`` is where it began, in seconds; without it, it follows the one
    before.
    """

    label: str
    state: str
    seconds: float | None
    waited: float = 0.0
    rehearsed: float | None = None
    start: float | None = None
    url: str = ""
    beside: str = ""
    heading: str = ""


@dataclass(frozen=True)
class Bars:
    """Shares of the width, as SVG writes them; ``""`` for a bar that is not there."""

    left: str
    waited: str = ""
    ran_at: str = ""
    ran: str = ""
    rehearsed: str = ""


@dataclass(frozen=True)
class TimelineRow:
    """A work with its bars."""

    work: Work
    bars: Bars


@dataclass(frozen=True)
class ShownTick:
    """A place on the axis with its seconds; ``anchor`` keeps its text inside the picture."""

    at: str
    seconds: float
    anchor: str


@dataclass(frozen=True)
class Timeline:
    """What the partial shows. ``name`` is unique on the page. ``more`` is how many rows are cut.

    ``seconds`` and ``rehearsed`` are sums over what began and what was rehearsed; ``compared`` and
    ``waited`` say whether there is anything to tell of.
    """

    name: str
    rows: tuple[TimelineRow, ...]
    ticks: tuple[ShownTick, ...]
    seconds: float
    rehearsed: float
    compared: bool
    waited: bool
    more: int


def timeline(name: str, works: Sequence[Work]) -> Timeline:
    """The timeline of these works, of which the first ``MOST_ROWS`` are drawn."""
    shown = works[:MOST_ROWS]
    placed = list(_placed(shown))
    axis = axis_of(span for pair in placed for span in pair if span is not None)
    rows = [
        TimelineRow(work, _bars(axis, *spans)) for work, spans in zip(shown, placed, strict=True)
    ]
    return Timeline(
        name=name,
        rows=tuple(rows),
        ticks=_ticks(axis),
        seconds=sum(work.seconds or 0.0 for work in works),
        rehearsed=sum(work.rehearsed or 0.0 for work in works),
        compared=any(work.rehearsed is not None for work in works),
        waited=any(work.waited for work in works),
        more=len(works) - len(shown),
    )


def _placed(works: Sequence[Work]) -> Iterator[tuple[Span | None, Span | None]]:
    """Each work as it was and as it was rehearsed, both beginning at the same place, so that they
    can be compared. What did not begin is expected to take as long as its rehearsal.
    """
    behind = 0.0
    for work in works:
        start = max(behind, 0.0) if work.start is None else max(work.start, 0.0)
        real = None if work.seconds is None else Span(start, work.seconds, work.waited)
        drill = None if work.rehearsed is None else Span(start, work.rehearsed)
        yield real, drill
        last = real or drill
        behind = last.end if last else start


def _bars(axis: Axis, real: Span | None, drill: Span | None) -> Bars:
    rehearsed = axis.bar(drill) if drill else None
    if real is None:
        left = rehearsed.left if rehearsed else 0.0
        return Bars(share(left), rehearsed=share(rehearsed.ran) if rehearsed else "")
    bar = axis.bar(real)
    return Bars(
        left=share(bar.left),
        waited=share(bar.waited) if real.waited else "",
        ran_at=share(bar.left + bar.waited),
        ran=share(bar.ran),
        rehearsed=share(rehearsed.ran) if rehearsed else "",
    )


def _ticks(axis: Axis) -> tuple[ShownTick, ...]:
    def anchor(at: float) -> str:
        return "start" if at < 0.05 else "end" if at > 0.9 else "middle"

    return tuple(ShownTick(share(one.at), one.seconds, anchor(one.at)) for one in axis.ticks())
