"""UTC timestamps of 14 digits: ``20260117000000_name``."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ceremony.core.layouts.layout import NAME, Misnamed, Named, misnamed
from ceremony.core.version import Version

DIGITS = 14

_STEM = re.compile(r"([0-9]+)(.*)", re.DOTALL)


@dataclass(frozen=True)
class TimestampLayout:
    """Year, month, day, hour, minute and second, each a valid one."""

    def read(self, stem: str) -> Named | Misnamed:
        """Version and name, or ``name-bad``, ``name-mixed-numbering``, ``name-timestamp``."""
        match = _STEM.fullmatch(stem)
        if match is None:
            return misnamed(stem)
        digits, rest = match.groups()
        if not rest.startswith("_") or not NAME.fullmatch(rest[1:]):
            return misnamed(stem)
        if len(digits) != DIGITS:
            return Misnamed(
                "name-mixed-numbering" if len(digits) <= 6 else "name-timestamp",
                f"The number of {stem + '.sql'!r} has {len(digits)} digits, but this series "
                "is numbered by timestamp.",
                "Give it 14 digits: year, month, day, hour, minute, second in UTC.",
            )
        if _moment(digits) is None:
            return Misnamed(
                "name-timestamp",
                f"{digits} in {stem + '.sql'!r} is no date and time.",
                "Write a valid UTC time as YYYYMMDDhhmmss, for instance 20260117093000.",
            )
        return Named(Version.of(digits), rest[1:])

    def refer(self, text: str) -> Named | None:
        """A version alone, or version and name."""
        match = _STEM.fullmatch(text)
        if match is None or len(match[1]) != DIGITS:
            return None
        rest = match[2]
        if rest and not (rest[0] == "_" and NAME.fullmatch(rest[1:])):
            return None
        return Named(Version.of(match[1]), rest[1:])

    def following(self, taken: Iterable[Version], now: datetime) -> str:
        """``now`` in UTC, or the second behind the highest version where that is later."""
        stamp = now.astimezone(UTC).strftime("%Y%m%d%H%M%S")
        highest = max((version.text for version in taken), default="")
        moment = _moment(highest) if highest >= stamp else None
        return stamp if moment is None else (moment + timedelta(seconds=1)).strftime("%Y%m%d%H%M%S")


def _moment(digits: str) -> datetime | None:
    parts = (digits[0:4], *(digits[start : start + 2] for start in range(4, DIGITS, 2)))
    try:
        year, month, day, hour, minute, second = map(int, parts)
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
