"""What psql understands and the grammar does not: inline COPY data, meta-commands, variables.

Most files hold none of it and are never read here. Where one does, the parts foreign to the grammar
are blanked out (same length, line ends kept), so that one parse of the rest has true offsets. This
reading is only a proposal: the parser's tree of the blanked text must show a COPY … FROM STDIN in
front of every piece of data, and the statements that are sent are cut from the file itself.
"""

import re
from dataclasses import dataclass, field

from ceremony.core.script import CopyData
from ceremony.core.sql.parser import Node, SqlSyntaxError, parse

_ISLAND = re.compile(
    rb"""
      (?P<comment> --[^\n\r]* )
    | (?P<nested> /\* )
    | (?P<estring> [eE]'[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+'
        (?: [ \t\f\v]*+[\r\n]\s*+ '[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+' )*+ )
    | (?P<string> (?:[uU]&|[bBxX])?'[^']*+(?:''[^']*+)*+' )
    | (?P<quoted> (?:[uU]&)?"[^"]*+(?:""[^"]*+)*+" )
    | (?P<unclosed> (?:[eEbBxX]|[uU]&)?'|(?:[uU]&)?" )
    | (?P<dollar> \$(?:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)?\$ )
    | (?P<word> [A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]* )
    | (?P<colons> ::|:= )
    | (?P<colon> : )
    | (?P<semicolon> ; )
    | (?P<backslash> \\ )
    | (?P<other> [0-9]+|\$[0-9]+|\S )
    """,
    re.VERBOSE | re.DOTALL,
)
_VARIABLE = re.compile(
    rb"""[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*|'[^'\n]+'|"[^"\n]+"|\{\?\w+\}"""
)
_COMMENT_EDGE = re.compile(rb"/\*|\*/")
_RESTRICT = re.compile(rb"\\(?:un)?restrict[ \t]+[A-Za-z0-9]+[ \t]*\r?(?=\n|\Z)")
_COMMAND = re.compile(rb"\\([A-Za-z_]+|[^\s])?[^\n]*")
_CLOSING = re.compile(rb"^\\\.\r?(?:\n|\Z)", re.MULTILINE)
_VISIBLE = re.compile(rb"[^\r\n]")


@dataclass(frozen=True)
class Foreign:
    """Something psql would do, at byte ``position``: a meta-command's or a variable's ``name``."""

    position: int
    name: str


@dataclass
class Masked:
    """A file with everything foreign to the grammar blanked out.

    ``copies`` maps the byte offset of a COPY's final semicolon to its data. ``unclosed`` are the
    offsets of COPY statements whose data no ``\\.`` ends, ``crowded`` those with text behind their
    semicolon. ``atomic`` says that the word ATOMIC occurs: semicolons may then stand inside a
    function's body.
    """

    raw: bytearray
    copies: dict[int, CopyData] = field(default_factory=dict)
    commands: list[Foreign] = field(default_factory=list)
    variables: list[Foreign] = field(default_factory=list)
    unclosed: list[int] = field(default_factory=list)
    crowded: list[int] = field(default_factory=list)
    comments: list[tuple[int, int]] = field(default_factory=list)
    semicolons: list[int] = field(default_factory=list)
    atomic: bool = False

    def blank(self, start: int, end: int) -> None:
        """Replace these bytes by blanks; line ends stay, so that lines keep their numbers."""
        self.raw[start:end] = _VISIBLE.sub(b" ", bytes(self.raw[start:end]))


def mask(raw: bytes) -> Masked:
    """Blank out inline COPY data and meta-commands; note the variables, which stay."""
    return _Reader(raw).read()


def is_copy_from_stdin(node: Node) -> bool:
    """Whether a statement is a COPY that reads its data from the client."""
    if node.WhichOneof("node") != "copy_stmt":
        return False
    copy = node.copy_stmt
    return copy.is_from and not copy.filename and not copy.is_program


class _Reader:
    """Walks over one file; ``start`` is where the statement at hand begins, ``first`` its word."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.masked = Masked(bytearray(raw))
        self.position = 0
        self._begin(0)

    def _begin(self, position: int) -> None:
        self.start = position
        self.first = b""
        self.stdin = False
        self.pending = False

    def read(self) -> Masked:
        while (match := _ISLAND.search(self.raw, self.position)) is not None:
            self.position = match.end()
            kind = match.lastgroup or ""
            if kind == "comment":
                self.masked.comments.append(match.span())
            elif kind == "nested":
                self._skip_comment(match.start())
            elif kind == "semicolon":
                self._semicolon(match.start())
            elif kind == "backslash":
                self._command(match.start())
            elif kind == "unclosed":
                break
            else:
                self._token(kind, match)
        return self.masked

    def _token(self, kind: str, match: re.Match[bytes]) -> None:
        if kind == "word":
            word = match.group().lower()
            self.stdin = self.stdin or word == b"stdin"
            self.masked.atomic = self.masked.atomic or word == b"atomic"
            if not self.pending:
                self.first = word
        elif kind == "colon" and (variable := _VARIABLE.match(self.raw, match.end())):
            name = variable.group().strip(b"'\"{?}").decode()
            self.masked.variables.append(Foreign(match.start(), name))
        elif kind == "dollar":
            close = self.raw.find(match.group(), match.end())
            self.position = close + len(match.group()) if close >= 0 else len(self.raw)
        self.pending = True

    def _skip_comment(self, start: int) -> None:
        depth = 1
        while depth and (edge := _COMMENT_EDGE.search(self.raw, self.position)) is not None:
            depth += 1 if edge.group() == b"/*" else -1
            self.position = edge.end()
        if depth:
            self.position = len(self.raw)
        self.masked.comments.append((start, self.position))

    def _semicolon(self, position: int) -> None:
        self.masked.semicolons.append(position)
        if self.first == b"copy" and self.stdin and self._reads_client(position):
            self._data(position)
        self._begin(self.position)

    def _reads_client(self, position: int) -> bool:
        try:
            parsed = parse(bytes(self.masked.raw[self.start : position]))
        except SqlSyntaxError:
            return False
        return len(parsed) == 1 and is_copy_from_stdin(parsed[0].node)

    def _data(self, semicolon: int) -> None:
        line_end = self.raw.find(b"\n", semicolon)
        start = line_end + 1 if line_end >= 0 else len(self.raw)
        if self.raw[semicolon + 1 : start].strip():
            self.masked.crowded.append(semicolon)
            self.masked.blank(semicolon + 1, start)
        closing = _CLOSING.search(self.raw, start)
        if closing is None:
            self.masked.unclosed.append(semicolon)
        end = closing.start() if closing else len(self.raw)
        self.position = closing.end() if closing else len(self.raw)
        self.masked.copies[semicolon] = CopyData(
            self.raw[start:end], self.raw.count(b"\n", 0, start) + 1
        )
        self.masked.blank(start, self.position)

    def _command(self, position: int) -> None:
        restrict = _RESTRICT.match(self.raw, position)
        at_line_start = position == 0 or self.raw[position - 1 : position] == b"\n"
        if restrict is not None and at_line_start and not self.pending:
            self.position = restrict.end()
            self.masked.blank(position, self.position)
            return
        command = _COMMAND.match(self.raw, position)
        end = command.end() if command else position + 1
        name = (command.group(1) or b"").decode(errors="replace") if command else ""
        self.masked.commands.append(Foreign(position, "\\" + name))
        self.position = end
        self.masked.blank(position, end)
        if self.pending and name.startswith("g"):
            self.masked.raw[position] = 0x3B
            self._begin(end)
