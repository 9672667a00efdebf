"""Rows of tables, to be compared before and after: whole, as a digest, or counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ceremony.pg.names import literal
from ceremony.pg.session import Session

_RESOLVED = """
SELECT wanted, pg_catalog.format('%%I.%%I', n.nspname, c.relname)
FROM pg_catalog.unnest(%s::text[]) AS wanted
JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(wanted)
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
"""
_COUNTED = """
SELECT {what}, {table}::regclass::oid::text, coalesce((
    SELECT attnum FROM pg_catalog.pg_attribute
    WHERE attrelid = {table}::regclass AND attnum > 0 AND pg_catalog.quote_ident(attname) = {column}
), 0), (SELECT pg_catalog.count({counted}) FROM {name})
"""
_STILL_THERE = """
SELECT DISTINCT c.oid::text, a.attnum
FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_attribute a
    ON a.attrelid = c.oid AND NOT a.attisdropped AND a.attnum > 0
WHERE c.oid::text = ANY (%s)
"""


@dataclass(frozen=True)
class Stored:
    """Data in a table or a column: ``count`` rows, or values that are not NULL.

    ``relation`` and ``column`` are PostgreSQL's own numbers (``column`` 0 for the table): a new
    name does not change them.
    """

    what: str
    relation: str
    column: int
    count: int


def rows_of(session: Session, tables: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The rows of these tables as text, sorted; a table that is not there is left out.

    For reference tables: small ones, whose rows belong to the schema.
    """
    return {
        wanted: tuple(row for (row,) in session.ask(f"SELECT t::text FROM {table} t ORDER BY 1"))
        for wanted, table in _resolved(session, tables).items()
    }


def digests_of(session: Session, tables: Sequence[str]) -> dict[str, str]:
    """What all rows of each table add up to: their number and an MD5 over them, in any order."""
    text = "SELECT pg_catalog.count(*) || ':' || coalesce(pg_catalog.md5(pg_catalog.string_agg("
    text += "r, ',' ORDER BY r)), '') FROM (SELECT pg_catalog.md5(t::text) AS r FROM {} t) s"
    return {
        wanted: session.ask(text.format(table))[0][0]
        for wanted, table in _resolved(session, tables).items()
    }


def stored_in(
    session: Session, tables: Sequence[str], columns: Mapping[str, Sequence[str]]
) -> tuple[Stored, ...]:
    """What stands in these tables, and in columns of others (by table). Names are those of a
    snapshot: qualified, quoted where SQL needs it.
    """
    parts = [_counted(f"table {name}", name, "", "*") for name in tables]
    for name, several in columns.items():
        parts += [_counted(f"column {name}.{one}", name, one, one) for one in several]
    if not parts:
        return ()
    return tuple(Stored(*row) for row in session.ask("UNION ALL".join(parts)))


def gone(session: Session, stored: Sequence[Stored]) -> tuple[Stored, ...]:
    """Those whose table or column is not there any more, under whatever name."""
    if not stored:
        return ()
    rows = session.ask(_STILL_THERE, ([one.relation for one in stored],))
    there = {(relation, column or 0) for relation, column in rows}
    there |= {(relation, 0) for relation, _ in rows}
    return tuple(one for one in stored if (one.relation, one.column) not in there)


def empty(session: Session, tables: Sequence[str]) -> None:
    """Take all rows out of these tables, and out of those that refer to them."""
    if tables:
        session.ask(f"TRUNCATE {', '.join(tables)} CASCADE")


def _counted(what: str, table: str, column: str, counted: str) -> str:
    return _COUNTED.format(
        what=literal(what),
        table=literal(table),
        column=literal(column),
        counted=counted,
        name=table,
    )


def _resolved(session: Session, tables: Sequence[str]) -> dict[str, str]:
    """Each table that is there with its full name; no answer is asked for where nothing is."""
    if not tables:
        return {}
    return dict(session.ask(_RESOLVED, (list(tables),)))
