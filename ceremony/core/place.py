"""Places in a file: lines and columns, counted from 1 in characters.

PostgreSQL counts positions in characters of the statement it was sent, from 1 (field ``P`` of the
error message, protocol documentation section "Error and Notice Message Fields"); lines inside a
function body and inside COPY data are counted from where those begin. Everything here turns one
into the other.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass

from ceremony.core.script import CopyData, Script, Statement


@dataclass(frozen=True)
class Place:
    """A place in a file; ``source_line`` is the text of its line, ``column`` the caret's place."""

    line: int
    column: int
    source_line: str

    @property
    def caret_line(self) -> str:
        """Blanks and a caret to print below ``source_line``; tabs stay, so that both align."""
        before = self.source_line[: self.column - 1]
        return "".join("\t" if character == "\t" else " " for character in before) + "^"


class Lines:
    """The line starts of one text, for many look-ups."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0]
        position = text.find("\n")
        while position >= 0:
            self._starts.append(position + 1)
            position = text.find("\n", position + 1)

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of the character at ``offset`` (from 0)."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int) -> int:
        """The offset (from 0) of the first character of ``line`` (from 1); that of the last line
        for one behind it.
        """
        return self._starts[min(line, len(self._starts)) - 1]

    def place(self, offset: int) -> Place:
        """The place of the character at ``offset`` (from 0)."""
        line, column = self.at(offset)
        return Place(line, column, line_around(self._text, offset))


def line_around(text: str, offset: int) -> str:
    """The line of ``text`` that holds ``offset``, without its line end."""
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return text[start : end if end >= 0 else len(text)].rstrip("\r")


def place_of(script: Script | None, statement: Statement, position: int) -> Place:
    """Where character ``position`` (from 1, as the server counts) of a statement stands in its
    file.

    Without a script the source line is cut from the statement itself. A position outside the
    statement (0 where the server gave none) is its first character.
    """
    inside = position - 1 if 1 <= position <= len(statement.text) + 1 else 0
    breaks = statement.text.count("\n", 0, inside)
    line_start = statement.text.rfind("\n", 0, inside)
    column = inside - line_start if breaks else statement.column + inside
    line = statement.line + breaks
    if script is not None:
        return Place(line, column, line_around(script.text, statement.offset + inside))
    own = line_around(statement.text, inside)
    return Place(line, column, own if breaks else " " * (statement.column - 1) + own)


def file_line_of_body(statement: Statement, line: int) -> int:
    """The file's line for line ``line`` of a statement's body, as PL/pgSQL counts in its context.

    PL/pgSQL counts from the line on which the body's literal opens (``$$``, ``$tag$`` or ``'``).
    """
    opening = _BODY.search(statement.text)
    before = opening.start() if opening else 0
    return statement.line + statement.text.count("\n", 0, before) + line - 1


def file_line_of_copy(copy: CopyData, line: int) -> int:
    """The file's line for ``COPY t, line n`` of an error's context."""
    return copy.first_line + line - 1


_BODY = re.compile(r"(?<![\w$])\$(?:[^\W\d]\w*)?\$|(?<![\w$])[eE]?'")
