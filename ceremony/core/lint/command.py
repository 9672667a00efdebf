"""A command: one thing that a script has PostgreSQL do, with its parse tree."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from ceremony.core.lint.remark import Remark
from ceremony.core.script import Statement
from ceremony.core.sql.parser import Message, tokens

RUN_QUERIES = frozenset({"select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})
"""The kinds that read or write rows at once; each may write in a WITH too (manual, 7.8.4)."""


@dataclass(frozen=True)
class Command:
    """A statement of the file, or an SQL statement that a DO block of the file executes.

    ``kind`` is the name of the parser's node (``create_stmt``, ``alter_table_stmt``), ``node`` the
    message of that kind (``CreateStmt``). ``statement`` is the statement of the file, the DO for
    what stands in its body; ``line`` and ``column`` are the place in the file, column 0 in a body.
    ``text`` is its own SQL; locations in the tree are byte offsets that count from ``start`` there.
    ``roots`` are where a walk over the whole tree begins. ``guarded`` says that the body decides
    whether it runs, ``caught`` has the conditions that handlers around it catch.
    """

    statement: Statement
    kind: str
    node: Message
    roots: tuple[Message, ...]
    line: int
    column: int
    text: str
    start: int = 0
    in_body: bool = False
    guarded: bool = False
    caught: frozenset[str] = frozenset()

    def words_from(self, location: int) -> Iterator[str]:
        """The tokens of one element of a list, from the place of one of its nodes up to the comma
        or bracket that ends it; words in lower case.
        """
        depth = 0
        first = bisect_left(self._tokens, (location - self.start, 0, ""))
        for _, _, word in islice(self._tokens, first, None):
            token = word.lower()
            depth += (token in ("(", "[")) - (token in (")", "]"))
            if depth < 0 or (depth == 0 and token == ","):
                return
            yield token

    @cached_property
    def _tokens(self) -> list[tuple[int, int, str]]:
        raw = self.text.encode()
        return [(start, end, raw[start:end].decode()) for start, end in tokens(raw).ranges]

    def remark(self, message: str, hint: str) -> Remark:
        """A remark about this command, at its place."""
        return Remark(message, hint, self.statement, self.line, self.column)
