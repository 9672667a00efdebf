"""How long one change took, time and again: rehearsed against real, as values for a picture."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median


@dataclass(frozen=True)
class Measure:
    """One try: when, where, how long (seconds). ``rehearsed``: on a scratch database. ``good``: it
    did all that it was to do; what failed took another time, and is not compared.
    """

    at: datetime
    where: str
    seconds: float
    rehearsed: bool
    good: bool = True


@dataclass(frozen=True)
class Dot:
    """A measure as shares (0 to 1) of the picture: from the left by order of time, from the bottom
    by length.
    """

    measure: Measure
    x: float
    y: float


@dataclass(frozen=True)
class History:
    """The measures of one place, the oldest first, on the scale of ``longest`` seconds.

    ``expected`` is the newest good rehearsal, ``took`` the newest good real run, ``usual`` the
    median of the good real ones; each in seconds, ``None`` where there is none.
    """

    where: str
    dots: tuple[Dot, ...]
    longest: float
    expected: float | None
    took: float | None
    usual: float | None

    @property
    def ratio(self) -> float | None:
        """How many times as long as its rehearsal the newest run took."""
        if not self.took or not self.expected:
            return None
        return self.took / self.expected


def histories(measures: Iterable[Measure], first: str = "") -> tuple[History, ...]:
    """The measures place by place on one common scale, ``first`` before all others."""
    by_place: dict[str, list[Measure]] = {}
    longest = 0.0
    for one in measures:
        by_place.setdefault(one.where, []).append(one)
        longest = max(longest, one.seconds)
    ordered = sorted(by_place, key=lambda where: (where != first, where))
    return tuple(_history(where, by_place[where], longest) for where in ordered)


def _history(where: str, measures: Sequence[Measure], longest: float) -> History:
    ordered = sorted(measures, key=lambda one: one.at)
    real = [one.seconds for one in ordered if one.good and not one.rehearsed]
    drilled = [one.seconds for one in ordered if one.good and one.rehearsed]
    return History(
        where=where,
        dots=tuple(
            Dot(one, (number + 0.5) / len(ordered), max(one.seconds, 0.0) / (longest or 1.0))
            for number, one in enumerate(ordered)
        ),
        longest=longest,
        expected=drilled[-1] if drilled else None,
        took=real[-1] if real else None,
        usual=median(real) if real else None,
    )
