"""Columns of type timestamp without time zone."""

from collections.abc import Iterator
from typing import NamedTuple

from ceremony.core.contract.names import shown_name
from ceremony.core.lint.command import Command
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.sql.constants import definition_of
from ceremony.core.sql.parser import Message, ast
from ceremony.core.sql.relations import TEMPORARY, Name, listed_name, relation_name

_TYPES = (("timestamp",), ("pg_catalog", "timestamp"))
_WITH_TYPE = (ast.AT_AddColumn, ast.AT_AlterColumnType)


class _Typed(NamedTuple):
    """What gets a type, in words, with the type and the place where it stands."""

    words: str
    type_name: Message
    location: int


def _look(subject: Subject) -> Iterator[Remark]:
    for command in subject.commands:
        for one in _typed(command):
            if tuple(part.string.sval for part in one.type_name.names) in _TYPES:
                yield Remark(
                    f"{one.words} is a timestamp without time zone: it holds what a clock showed "
                    "somewhere, not a moment.",
                    "Write timestamptz (timestamp with time zone).",
                    command.statement,
                    *subject.place(command, one.location),
                )


def _typed(command: Command) -> Iterator[_Typed]:
    """Temporary tables are the file's own and left out."""
    node = command.node
    if command.kind == "create_stmt" and relation_name(node.relation).schema != TEMPORARY:
        for element in node.table_elts:
            if element.HasField("column_def"):
                yield _column(relation_name(node.relation), element.column_def)
    elif command.kind == "alter_table_stmt" and node.objtype in _ALTERED:
        for each in node.cmds:
            one = each.alter_table_cmd
            if one.subtype in _WITH_TYPE:
                table = relation_name(node.relation)
                yield _column(table, definition_of(one).column_def, one.name)
    elif command.kind == "create_domain_stmt":
        yield _Typed(f"The domain {listed_name(node.domainname)}", node.type_name, 0)
    elif command.kind == "composite_type_stmt":
        for element in node.coldeflist:
            yield _column(relation_name(node.typevar), element.column_def)


_ALTERED = (ast.OBJECT_TABLE, ast.OBJECT_TYPE)


def _column(of: Name, column: Message, name: str = "") -> _Typed:
    words = f"The column {of}.{shown_name(column.colname or name)}"
    return _Typed(words, column.type_name, column.location)


RULE = Rule(
    code="lint-timestamp-without-zone",
    title="timestamp without time zone",
    reason="The same value is another moment for each client with another TimeZone, and "
    "comparisons with now() convert it by the session's setting without a word.",
    link="https://www.postgresql.org/docs/current/datatype-datetime.html",
    look=_look,
)
