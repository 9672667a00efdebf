"""The constraints that a command adds, wherever the grammar lets them stand."""

from collections.abc import Iterator
from typing import NamedTuple

from ceremony.core.lint.alterations import alterations
from ceremony.core.lint.command import Command
from ceremony.core.sql.parser import Message, ast
from ceremony.core.sql.relations import Name, relation_name


class Added(NamedTuple):
    """A constraint that a command adds to ``table``; ``column`` is the ColumnDef it stands at,
    ``None`` where it is one of the table.
    """

    table: Name
    constraint: Message
    column: Message | None = None


def constraints_of(command: Command) -> Iterator[Added]:
    """Every constraint of CREATE TABLE and ALTER TABLE, in order, those of columns included.

    PostgreSQL's tree has NOT NULL, DEFAULT, GENERATED and the like among them (``contype``).
    """
    if command.kind == "create_stmt":
        table = relation_name(command.node.relation)
        for element in command.node.table_elts:
            if element.HasField("column_def"):
                yield from _of_column(table, element.column_def)
            elif element.HasField("constraint"):
                yield Added(table, element.constraint)
    for one in alterations(command, ast.AT_AddColumn, ast.AT_AddConstraint):
        if one.action.subtype == ast.AT_AddColumn:
            yield from _of_column(one.table, one.column)
        else:
            yield Added(one.table, one.constraint)


def _of_column(table: Name, column: Message) -> Iterator[Added]:
    for each in column.constraints:
        yield Added(table, each.constraint, column)
