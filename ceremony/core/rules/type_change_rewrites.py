"""A changed type for which the table is written anew.

It is not where the old type is binary coercible to the new one or an unconstrained domain over it,
and where a length or precision only grows (``ceremony.core.lint.widening``). ``timestamp`` to
``timestamptz`` needs no rewrite in a session whose time zone is UTC, which a file cannot rely on.
The column's type is the one that the files of the series tell; where they do not, it is assumed
that the table is rewritten.
"""

from collections.abc import Iterator
from itertools import pairwise

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.lint.alterations import Alteration, alterations
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.lint.widening import keeps_rows
from ceremony.core.sql.parser import Message, ast
from ceremony.core.sql.types import TypeName, type_of


def _look(subject: Subject) -> Iterator[Remark]:
    for command in subject.commands:
        for one in alterations(command, ast.AT_AlterColumnType):
            if not subject.is_new(one.table) and not _keeps_rows(subject, one):
                yield command.remark(
                    f"{one.table} is written anew to give {one.action.name} another type, and "
                    "nobody can read it meanwhile.",
                    "Add a column of the new type, fill it in batches, and swap the two; or say "
                    "why the table is small enough.",
                )


def _keeps_rows(subject: Subject, one: Alteration) -> bool:
    column = subject.before.made(ObjectKind.COLUMN, one.table, one.action.name)
    old = type_of(column.node.type_name) if column is not None else None
    new = type_of(one.column.type_name)
    if old is None or new is None:
        return False
    through = _through(one)
    if through is None:
        return False
    steps = [old, *through, new]
    return all(keeps_rows(first, then, subject.before) for first, then in pairwise(steps))


def _through(one: Alteration) -> list[TypeName] | None:
    """The types that USING casts the column to, innermost first; ``None`` where it computes."""
    types: list[TypeName] = []
    value: Message = one.column.raw_default
    if value.WhichOneof("node") is None:
        return types
    while value.HasField("type_cast"):
        cast = type_of(value.type_cast.type_name)
        if cast is None:
            return None
        types.insert(0, cast)
        value = value.type_cast.arg
    fields = value.column_ref.fields if value.HasField("column_ref") else []
    names = [field.string.sval for field in fields]
    return types if names[-1:] == [one.action.name] else None


RULE = Rule(
    code="lint-type-change-rewrites",
    title="a changed type that rewrites a table in use",
    reason=(
        "The table and its indexes are written anew under an ACCESS EXCLUSIVE lock, and need "
        "twice their space until that is done."
    ),
    link="https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES",
    look=_look,
)
