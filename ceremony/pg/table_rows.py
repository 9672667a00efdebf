"""Rows of tables, to be compared before and after: whole, as a digest, or counted."""

from collections.abc import Iterable, Mapping, Sequence

from ceremony.pg.session import Session

_RESOLVED = """
SELECT wanted, pg_catalog.format('%%I.%%I', n.nspname, c.relname)
FROM pg_catalog.unnest(%s::text[]) AS wanted
JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(wanted)
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
"""


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
    if not tables:
        return {}
    text = "SELECT pg_catalog.count(*) || ':' || coalesce(pg_catalog.md5(pg_catalog.string_agg("
    text += "r, ',' ORDER BY r)), '') FROM (SELECT pg_catalog.md5(t::text) AS r FROM {} t) s"
    return {
        wanted: session.ask(text.format(table))[0][0]
        for wanted, table in _resolved(session, tables).items()
    }


def counts_of(session: Session, tables: Sequence[str]) -> dict[str, int]:
    """The number of rows of each table that is there."""
    return {
        wanted: int(session.ask(f"SELECT pg_catalog.count(*) FROM {table}")[0][0])
        for wanted, table in _resolved(session, tables).items()
    }


def values_of(session: Session, columns: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], int]:
    """How many values (not NULL) stand in columns, by table; names as SQL writes them."""
    found: dict[tuple[str, str], int] = {}
    resolved = _resolved(session, tuple(columns))
    for wanted, table in resolved.items():
        for column in columns[wanted]:
            text = f"SELECT pg_catalog.count({column}) FROM {table}"
            found[wanted, column] = int(session.ask(text)[0][0])
    return found


def empty(session: Session, tables: Sequence[str]) -> None:
    """Take all rows out of these tables, and out of those that refer to them."""
    if tables:
        session.ask(f"TRUNCATE {', '.join(tables)} CASCADE")


def _resolved(session: Session, tables: Sequence[str]) -> dict[str, str]:
    """Each table that is there with its full name; no answer is asked for where nothing is."""
    if not tables:
        return {}
    return dict(session.ask(_RESOLVED, (list(tables),)))
