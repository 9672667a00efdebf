"""A page of text: lines of styled parts and tables, made safe on the way in.

A page knows nothing of terminals. It renders as plain text for pipes, files and tests, and as rich
text for a terminal; both from the same parts.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from rich.cells import cell_len
from rich.text import Text

from ceremony.management.visible import visible

Part: TypeAlias = str | tuple[str, str]
"""A text, or a text with the name of its style (a key of STYLES)."""

STYLES = {
    "ok": "green",
    "bad": "bold red",
    "warn": "yellow",
    "run": "cyan",
    "dim": "dim",
    "bold": "bold",
    "": "",
}

_GAP = "   "


class Page:
    """Lines in order. Every text that is added is made visible, so a caller cannot forget to."""

    def __init__(self) -> None:
        self._lines: list[list[tuple[str, str]]] = []

    def line(self, *parts: Part, indent: int = 0) -> None:
        """One line. A line break inside a part is shown, not obeyed."""
        safe = [_safe(part) for part in parts]
        self._lines.append([(" " * indent, ""), *safe] if indent else safe)

    def blank(self) -> None:
        """One empty line, never two in a row and never the first."""
        if self._lines and self._lines[-1]:
            self._lines.append([])

    def table(
        self, head: Sequence[str], rows: Iterable[Sequence[Part]], *, right: Iterable[int] = ()
    ) -> None:
        """Columns as wide as their widest cell, in terminal cells; those in ``right`` end flush.

        A column without any text is left out, and with it a table without any row.
        """
        cells = [[_safe((title, "dim")) for title in head]]
        cells += [[_safe(part) for part in row] for row in rows]
        used = [i for i in range(len(head)) if any(row[i][0] for row in cells[1:])]
        widths = {i: max(cell_len(row[i][0]) for row in cells) for i in used}
        flush = frozenset(right)
        for row in cells if used else ():
            self._lines.append(_row(row, used, widths, flush))

    def extend(self, other: "Page") -> None:
        """Add the lines of another page behind these."""
        self._lines.extend(other._lines)

    def indented(self, columns: int) -> "Page":
        """The same page, each line ``columns`` further to the right."""
        page = Page()
        page._lines = [[(" " * columns, ""), *line] if line else [] for line in self._lines]
        return page

    @property
    def plain(self) -> str:
        """The page as text, each line ended by a line feed."""
        return "".join("".join(t for t, _ in line).rstrip() + "\n" for line in self._trimmed())

    @property
    def rich(self) -> Text:
        """The page as rich text; no markup is read from its parts."""
        lines = [
            Text.assemble(*((text, STYLES[style]) for text, style in line))
            for line in self._trimmed()
        ]
        return Text("\n").join(lines)

    def __bool__(self) -> bool:
        return bool(self._trimmed())

    def _trimmed(self) -> list[list[tuple[str, str]]]:
        end = len(self._lines)
        while end and not self._lines[end - 1]:
            end -= 1
        return self._lines[:end]


def _safe(part: Part) -> tuple[str, str]:
    text, style = (part, "") if isinstance(part, str) else part
    return visible(text), style


def _row(
    row: list[tuple[str, str]], used: list[int], widths: dict[int, int], flush: frozenset[int]
) -> list[tuple[str, str]]:
    line: list[tuple[str, str]] = []
    for i in used:
        text, style = row[i]
        padding = " " * (widths[i] - cell_len(text))
        line.append(("  " if i == used[0] else _GAP, ""))
        if i in flush:
            line += [(padding, ""), (text, style)]
        else:
            line += [(text, style), ("" if i == used[-1] else padding, "")]
    return line
