"""Tables without row-level security, in a series that asks for it.

A table with row-level security and no policy is left alone: it shows no row to anybody but its
owner (PostgreSQL documentation, 5.9).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.lint.alterations import alterations
from ceremony.core.lint.command import Command
from ceremony.core.lint.deeds import dropped, renamed
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.script import Statement
from ceremony.core.sql.constants import definition_of
from ceremony.core.sql.parser import ast
from ceremony.core.sql.relations import TEMPORARY, Name, relation_name


@dataclass
class _Table:
    """``statement`` created the table, or switched its row-level security off."""

    statement: Statement
    secured: bool = False
    switched_off: bool = False


def _look(subject: Subject) -> Iterator[Remark]:
    tables: dict[Name, _Table] = {}
    for command in subject.commands:
        _follow(command, tables)
    for name, table in tables.items():
        if table.secured:
            continue
        if name in subject.new_tables:
            yield Remark(
                f"The table {name} is created without row-level security.",
                f"Add to this file: ALTER TABLE {name} ENABLE ROW LEVEL SECURITY; and the policies "
                "that let rows be seen.",
                table.statement,
            )
        elif table.switched_off:
            yield Remark(
                f"The table {name} loses its row-level security.",
                "Leave it on, and write a policy for who needs the rows.",
                table.statement,
            )


def _follow(command: Command, tables: dict[Name, _Table]) -> None:
    for key in dropped(command):
        if key.kind is ObjectKind.TABLE:
            tables.pop(key.name, None)
    for old, new in renamed(command):
        if old.kind is ObjectKind.TABLE and old.name in tables:
            tables[new.name] = tables.pop(old.name)
    created = _created(command)
    if created is not None:
        tables.setdefault(created, _Table(command.statement))
    _secure(command, tables)
    for one in alterations(command, ast.AT_AttachPartition):
        tables.pop(relation_name(definition_of(one.action).partition_cmd.name), None)


def _created(command: Command) -> Name | None:
    """A table that clients could read: no temporary one, no partition (its table's policies hold
    for who goes through the table, and nobody has a right on the partition itself).
    """
    node = command.node
    if command.kind == "create_stmt" and not node.HasField("partbound"):
        relation = node.relation
    elif command.kind == "create_table_as_stmt" and node.objtype == ast.OBJECT_TABLE:
        relation = node.into.rel
    elif command.kind == "select_stmt" and node.HasField("into_clause") and not command.in_body:
        relation = node.into_clause.rel
    else:
        return None
    name = relation_name(relation)
    return None if name.schema == TEMPORARY else name


def _secure(command: Command, tables: dict[Name, _Table]) -> None:
    for one in alterations(command, *_SWITCHES):
        on = _SWITCHES[one.action.subtype]
        table = tables.setdefault(one.table, _Table(command.statement))
        table.secured, table.switched_off = on, not on


_SWITCHES: Mapping[int, bool] = {
    ast.AT_EnableRowSecurity: True,
    ast.AT_DisableRowSecurity: False,
}


RULE = Rule(
    code="lint-row-level-security",
    title="table without row-level security",
    reason="Where the series relies on row-level security, a table without it shows all its rows "
    "to every role that may read it, until somebody notices.",
    link="https://www.postgresql.org/docs/current/ddl-rowsecurity.html",
    look=_look,
    severity=None,
)
