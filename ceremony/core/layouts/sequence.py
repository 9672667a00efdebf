"""Sequence numbers of one fixed width: ``0013_name``, with fractions ``0013_5_name``."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ceremony.core.layouts.layout import NAME, Misnamed, Named, corrected, misnamed
from ceremony.core.version import Version

WIDTHS = range(3, 7)
"""Three to six digits."""

_STEM = re.compile(r"([0-9]+)(.*)", re.DOTALL)
_GROUP = re.compile(r"([0-9]+)(?:_(.*))?", re.DOTALL)
_FRACTION_DIGITS = 9


@dataclass(frozen=True)
class SequenceLayout:
    """``fractions`` is ``None`` where nobody said: a digits group behind the number is then
    ambiguous.

    ``0013_5_rebalancing`` can be version ``0013_5`` or version ``0013`` with the name
    ``5_rebalancing``. The version is the identity in every ledger, so this is never guessed: it is
    refused until ``series.toml`` says ``fractions = true`` or ``fractions = false``.
    """

    width: int
    fractions: bool | None = None

    def read(self, stem: str) -> Named | Misnamed:
        """Version and name, or one of ``name-bad``, ``name-width``, ``name-fraction``,
        ``name-ambiguous``.
        """
        match = _STEM.fullmatch(stem)
        if match is None:
            return misnamed(stem)
        digits, rest = match.groups()
        if not rest.startswith("_") or not NAME.fullmatch(rest[1:]):
            return misnamed(stem)
        if len(digits) != self.width:
            return self._wrong_width(stem, digits)
        return self._split(stem, digits, rest[1:])

    def _split(self, stem: str, digits: str, name: str) -> Named | Misnamed:
        group = _GROUP.fullmatch(name)
        if group is None or self.fractions is False:
            return Named(Version.of(digits), name)
        fraction, remainder = group.groups()
        if self.fractions is None:
            return _ambiguous(stem, digits, fraction, name)
        if not remainder:
            return misnamed(stem)
        if len(fraction) > _FRACTION_DIGITS:
            return misnamed(stem)
        if fraction.startswith("0"):
            return Misnamed(
                "name-fraction",
                f"The fraction {fraction!r} of {stem + '.sql'!r} begins with 0; fractions are "
                "integers from 1.",
                "Write it without the zero, for instance "
                f"{digits}_{fraction.lstrip('0') or '1'}_{remainder}.sql.",
            )
        return Named(Version.of(f"{digits}_{fraction}"), remainder)

    def refer(self, text: str) -> Named | None:
        """A version alone, or version and name."""
        match = _STEM.fullmatch(text)
        if match is None:
            return None
        digits, rest = match.groups()
        if len(digits) != self.width or (rest and not NAME.fullmatch(rest[1:])):
            return None
        if not rest:
            return Named(Version.of(digits), "")
        group = _GROUP.fullmatch(rest[1:])
        if self.fractions and group and len(group[1]) > _FRACTION_DIGITS:
            return None
        if self.fractions and group and not group[1].startswith("0"):
            return Named(Version.of(f"{digits}_{group[1]}"), group[2] or "")
        return Named(Version.of(digits), rest[1:]) if rest[0] == "_" else None

    def following(self, taken: Iterable[Version], now: datetime) -> str:
        """The highest number plus one, in the series' width; 1 for the first."""
        return f"{max((version.key[0] for version in taken), default=0) + 1:0{self.width}d}"

    def _wrong_width(self, stem: str, digits: str) -> Misnamed:
        if len(digits) == 14:
            return Misnamed(
                "name-mixed-numbering",
                f"{stem + '.sql'!r} has a timestamp, but this series is numbered in sequence.",
                f"One series has one numbering: give it the next number with {self.width} digits.",
            )
        number = f"{int(digits):0{self.width}d}"
        return Misnamed(
            "name-width",
            f"The number of {stem + '.sql'!r} has {len(digits)} digits, this series has "
            f"{self.width}.",
            f"Rename it to {corrected(number + stem[len(digits) :])}.sql (and its siblings "
            "with it)."
            if len(number) == self.width
            else f"Give it a number of {self.width} digits.",
        )


def _ambiguous(stem: str, digits: str, fraction: str, name: str) -> Misnamed:
    return Misnamed(
        "name-ambiguous",
        f"{stem + '.sql'!r} can be version {digits}_{fraction}, or version {digits} with the "
        f"name {name!r}.",
        "Say which in series.toml: fractions = true or fractions = false.",
    )
