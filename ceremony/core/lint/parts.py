"""The columns, constraints and triggers of a table that a command is about, by name."""

from collections.abc import Iterator, Mapping

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.lint.alterations import alterations
from ceremony.core.lint.command import Command
from ceremony.core.lint.constraints import constraints_of
from ceremony.core.lint.deeds import OF_A_TABLE, dropped
from ceremony.core.lint.inventory import Key
from ceremony.core.sql.parser import ast
from ceremony.core.sql.relations import relation_name


def parts_used(command: Command) -> Iterator[Key]:
    """What ALTER TABLE and DROP name of a table, the columns of an index and those that a foreign
    key refers to. Columns in queries are not told.
    """
    yield from (key for key in dropped(command) if key.kind in OF_A_TABLE)
    for one in alterations(command, *_NAMED):
        yield Key(_NAMED[one.action.subtype], one.table, one.action.name)
    for added in constraints_of(command):
        constraint = added.constraint
        if constraint.contype == ast.CONSTR_FOREIGN:
            table = relation_name(constraint.pktable)
            for column in constraint.pk_attrs:
                yield Key(ObjectKind.COLUMN, table, column.string.sval)
    if command.kind == "index_stmt":
        table = relation_name(command.node.relation)
        for parameter in command.node.index_params:
            if parameter.index_elem.name:
                yield Key(ObjectKind.COLUMN, table, parameter.index_elem.name)


_NAMED: Mapping[int, ObjectKind] = {
    ast.AT_AlterColumnType: ObjectKind.COLUMN,
    ast.AT_ColumnDefault: ObjectKind.COLUMN,
    ast.AT_SetNotNull: ObjectKind.COLUMN,
    ast.AT_DropNotNull: ObjectKind.COLUMN,
    ast.AT_ValidateConstraint: ObjectKind.CONSTRAINT,
    ast.AT_AlterConstraint: ObjectKind.CONSTRAINT,
    ast.AT_EnableTrig: ObjectKind.TRIGGER,
    ast.AT_EnableAlwaysTrig: ObjectKind.TRIGGER,
    ast.AT_DisableTrig: ObjectKind.TRIGGER,
}
