"""Where the statements of a file begin and end, told by the parser: the file cut into pieces that
hold one statement each.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from ceremony.core.script import Script, Statement
from ceremony.core.sql.reading import Comment, comments

_BLANK = " \t\r\n\f\v"


@dataclass(frozen=True)
class Piece:
    """``text`` of a statement with the comments in front of it, its semicolon, its inline data, and
    what is left of its last line. ``line`` is the number of the first line, from 1. ``statement``
    is ``None`` for what stands behind the last one, and for a file that could not be understood.
    """

    text: str
    line: int
    statement: Statement | None


def pieces(text: str, script: Script | None) -> tuple[Piece, ...]:
    """The whole of ``text`` in pieces, which joined are the text again.

    Two statements on one line are two pieces with the same line. A last piece without anything to
    be seen is part of the one in front of it.
    """
    statements = script.statements if script is not None else ()
    if not statements:
        return (Piece(text, 1, None),)
    notes = comments(text)
    ends = [_end(text, notes, statements, number) for number in range(len(statements))]
    if not text[ends[-1] :].strip(_BLANK):
        ends[-1] = len(text)
    found: list[Piece] = []
    start, line = 0, 1
    for statement, end in zip([*statements, None], [*ends, len(text)], strict=True):
        if start < end:
            found.append(Piece(text[start:end], line, statement))
            line += text.count("\n", start, end)
            start = end
    return tuple(found)


def _end(text: str, notes: Sequence[Comment], statements: Sequence[Statement], number: int) -> int:
    """Behind the semicolon of a statement, and behind the line that it ends where nothing but a
    comment follows there.
    """
    statement = statements[number]
    last = statement.offset + len(statement.text)
    limit = statements[number + 1].offset if number + 1 < len(statements) else len(text)
    if statement.copy is not None:
        closing = text.find("\n\\.", last - 1, limit)
        return _line_end(text, closing + 1, limit) if closing >= 0 else limit
    gap = [one for one in notes[_first(notes, last) :] if one.offset < limit]
    semicolon = _outside(text, gap, last, limit)
    if semicolon < 0:
        return limit
    return _rest_of_line(text, gap, semicolon + 1, limit)


def _first(notes: Sequence[Comment], offset: int) -> int:
    """The index of the first comment behind ``offset``."""
    return bisect_right(notes, offset - 1, key=lambda one: one.offset)


def _outside(text: str, gap: Sequence[Comment], start: int, limit: int) -> int:
    """The first semicolon that is in none of the comments; -1 for none."""
    for note in gap:
        found = text.find(";", start, note.offset)
        if found >= 0:
            return found
        start = note.offset + len(note.text)
    return text.find(";", start, limit)


def _rest_of_line(text: str, gap: Sequence[Comment], start: int, limit: int) -> int:
    """The end of the line that begins at ``start``, comments that end on it included; ``start``
    where something else follows.
    """
    position = start
    for note in gap:
        if note.offset < start:
            continue
        between = text[position : note.offset]
        if between.strip(_BLANK) or "\n" in between:
            break
        if "\n" in note.text.rstrip("\n"):
            return start
        position = note.offset + len(note.text.rstrip("\n"))
    end = _line_end(text, position, limit)
    whole = end == len(text) or text[end - 1] == "\n"
    return end if whole and not text[position:end].strip(_BLANK) else start


def _line_end(text: str, start: int, limit: int) -> int:
    found = text.find("\n", start, limit)
    return found + 1 if found >= 0 else limit
