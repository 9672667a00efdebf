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
    what stands in its body. ``conditions`` are the expressions of the IF branches that lead to it,
    ``caught`` the condition names that an EXCEPTION clause around it catches: both empty at the top
    of a file.
    """

    statement: Statement
    kind: str
    node: Message
    in_body: bool = False
    conditions: tuple[Message, ...] = ()
    caught: tuple[str, ...] = ()

    @property
    def guarded(self) -> bool:
        """Whether the file itself decides, by a condition or a handler, if this takes effect."""
        return bool(self.conditions or self.caught)

    def remark(self, message: str, hint: str) -> Remark:
        """A remark about this command, at the file's statement."""
        return Remark(message, hint, self.statement)
