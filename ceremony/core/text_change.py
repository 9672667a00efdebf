"""How the text of a file differs from the one that was signed, line by line."""

from dataclasses import dataclass
from difflib import unified_diff

LONGEST_DIFF = 400
"""How many lines of one file's difference are shown."""

LONGEST_FILE = 20_000
"""How many lines of one file are compared."""


@dataclass(frozen=True)
class TextChange:
    """One file's difference, as lines of a unified one. ``cut`` is how many more lines there are
    than are shown.
    """

    path: str
    lines: tuple[str, ...]
    cut: int = 0


def text_change(path: str, before: bytes, now: bytes) -> TextChange:
    """The difference between the bytes then and now; a file that is not there is empty.

    What differs in line ends or in invisible bytes alone has no lines.
    """
    names = (f"{path} (signed)", f"{path} (now)")
    lines = tuple(unified_diff(_lines(before), _lines(now), *names, lineterm=""))
    return TextChange(path, lines[:LONGEST_DIFF], max(0, len(lines) - LONGEST_DIFF))


def _lines(data: bytes) -> list[str]:
    # Cut, because the time that comparing takes can grow with the square of their number.
    return data.decode(errors="replace").splitlines()[:LONGEST_FILE]
