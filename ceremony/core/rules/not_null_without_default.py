"""A column that must not be NULL, added without a value for the rows that are there.

A default, an identity, a generated value and a serial type give one; so does a domain with a
default of its own. Whether the table has rows is not known here: an empty one takes the column.
"""

from collections.abc import Iterator

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.sql.parser import Message, ast
from ceremony.core.sql.relations import listed_name

_REFUSES_NULL = frozenset({ast.CONSTR_NOTNULL, ast.CONSTR_PRIMARY})
_GIVES_VALUE = frozenset({ast.CONSTR_IDENTITY, ast.CONSTR_GENERATED})
_SERIAL = frozenset({"smallserial", "serial", "bigserial", "serial2", "serial4", "serial8"})


def _look(subject: Subject) -> Iterator[Remark]:
    for command in subject.commands:
        for one in subject.columns_added(command):
            column = one.column
            kinds = {each.constraint.contype for each in column.constraints}
            filled = kinds & _GIVES_VALUE or _has_default(column) or _typed(subject, column)
            if kinds & _REFUSES_NULL and not filled:
                yield command.remark(
                    f"{one.table} gets the column {column.colname} without a value for the rows "
                    "that are there: where there is one, the file fails (23502).",
                    "Give it a DEFAULT; or add it without NOT NULL, fill it, and then "
                    "ALTER COLUMN … SET NOT NULL.",
                )


def _has_default(column: Message) -> bool:
    return any(
        each.constraint.contype == ast.CONSTR_DEFAULT and not _is_null(each.constraint.raw_expr)
        for each in column.constraints
    )


def _is_null(expression: Message) -> bool:
    while expression.HasField("type_cast"):
        expression = expression.type_cast.arg
    return expression.HasField("a_const") and bool(expression.a_const.isnull)


def _typed(subject: Subject, column: Message) -> bool:
    """Whether the type brings a value along: a serial one, or a domain with a default."""
    name = listed_name(column.type_name.names)
    if name.name in _SERIAL:
        return True
    domain = subject.after.made(ObjectKind.DOMAIN, name)
    return domain is not None and any(
        each.constraint.contype == ast.CONSTR_DEFAULT for each in domain.node.constraints
    )


RULE = Rule(
    code="lint-not-null-without-default",
    title="a NOT NULL column added without a default",
    reason="The rows that are there would hold NULL in it, so it works on empty tables only.",
    link="https://www.postgresql.org/docs/current/ddl-alter.html#DDL-ALTER-ADDING-A-COLUMN",
    look=_look,
)
