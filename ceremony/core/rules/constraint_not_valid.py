"""A constraint that is checked against all rows while the table is locked.

``NOT VALID`` puts it in at once, ``VALIDATE CONSTRAINT`` checks the rows later, under a lock that
lets readers and writers through; in the same transaction it would run under the lock of the first.
Foreign keys of a partitioned table cannot be NOT VALID before PostgreSQL 18, so nothing is said
about them; nor about domains.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.lint.alterations import Alteration, alterations
from ceremony.core.lint.command import Command
from ceremony.core.lint.constraints import Added
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.sql.parser import Message, ast
from ceremony.core.sql.relations import Name

_CHECKED = {
    ast.CONSTR_CHECK: "check constraint",
    ast.CONSTR_FOREIGN: "foreign key",
    ast.CONSTR_NOTNULL: "NOT NULL constraint",
}
_LATER = "Add it NOT VALID here, and VALIDATE CONSTRAINT in a file behind this one."
_APART = "Move VALIDATE CONSTRAINT to a file behind this one: a file is one transaction."
_BY_CHECK = (
    "Add CHECK ({column} IS NOT NULL) NOT VALID, validate it in the next file, and SET NOT NULL "
    "then: with such a check no row is read."
)
_COLUMN_FIRST = "Add the column alone, the constraint NOT VALID, and validate it in the next file."


@dataclass
class _Here:
    """The constraints that this file adds NOT VALID, and those that it has validated so far."""

    added: set[tuple[Name, str]] = field(default_factory=set)
    validated: set[tuple[Name, str]] = field(default_factory=set)


def _look(subject: Subject) -> Iterator[Remark]:
    here = _Here()
    for command in subject.commands:
        for one in alterations(command):
            if not subject.is_new(one.table):
                yield from _action(subject, command, one, here)
        for one in subject.columns_added(command):
            yield from _of_column(subject, command, one)


def _action(subject: Subject, command: Command, one: Alteration, here: _Here) -> Iterator[Remark]:
    kind = one.action.subtype
    if kind == ast.AT_AddConstraint:
        constraint = one.constraint
        if constraint.skip_validation:
            here.added.add((one.table, constraint.conname))
        elif _is_checked(subject, Added(one.table, constraint)):
            yield command.remark(_said(one.table, constraint), _LATER)
    elif kind == ast.AT_ValidateConstraint:
        here.validated.add((one.table, one.action.name))
        if subject.in_transaction and (one.table, one.action.name) in here.added:
            yield command.remark(
                f"{one.action.name} on {one.table} is validated in the transaction that adds it, "
                "so the lock of the first is held while all rows are read.",
                _APART,
            )
    elif kind == ast.AT_SetNotNull and not _is_checked_not_null(subject, one, here):
        yield command.remark(
            f"SET NOT NULL on {one.table}.{one.action.name} reads the whole table, which nobody "
            "else can use meanwhile.",
            _BY_CHECK.format(column=one.action.name),
        )


def _of_column(subject: Subject, command: Command, one: Alteration) -> Iterator[Remark]:
    """NOT NULL of a new column is another rule's business."""
    for each in one.column.constraints:
        null = each.constraint.contype == ast.CONSTR_NOTNULL
        if not null and _is_checked(subject, Added(one.table, each.constraint)):
            yield command.remark(_said(one.table, each.constraint), _COLUMN_FIRST)


def _is_checked(subject: Subject, added: Added) -> bool:
    table = subject.before.made(ObjectKind.TABLE, added.table)
    partitioned = table is not None and _has(table.node, "partspec")
    kind = added.constraint.contype
    return kind in _CHECKED and not (partitioned and kind == ast.CONSTR_FOREIGN)


def _has(node: Message, field: str) -> bool:
    return any(each.name == field for each, _ in node.ListFields())


def _said(table: Name, constraint: Message) -> str:
    kind = _CHECKED[constraint.contype]
    said = f"{kind} {constraint.conname}" if constraint.conname else kind
    return f"The {said} on {table} is checked against every row while the table is locked."


def _is_checked_not_null(subject: Subject, one: Alteration, here: _Here) -> bool:
    """Whether earlier files put in ``CHECK (column IS NOT NULL)``, and they or this one validated
    it: PostgreSQL then reads no row (ALTER TABLE, SET NOT NULL).
    """
    return any(
        key.kind is ObjectKind.CONSTRAINT
        and key.name == one.table
        and made.node.contype == ast.CONSTR_CHECK
        and (not made.node.skip_validation or (one.table, key.part) in here.validated)
        and _says_not_null(made.node.raw_expr, one.action.name)
        for key, made in subject.before.objects.items()
    )


def _says_not_null(expression: Message, column: str) -> bool:
    """One of several conditions joined by AND is enough."""
    if expression.HasField("bool_expr") and expression.bool_expr.boolop == ast.AND_EXPR:
        return any(_says_not_null(each, column) for each in expression.bool_expr.args)
    if not expression.HasField("null_test"):
        return False
    test = expression.null_test
    named = test.arg.column_ref.fields[-1:] if test.arg.HasField("column_ref") else []
    return test.nulltesttype == ast.IS_NOT_NULL and [f.string.sval for f in named] == [column]


RULE = Rule(
    code="lint-constraint-not-valid",
    title="a constraint checked against all rows of a table that is in use",
    reason=(
        "The scan of the whole table runs under a lock that writers, and for most constraints "
        "readers too, wait for."
    ),
    link="https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES",
    look=_look,
)
