"""How many rows stand in the tables of a target: counted before a run and after it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ceremony.pg.ledger_ddl import TABLE
from ceremony.pg.names import literal
from ceremony.pg.queries import query
from ceremony.pg.session import Session

_FILE = "preflight.sql"

TOGETHER = 500
"""How many tables one question counts: a statement locks every table that it reads, and the server
keeps room for some thousands of locks (max_locks_per_transaction).
"""


@dataclass(frozen=True)
class Counts:
    """``rows`` maps the oid of a table to its rows, ``names`` to its name. ``left_out`` maps the
    names of those that were not counted to the reason, ``uncounted`` are their oids.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    uncounted: frozenset[str] = frozenset()


def count_rows(
    session: Session, ledger_schema: str, largest: int, known: Collection[str] = ()
) -> Counts:
    """Count every table of the database in two round trips for up to ``TOGETHER`` of them, except
    the ledger, temporary tables, and partitions (their parent has their rows). One whose oid is
    ``known`` is counted even where it has become a partition.

    What is larger than ``largest`` bytes or cannot be read as a whole is left out and said. Raises
    CeremonyError (lock-timeout, where somebody holds a table for himself).
    """
    asked = (list(map(int, known)), ledger_schema, TABLE)
    found = session.ask(query("tables-with-rows", _FILE), asked)
    left_out, uncounted = {}, set()
    counted = []
    for name, quoted, oid, hidden, size in found:
        if hidden or size > largest:
            left_out[name] = hidden or f"it has {size // 2**20} MB"
            uncounted.add(str(oid))
        else:
            counted.append((str(oid), name, quoted))
    rows: dict[str, int] = {}
    for first in range(0, len(counted), TOGETHER):
        rows |= _counted(session, counted[first : first + TOGETHER])
    names = {oid: name for oid, name, _ in counted}
    return Counts(rows, names, left_out, frozenset(uncounted))


def _counted(session: Session, tables: Sequence[tuple[str, str, str]]) -> dict[str, int]:
    parts = [
        f"SELECT {literal(oid)}, (SELECT pg_catalog.count(*) FROM {quoted})"
        for oid, _, quoted in tables
    ]
    return dict(session.ask(" UNION ALL ".join(parts)))
