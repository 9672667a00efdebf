"""Years, months and days above a list, without reading the list.

Django's own asks the table for every distinct day: over a million rows it reads them all. Here the
oldest and the newest moment are asked for, which an index answers; a day between them may be empty.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Max, Min, Model
from django.utils import formats
from django.utils.http import urlencode
from django.utils.text import capfirst

PARTS = ("year", "month", "day")
LAST_YEAR = 9_998


@dataclass(frozen=True)
class Link:
    """A word, and where it leads; ``""`` for where one is."""

    text: str
    query: str = ""


@dataclass(frozen=True)
class Days:
    """``back`` leads up, ``choices`` down."""

    back: tuple[Link, ...] = ()
    choices: tuple[Link, ...] = ()


def days(model: type[Model], column: str, asked: Mapping[str, str]) -> Days:
    """The links for what the address asks for (``column__year`` …). One query.

    What is asked for and is no date gives none.
    """
    ends = model._default_manager.aggregate(first=Min(column), last=Max(column))
    if ends["first"] is None:
        return Days()
    kept = {key: value for key, value in asked.items() if not key.startswith(f"{column}__")}
    kept = {key: value for key, value in kept.items() if key not in {"p", "e"}}
    try:
        given = asked_day(column, asked)
    except ValueError:
        return Days()
    return _Drill(column, kept, _day(ends["first"]), _day(ends["last"])).at(given)


def asked_day(column: str, asked: Mapping[str, str]) -> list[int]:
    """What an address asks for: nothing, a year, a year and a month, or a day.

    Raises ValueError for what is in no calendar, or has no day after it, and for a month without
    its year.
    """
    told = [asked.get(f"{column}__{part}") for part in PARTS]
    given = [_number(part) for part in told if part is not None]
    if None in told[: len(given)]:
        raise ValueError("a month needs its year, and a day its month")
    if given and date(*(*given, 1, 1)[:3]).year > LAST_YEAR:
        raise ValueError("no day comes after it")
    return given


@dataclass(frozen=True)
class _Drill:
    column: str
    kept: Mapping[str, str]
    first: date
    last: date

    def at(self, given: list[int]) -> Days:
        """``given``: nothing, a year, a year and a month, or all three."""
        above = [given[:depth] for depth in range(len(given))]
        back = tuple(self._link(parts, back=True) for parts in above)
        if len(given) == len(PARTS):
            return Days(back, (Link(_words(given)),))
        return Days(back, tuple(self._link(parts) for parts in self._below(given)))

    def _below(self, given: list[int]) -> Iterator[list[int]]:
        if not given:
            candidates = range(self.first.year, self.last.year + 1)
        else:
            candidates = range(1, 13 if len(given) == 1 else monthrange(*given)[1] + 1)
        for one in candidates:
            parts = [*given, one]
            if self._between(parts):
                yield parts

    def _between(self, parts: list[int]) -> bool:
        return _cut(self.first, len(parts)) <= tuple(parts) <= _cut(self.last, len(parts))

    def _link(self, parts: list[int], *, back: bool = False) -> Link:
        told = {f"{self.column}__{PARTS[place]}": number for place, number in enumerate(parts)}
        query: dict[str, Any] = {**self.kept, **told}
        return Link(_words(parts) if parts else "", f"?{urlencode(sorted(query.items()))}")


def _number(text: str) -> int:
    """A year, a month or a day. Raises ValueError for anything longer than these."""
    if len(text) > len(str(LAST_YEAR)):
        raise ValueError(text)
    return int(text)


def _cut(moment: date, length: int) -> tuple[int, ...]:
    return (moment.year, moment.month, moment.day)[:length]


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _words(parts: list[int]) -> str:
    year, month, day = (*parts, 1, 1)[:3]
    if len(parts) == 1:
        return str(year)
    form = "YEAR_MONTH_FORMAT" if len(parts) == 2 else "MONTH_DAY_FORMAT"
    return capfirst(formats.date_format(date(year, month, day), form))
