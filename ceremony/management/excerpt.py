"""The excerpt: the source line an error points at, with a caret under the place."""

from rich.cells import cell_len

from ceremony.management.page import Page
from ceremony.management.visible import visible

#: How many characters of a long line are shown on either side of the caret.
_BEFORE, _AFTER = 60, 40


def excerpt(page: Page, line: int, column: int, source: str) -> None:
    """Add ``source``, line ``line`` of its file, and a caret under ``column`` (characters, from 1;
    0 for none).
    """
    margin = f"{line:>6} │ "
    start, shown = _window(source.rstrip("\r\n"), column)
    page.line((margin, "dim"), shown)
    if column:
        before = visible(source[start : column - 1])
        cut = 1 if start else 0
        page.line(
            (" " * (len(margin) - 2) + "│ ", "dim"),
            " " * (cell_len(before) + cut),
            ("^", "bad"),
        )


def _window(source: str, column: int) -> tuple[int, str]:
    """Where the shown part starts (from 0), and that part, with ``…`` where something was cut."""
    if len(source) <= _BEFORE + _AFTER:
        return 0, source
    at = max(column - 1, 0)
    start = max(0, at - _BEFORE)
    if start <= 1:
        start = 0
    end = min(len(source), at + _AFTER)
    return start, ("…" if start else "") + source[start:end] + ("…" if end < len(source) else "")
