"""The constraints that a command adds, wherever the grammar lets them stand."""

from collections.abc import Iterator

from ceremony.core.lint.command import Command
from ceremony.core.sql.constants import definition_of
from ceremony.core.sql.parser import Message, ast


def constraints_of(command: Command) -> Iterator[Message]:
    """Every Constraint node of CREATE TABLE and ALTER TABLE, those of columns included."""
    if command.kind == "create_stmt":
        for element in command.node.table_elts:
            if element.HasField("column_def"):
                yield from _of_column(element.column_def)
            elif element.HasField("constraint"):
                yield element.constraint
    elif command.kind == "alter_table_stmt":
        for each in command.node.cmds:
            definition = definition_of(each.alter_table_cmd)
            if each.alter_table_cmd.subtype == ast.AT_AddColumn:
                yield from _of_column(definition.column_def)
            elif each.alter_table_cmd.subtype == ast.AT_AddConstraint:
                yield definition.constraint


def _of_column(column: Message) -> Iterator[Message]:
    for each in column.constraints:
        yield each.constraint
