"""What ALTER TABLE does to a table, one action after the other."""

from collections.abc import Iterator
from typing import NamedTuple

from ceremony.core.lint.command import Command
from ceremony.core.sql.constants import definition_of
from ceremony.core.sql.parser import Message, ast
from ceremony.core.sql.relations import Name, relation_name


class Alteration(NamedTuple):
    """One action of an ALTER TABLE: the AlterTableCmd, and its table."""

    table: Name
    action: Message

    @property
    def column(self) -> Message:
        """The ColumnDef of ADD COLUMN and ALTER COLUMN TYPE."""
        return definition_of(self.action).column_def

    @property
    def constraint(self) -> Message:
        """The Constraint of ADD CONSTRAINT."""
        return definition_of(self.action).constraint


def alterations(command: Command, *kinds: int) -> Iterator[Alteration]:
    """The actions of an ALTER TABLE, in order; with ``kinds`` (``ast.AT_AddColumn`` …) only those.

    Nothing for other commands, and for ALTER INDEX, VIEW, SEQUENCE, TYPE.
    """
    if command.kind != "alter_table_stmt" or command.node.objtype != ast.OBJECT_TABLE:
        return
    table = relation_name(command.node.relation)
    for each in command.node.cmds:
        if not kinds or each.alter_table_cmd.subtype in kinds:
            yield Alteration(table, each.alter_table_cmd)
