"""A timeline: bars on a common axis of seconds, as shares of its length. Nothing is drawn here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_TICKS = 6
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200)
"""Distances between ticks in seconds that people read without counting; below one second they are
1, 2 and 5 of each power of ten, above half a day whole days.
"""
_DAY = 86_400
_SHORTEST = 1e-9


@dataclass(frozen=True)
class Span:
    """Something that took ``seconds`` from ``start`` on, seconds behind the axis' zero.

    ``waited`` is how many of the first of these seconds it waited for a lock.
    """

    start: float
    seconds: float
    waited: float = 0.0

    @property
    def end(self) -> float:
        return self.start + max(0.0, self.seconds)


@dataclass(frozen=True)
class Bar:
    """A span as shares (0 to 1) of the axis: where it begins, and how long it waited and ran."""

    left: float
    waited: float
    ran: float

    @property
    def right(self) -> float:
        return self.left + self.waited + self.ran


@dataclass(frozen=True)
class Tick:
    """A place on the axis: its share, and the seconds that it stands for."""

    at: float
    seconds: float


@dataclass(frozen=True)
class Axis:
    """From zero to ``seconds``."""

    seconds: float

    def bar(self, span: Span) -> Bar:
        """The span on this axis; what lies outside is cut off."""
        left = self._share(span.start)
        right = max(left, self._share(span.end))
        waited = self._share(span.start + max(0.0, min(span.waited, span.seconds)))
        between = min(max(waited, left), right)
        return Bar(left, between - left, right - between)

    def ticks(self, most: int = MOST_TICKS) -> tuple[Tick, ...]:
        """At most ``most`` ticks at round numbers, the first at zero."""
        step = _step(self.seconds, max(2, most) - 1)
        count = int(self.seconds / step + 1e-9)
        return tuple(
            Tick(number * step / self.seconds, number * step) for number in range(count + 1)
        )

    def _share(self, seconds: float) -> float:
        return min(1.0, max(0.0, seconds / self.seconds))


def axis_of(spans: Iterable[Span]) -> Axis:
    """The axis that the longest of the spans just fits on."""
    return Axis(max([_SHORTEST, *(span.end for span in spans)]))


def one_after_another(
    seconds: Sequence[tuple[float, float]], start: float = 0.0
) -> tuple[Span, ...]:
    """Spans for pairs of (seconds, of these waited), each beginning where the one before ends."""
    spans = []
    for took, waited in seconds:
        spans.append(Span(start, took, waited))
        start += max(0.0, took)
    return tuple(spans)


def _step(seconds: float, most: int) -> float:
    """The smallest round distance of which at most ``most`` fit."""
    least = seconds / most
    if least < 1:
        power = 1.0
        while power > least:
            power /= 10
        return next(n * power for n in (1, 2, 5, 10) if n * power >= least)
    found = next((step for step in _STEPS if step >= least), None)
    return found or _DAY * -(-least // _DAY)
