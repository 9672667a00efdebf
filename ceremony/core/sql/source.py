"""An SQL text read once: tokens, trees, inline data, and where everything stands."""

from bisect import bisect_left
from dataclasses import dataclass, replace

from ceremony.core.digests import Meaning
from ceremony.core.script import CopyData, Statement
from ceremony.core.sql.lexer import Masked, is_copy_from_stdin, mask
from ceremony.core.sql.parser import Node, Parsed, SqlSyntaxError, Tokens, error_at, parse, tokens

STRAY = "inline data without a COPY … FROM STDIN in front of it"
"""The message where psql would see inline data and the parser does not."""


@dataclass(frozen=True)
class Tree:
    """One statement with its parse tree, and the byte offset of its first character."""

    statement: Statement
    parsed: Parsed
    start: int

    @property
    def node(self) -> Node:
        """The parser's node."""
        return self.parsed.node

    @property
    def kind(self) -> str:
        """The node's name (``create_stmt``)."""
        return self.statement.kind


@dataclass(frozen=True)
class Source:
    """A text as understood. ``masked`` is ``None`` where the grammar knows everything in it."""

    raw: bytes
    tokens: Tokens
    trees: tuple[Tree, ...]
    masked: Masked | None

    @property
    def meaning(self) -> Meaning:
        """What the text says, for the digest."""
        raw = self.raw
        copies: dict[int, bytes] = {}
        if self.masked is not None:
            starts = [start for start, _ in self.tokens.ranges]
            copies = {bisect_left(starts, at): copy.data for at, copy in self.masked.copies.items()}
        return Meaning(tuple([raw[start:end] for start, end in self.tokens.ranges]), copies)


def understand(text: str) -> Source:
    """Read ``text``. Raises SqlSyntaxError, also where psql and the grammar would disagree."""
    raw = text.encode()
    try:
        parsed = parse(raw)
    except SqlSyntaxError:
        return understand_masked(raw, mask(raw))
    if any(is_copy_from_stdin(each.node) for each in parsed):
        return understand_masked(raw, mask(raw))
    scanned = tokens(raw)
    return Source(raw, scanned, _trees(raw, parsed, scanned, {}), None)


def understand_masked(raw: bytes, masked: Masked) -> Source:
    """The same with what is foreign to the grammar blanked out."""
    blanked = bytes(masked.raw)
    parsed = parse(blanked)
    scanned = tokens(blanked)
    trees = _trees(raw, parsed, scanned, masked.copies)
    found = sum(tree.statement.copy is not None for tree in trees)
    if found != len(masked.copies):
        raise error_at(raw, min(masked.copies), STRAY)
    return Source(raw, scanned, trees, masked)


def _trees(
    raw: bytes, parsed: list[Parsed], scanned: Tokens, copies: dict[int, CopyData]
) -> tuple[Tree, ...]:
    """The statements of a text, each cut from its first to its last token."""
    starts = [start for start, _ in scanned.ranges]
    walker = _Walker(raw)
    trees = []
    for number, each in enumerate(parsed, 1):
        first = bisect_left(starts, each.start)
        while raw[starts[first] : scanned.ranges[first][1]] == b";":
            first += 1
        end = scanned.ranges[bisect_left(starts, each.end) - 1][1]
        start = starts[first]
        statement = walker.statement(number, start, end, each.kind)
        if copies and is_copy_from_stdin(each.node):
            statement = replace(statement, copy=_copy_of(copies, starts, end))
        trees.append(Tree(statement, each, start))
    return tuple(trees)


def _copy_of(copies: dict[int, CopyData], starts: list[int], end: int) -> CopyData | None:
    following = bisect_left(starts, end)
    return copies.get(starts[following]) if following < len(starts) else None


class _Walker:
    """Goes forward through a text, turning byte offsets into characters, lines and columns."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.ascii = raw.isascii()
        self.position = self.offset = 0
        self.line = self.column = 1

    def statement(self, number: int, start: int, end: int, kind: str) -> Statement:
        """The statement at these byte offsets, which lie behind those of the call before."""
        passed = self.raw[self.position : start]
        breaks = passed.count(b"\n")
        characters = len(passed) if self.ascii else len(passed.decode())
        if breaks:
            self.line += breaks
            behind = passed[passed.rfind(b"\n") + 1 :]
            self.column = 1 + (len(behind) if self.ascii else len(behind.decode()))
        else:
            self.column += characters
        self.offset += characters
        self.position = start
        text = self.raw[start:end].decode()
        return Statement(number, text, self.line, self.column, self.offset, kind)
