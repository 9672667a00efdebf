"""Recognising the numbering of a folder whose ``series.toml`` does not say it.

Rule: timestamps where most numbered files have 14 digits, else a sequence with the width that most
files have (4 where there are none). The files in the minority are then refused one by one.
Fractions are never recognised; see :class:`~ceremony.core.layouts.sequence.SequenceLayout`.
"""

import re
from collections import Counter
from collections.abc import Iterable

from ceremony.core.layouts.layout import Layout
from ceremony.core.layouts.sequence import WIDTHS, SequenceLayout
from ceremony.core.layouts.timestamp import DIGITS, TimestampLayout
from ceremony.core.series import Numbering, SeriesSettings

DEFAULT_WIDTH = 4

_NUMBER = re.compile(r"[0-9]+")


def recognise(stems: Iterable[str]) -> tuple[Numbering, int]:
    """The numbering of these file names, and its width (for timestamps the default width)."""
    lengths = Counter(len(match[0]) for stem in stems if (match := _NUMBER.match(stem)))
    sequences = {width: lengths[width] for width in WIDTHS if lengths[width]}
    if lengths[DIGITS] > sum(sequences.values()):
        return Numbering.TIMESTAMP, DEFAULT_WIDTH
    if not sequences:
        return Numbering.SEQUENCE, DEFAULT_WIDTH
    return Numbering.SEQUENCE, max(sequences, key=lambda width: (sequences[width], width))


def layout_of(settings: SeriesSettings, *, fractions_said: bool = True) -> Layout:
    """The layout for these settings; without ``fractions_said`` a digits group is an ambiguity."""
    if settings.numbering is Numbering.TIMESTAMP:
        return TimestampLayout()
    return SequenceLayout(settings.width, settings.fractions if fractions_said else None)
