"""When a run may begin: windows as people write them, whether one is open, and when the next opens.

Everything is UTC: a window does not move with the clocks of summer.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta

from ceremony.core.policy import Window

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The names of days, Monday first, as ISO 8601 counts them."""

WRITTEN = 'Write a list such as ["mon-fri 22:00-02:00"] (UTC); without days it is every day.'
"""How windows are written."""

NEVER = Window((), time(0), time(0))
"""A window that opens on no day: what is left where two policies have no time in common."""

_DAY = timedelta(days=1)
_TEXT = re.compile(
    r"(?:(?P<days>[a-z, -]+?)\s+)?(?P<opens>\d\d:\d\d)\s*-\s*(?P<closes>\d\d:\d\d)", re.ASCII
)

Span = tuple[timedelta, timedelta]
"""From, to; since Monday 00:00."""


def parse_window(text: str) -> Window:
    """``mon-fri 22:00-02:00``, ``sat, sun 08:00-12:00``, ``22:00-02:00``. Raises ValueError."""
    match = _TEXT.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is no window")
    opens, closes = (time.fromisoformat(match[name]) for name in ("opens", "closes"))
    days = _days(match["days"]) if match["days"] else tuple(range(7))
    return Window(days, opens, closes)


def shown(window: Window) -> str:
    """The window as it is written, with ``UTC`` behind it; ``never`` for one without a day."""
    if not window.days:
        return "never"
    hours = f"{window.opens:%H:%M}-{window.closes:%H:%M} UTC"
    days = tuple(sorted(set(window.days)))
    if len(days) == len(DAYS):
        return hours
    return f"{_shown_days(days)} {hours}"


def is_open(windows: Sequence[Window], at: datetime) -> bool:
    """Whether a run may begin at ``at`` (aware). Without any window it always may."""
    if not windows:
        return True
    since = _since_monday(at)
    return any(begin <= since < end for one in windows for begin, end in _spans(one))


def next_opening(windows: Sequence[Window], at: datetime) -> datetime | None:
    """When it may begin: ``at`` itself where a window is open, else the next opening, UTC; ``None``
    for never.
    """
    if is_open(windows, at):
        return at
    since = _since_monday(at)
    waits = [
        (begin - since) % (7 * _DAY) for one in windows for begin, _ in _spans(one) if one.days
    ]
    return at.astimezone(UTC) + min(waits) if waits else None


def common(left: Sequence[Window], right: Sequence[Window]) -> tuple[Window, ...]:
    """The times that both allow; ``NEVER`` alone where there is none."""
    if not left or not right:
        return normal(left or right)
    spans = [
        (max(begin, start), min(end, stop))
        for begin, end in _daily(left)
        for start, stop in _daily(right)
        if max(begin, start) < min(end, stop)
    ]
    return _windows(_merged(spans)) or (NEVER,)


def normal(windows: Sequence[Window]) -> tuple[Window, ...]:
    """The same times in one form: cut at midnight, merged, sorted."""
    return (_windows(_daily(windows)) or (NEVER,)) if windows else ()


def _days(text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for word in re.split(r"[,\s]+", re.sub(r"\s*-\s*", "-", text.strip())):
        first, dash, last = word.partition("-")
        if first not in DAYS or (last if dash else first) not in DAYS:
            raise ValueError(f"{word!r} is no day")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        # "fri-mon" goes over the weekend.
        found.update(day % 7 for day in range(begin, end + (1 if end >= begin else 8)))
    return tuple(sorted(found))


def _shown_days(days: tuple[int, ...]) -> str:
    if len(days) > 2 and days == tuple(range(days[0], days[-1] + 1)):
        return f"{DAYS[days[0]]}-{DAYS[days[-1]]}"
    return ", ".join(DAYS[day] for day in days)


def _since_monday(at: datetime) -> timedelta:
    utc = at.astimezone(UTC)
    midnight = utc.replace(hour=0, minute=0, second=0, microsecond=0)
    return utc.weekday() * _DAY + (utc - midnight)


def _of_day(at: time) -> timedelta:
    return timedelta(
        hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond
    )


def _spans(window: Window) -> Iterator[Span]:
    """Each opening; one that goes over Sunday's midnight comes as two."""
    opens, closes = _of_day(window.opens), _of_day(window.closes)
    length = closes - opens if closes > opens else closes + _DAY - opens
    for day in set(window.days):
        begin = day * _DAY + opens
        yield begin, begin + length
        if begin + length > 7 * _DAY:
            yield timedelta(0), begin + length - 7 * _DAY


def _daily(windows: Iterable[Window]) -> list[Span]:
    """All openings, cut at every midnight of one week, merged where they touch."""
    found = [
        (max(begin, day * _DAY), min(end, (day + 1) * _DAY))
        for one in windows
        for begin, end in _spans(one)
        for day in range(7)
        if max(begin, day * _DAY) < min(end, (day + 1) * _DAY)
    ]
    return _merged(found)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Spans that touch on the same day, as one."""
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1] and begin // _DAY == merged[-1][0] // _DAY:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _windows(spans: Iterable[Span]) -> tuple[Window, ...]:
    """Windows of single days, with the days that have the same hours together."""
    days: dict[tuple[time, time], set[int]] = {}
    for begin, end in spans:
        hours = (_time(begin % _DAY), _time(end % _DAY))
        days.setdefault(hours, set()).add(begin // _DAY)
    return tuple(sorted(Window(tuple(sorted(found)), *hours) for hours, found in days.items()))


def _time(since_midnight: timedelta) -> time:
    return (datetime(1, 1, 1) + since_midnight).time()  # noqa: DTZ001 - a time of day alone
