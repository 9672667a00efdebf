"""The excerpt: the source line an error points at, with a caret under the place."""

from rich.cells import cell_len

from ceremony.management.page import Page
from ceremony.management.visible import visible

#: How wide an excerpt is where nobody says: terminal cells, margin included.
WIDTH = 110


def excerpt(page: Page, line: int, column: int, source: str, width: int = WIDTH) -> None:
    """Add ``source``, line ``line`` of its file, and a caret under ``column`` of it.

    ``column`` counts characters from 1; 0 draws no caret. Of a line wider than ``width`` terminal
    cells the part around the place is shown, because a wrapped line would leave the caret behind.
    """
    margin = f"{line:>6} │ "
    source = source.rstrip("\r\n")
    start, end = _window(source, column, width - len(margin))
    left = "…" if start else ""
    right = "…" if end < len(source) else ""
    page.line((margin, "dim"), f"{left}{source[start:end]}{right}")
    if column:
        before = cell_len(left + visible(source[start : column - 1]))
        page.line((" " * (len(margin) - 2) + "│ ", "dim"), " " * before, ("^", "bad"))


def _window(source: str, column: int, room: int) -> tuple[int, int]:
    """The first character shown and the one behind the last; they fit into ``room`` cells."""
    if len(source) <= room and _cells(source) <= room:
        return 0, len(source)
    at = min(max(column - 1, 0), len(source))
    room -= 2
    start, used = at, 0
    while start and used + _cells(source[start - 1]) <= room * 6 // 10:
        start -= 1
        used += _cells(source[start])
    end = at
    while end < len(source) and used + _cells(source[end]) <= room:
        used += _cells(source[end])
        end += 1
    return start, end


def _cells(text: str) -> int:
    return cell_len(visible(text))
