"""An index, a primary key, a unique or an exclusion constraint built while writers wait.

Tables of this very file have no writers yet and are left alone. An index ``ON ONLY`` a partitioned
table builds nothing, nor does a constraint of ``ALTER TABLE ONLY``; an index on the whole of it
cannot be built concurrently (PostgreSQL documentation, 5.12.2.2), and the hint says what can be
done.
"""

from collections.abc import Iterator

from ceremony.core.lint.alterations import alterations
from ceremony.core.lint.command import Command
from ceremony.core.lint.constraints import Added
from ceremony.core.lint.inventory import Inventory, ObjectKind
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.sql.parser import Message, ast
from ceremony.core.sql.relations import Name, relation_name

_BUILDS = {
    ast.CONSTR_PRIMARY: "primary key",
    ast.CONSTR_UNIQUE: "constraint",
    ast.CONSTR_EXCLUSION: "exclusion constraint",
}
_CONCURRENTLY = (
    "Write CREATE INDEX CONCURRENTLY, in a file of its own with the header line "
    "-- Transaction: none"
)
_PARTITIONED = (
    "Create the index ON ONLY the table, build it CONCURRENTLY on each partition, and attach those "
    "with ALTER INDEX … ATTACH PARTITION."
)
_USING = (
    "Build a unique index CONCURRENTLY in a file before this one, and add the constraint "
    "with USING INDEX."
)
_COLUMN_FIRST = "Add the column alone. " + _USING
_NO_OTHER_WAY = (
    "There is no way to build it concurrently: plan the run for when nobody needs the table, or "
    "say why the table is small enough."
)


def _look(subject: Subject) -> Iterator[Remark]:
    for command in subject.commands:
        if command.kind == "index_stmt":
            yield from _index(subject, command)
        else:
            yield from _constraints(subject, command)


def _index(subject: Subject, command: Command) -> Iterator[Remark]:
    node = command.node
    table = relation_name(node.relation)
    if node.concurrent or not node.relation.inh or subject.is_new(table):
        return
    yield command.remark(
        f"While {_named(node.idxname)} on {table} is built, every INSERT, UPDATE and DELETE on the "
        "table waits.",
        _PARTITIONED if _is_partitioned(subject.before, table) else _CONCURRENTLY,
    )


def _named(index: str) -> str:
    return f"the index {index}" if index else "the index"


def _is_partitioned(inventory: Inventory, table: Name) -> bool:
    made = inventory.made(ObjectKind.TABLE, table)
    return made is not None and "partspec" in _fields(made.node)


def _fields(node: Message) -> set[str]:
    return {field.name for field, _ in node.ListFields()}


def _constraints(subject: Subject, command: Command) -> Iterator[Remark]:
    for one in alterations(command, ast.AT_AddConstraint):
        apart = not command.node.relation.inh and _is_partitioned(subject.before, one.table)
        if not apart and not subject.is_new(one.table):
            yield from _built(command, Added(one.table, one.constraint))
    for one in subject.columns_added(command):
        for each in one.column.constraints:
            yield from _built(command, Added(one.table, each.constraint, one.column))


def _built(command: Command, added: Added) -> Iterator[Remark]:
    constraint = added.constraint
    if constraint.contype not in _BUILDS or constraint.indexname:
        return
    kind = _BUILDS[constraint.contype]
    said = f"{kind} {constraint.conname}" if constraint.conname else kind
    if constraint.contype == ast.CONSTR_EXCLUSION:
        hint = _NO_OTHER_WAY
    else:
        hint = _USING if added.column is None else _COLUMN_FIRST
    yield command.remark(
        f"While the index of the {said} on {added.table} is built, the table can be neither "
        "read nor written.",
        hint,
    )


RULE = Rule(
    code="lint-index-not-concurrent",
    title="an index on a table that is in use, built without CONCURRENTLY",
    reason=(
        "A plain build keeps writers out for as long as it takes, and a constraint that builds its "
        "own index keeps readers out as well."
    ),
    link=(
        "https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY"
    ),
    look=_look,
)
