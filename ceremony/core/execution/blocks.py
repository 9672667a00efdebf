"""What a report is made of when it is read: sections of paragraphs, facts, lists and tables.

The texts are plain: each writer makes them safe for its own form.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, TypeAlias

NAMED = ("What", "Value")
"""The head of a table of names and values."""

_VERDICTS = frozenset({"Verdict", "Result"})


@dataclass(frozen=True)
class Paragraph:
    """One or more sentences."""

    kind: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True)
class Bullets:
    """A list, one text per item."""

    kind: ClassVar[str] = "bullets"
    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A head and rows of as many cells. ``title`` says what it shows, ``""`` where the section's
    title does.
    """

    kind: ClassVar[str] = "table"
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def is_judged(self) -> bool:
        """Whether the first column holds verdicts."""
        return self.head[0] in _VERDICTS

    @property
    def is_named(self) -> bool:
        """Whether the first column names the rows, and the head says nothing more."""
        return self.head == NAMED


Block: TypeAlias = Paragraph | Bullets | Table


@dataclass(frozen=True)
class Section:
    """One part of a report."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Reading:
    """A whole report to be read: a title, the verdict in one line, its sections."""

    title: str
    headline: str
    sections: tuple[Section, ...]


def table(head: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> tuple[Table, ...]:
    """A table without the columns that are empty in every row; nothing without rows."""
    cells = [tuple(row) for row in rows]
    used = [i for i in range(len(head)) if any(row[i] for row in cells)]
    if not used:
        return ()
    shown = tuple(tuple(row[i] for i in used) for row in cells)
    return (Table(title, tuple(head[i] for i in used), shown),)


def facts(pairs: Iterable[tuple[str, str]]) -> tuple[Table, ...]:
    """A table of names and values without those that are empty."""
    return table(NAMED, [pair for pair in pairs if pair[1]])


def bullets(items: Iterable[str]) -> tuple[Bullets, ...]:
    """A list; nothing without items."""
    found = tuple(items)
    return (Bullets(found),) if found else ()


def said(*texts: str) -> tuple[Paragraph, ...]:
    """One paragraph per text that is not empty."""
    return tuple(Paragraph(text) for text in texts if text)


def moment(at: datetime | None) -> str:
    """``2026-11-20 08:31:02 UTC``; ``""`` for none."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def duration(microseconds: int) -> str:
    """``34 ms``, ``1.2 s``, ``2 min 5 s``; ``""`` for nothing measured."""
    if microseconds <= 0:
        return ""
    if microseconds < 1_000_000:
        return f"{microseconds / 1000:.0f} ms"
    if microseconds < 60_000_000:
        return f"{microseconds / 1_000_000:.1f} s"
    minutes, seconds = divmod(round(microseconds / 1_000_000), 60)
    return f"{minutes} min {seconds} s"


def version_of(number: int) -> str:
    """PostgreSQL's version number (180004) as it is spoken (``PostgreSQL 18.4``)."""
    return f"PostgreSQL {number // 10_000}.{number % 10_000}" if number else ""
