"""A command: one thing that a script has PostgreSQL do, with its parse tree."""

from dataclasses import dataclass

from ceremony.core.lint.remark import Remark
from ceremony.core.script import Statement
from ceremony.core.sql.parser import Message


@dataclass(frozen=True)
class Command:
    """A statement of the file, or an SQL statement that a DO block of the file executes.

    ``kind`` is the name of the parser's node (``create_stmt``, ``alter_table_stmt``), ``node`` the
    message of that kind (``CreateStmt``). ``statement`` is the statement of the file, the DO for
    what stands in its body; ``line`` and ``column`` are the place in the file, column 0 in a body.
    ``roots`` are where a walk over the whole tree begins. ``guarded`` says that the body decides
    whether it runs, ``caught`` has the conditions that handlers around it catch.
    """

    statement: Statement
    kind: str
    node: Message
    roots: tuple[Message, ...]
    line: int
    column: int
    in_body: bool = False
    guarded: bool = False
    caught: frozenset[str] = frozenset()

    def remark(self, message: str, hint: str) -> Remark:
        """A remark about this command, at its place."""
        return Remark(message, hint, self.statement, self.line, self.column)
