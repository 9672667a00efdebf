"""A column added with a value that differs from row to row: the whole table is written anew.

PostgreSQL stores one value for all rows that are there, but not where the default is volatile, the
column is generated and stored or an identity, or its type is a domain with constraints (ALTER
TABLE, Notes). Functions of PostgreSQL's own are known by name, others where a file of the series
creates them; nothing is said about the rest.
"""

from collections.abc import Iterator

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.subject import Subject
from ceremony.core.lint.widening import is_constrained
from ceremony.core.sql.constants import options_of, word
from ceremony.core.sql.parser import Message, ast, walk
from ceremony.core.sql.relations import listed_name

_VOLATILE = frozenset(
    {
        "clock_timestamp", "timeofday", "random", "random_normal", "setseed", "gen_random_uuid",
        "uuidv4", "uuidv7", "uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4",
        "gen_random_bytes", "gen_salt", "nextval", "currval", "lastval", "setval", "pg_sleep",
        "pg_current_xact_id", "txid_current",
    }
)  # fmt: skip
"""Volatile functions of PostgreSQL, pgcrypto and uuid-ossp (``pg_proc.provolatile``)."""

_VIRTUAL = "v"
"""``generated_kind`` of a column that is computed when it is read (PostgreSQL 18)."""

_SERIAL = frozenset({"smallserial", "serial", "bigserial", "serial2", "serial4", "serial8"})
_HINT = (
    "Add the column without it, set the default with ALTER COLUMN … SET DEFAULT, and fill the old "
    "rows in batches."
)


def _look(subject: Subject) -> Iterator[Remark]:
    for command in subject.commands:
        for one in subject.columns_added(command):
            why = _why(subject, one.column)
            if why:
                yield command.remark(
                    f"Adding {one.column.colname} writes the whole of {one.table} anew, and "
                    f"nobody can read it meanwhile: {why}.",
                    _HINT,
                )


def _why(subject: Subject, column: Message) -> str:
    name = listed_name(column.type_name.names)
    if name.name in _SERIAL:
        return f"{name.name} takes a new number for each row"
    for each in column.constraints:
        said = _why_constraint(subject, each.constraint)
        if said:
            return said
    domain = subject.after.made(ObjectKind.DOMAIN, name)
    if domain is not None and is_constrained(domain.node) and not column.type_name.array_bounds:
        return f"the domain {name} has constraints"
    return ""


def _why_constraint(subject: Subject, constraint: Message) -> str:
    if constraint.contype == ast.CONSTR_IDENTITY:
        return "an identity takes a new number for each row"
    if constraint.contype == ast.CONSTR_GENERATED and constraint.generated_kind != _VIRTUAL:
        return "a stored generated column is computed for each row"
    if constraint.contype == ast.CONSTR_DEFAULT:
        for node in walk([constraint.raw_expr]):
            if isinstance(node, ast.FuncCall) and _is_volatile(subject, node):
                return f"{node.funcname[-1].string.sval}() gives each row its own value"
    return ""


def _is_volatile(subject: Subject, call: Message) -> bool:
    name = listed_name(call.funcname)
    made = subject.after.made(ObjectKind.FUNCTION, name)
    if made is not None:
        said = options_of(made.node.options).get("volatility")
        return said is None or word(said) == "volatile"
    return name.name in _VOLATILE


RULE = Rule(
    code="lint-volatile-default",
    title="a column added with a value of its own for each row",
    reason=(
        "The table and its indexes are written anew under an ACCESS EXCLUSIVE lock; a value that "
        "is the same for all rows is stored once and takes no time."
    ),
    link="https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES",
    look=_look,
)
