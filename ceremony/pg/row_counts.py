"""How many rows stand in the tables of a target: counted before a run and after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ceremony.pg.ledger_ddl import TABLE
from ceremony.pg.names import literal
from ceremony.pg.queries import query
from ceremony.pg.session import Session

_FILE = "preflight.sql"


@dataclass(frozen=True)
class Counts:
    """``rows`` maps the oid of a table to its rows, ``names`` to its name. ``left_out`` maps the
    names of those that were not counted to the reason.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)


def count_rows(session: Session, ledger_schema: str, largest: int) -> Counts:
    """Count every table of the database in two round trips, except the ledger, temporary tables,
    and partitions (their parent has their rows).

    What is larger than ``largest`` bytes or must not be read is left out and said. Raises
    CeremonyError (lock-timeout, where somebody holds a table for himself).
    """
    found = session.ask(query("tables-with-rows", _FILE), (ledger_schema, TABLE))
    left_out = {}
    counted = []
    for name, quoted, oid, readable, size in found:
        if not readable:
            left_out[name] = "the role may not read it"
        elif size > largest:
            left_out[name] = f"it has {size // 2**20} MB"
        else:
            counted.append((str(oid), name, quoted))
    return _counted(session, counted, left_out)


def _counted(
    session: Session, tables: Sequence[tuple[str, str, str]], left_out: dict[str, str]
) -> Counts:
    names = {oid: name for oid, name, _ in tables}
    if not tables:
        return Counts({}, {}, left_out)
    parts = [
        f"SELECT {literal(oid)}, (SELECT pg_catalog.count(*) FROM {quoted})"
        for oid, _, quoted in tables
    ]
    return Counts(dict(session.ask(" UNION ALL ".join(parts))), names, left_out)
