"""Rows made by the server, so that a rehearsal's figures mean something: one statement per table.

Values are those that the columns' types, keys and conditions let in (``choosing``); they look like
nothing in particular. What could not be filled is said, never hidden.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ceremony.core.filling.table import ForeignKey, Turn, parents_first
from ceremony.pg.choosing import NULL, Choice, Chooser
from ceremony.pg.errors import QueryFailed
from ceremony.pg.fillable import fillable
from ceremony.pg.insertion import Insertion, Parent, spread, update_later
from ceremony.pg.session import Session

_NO_RIGHT = "42501"


@dataclass(frozen=True)
class Filled:
    """A table, how many rows it has, and in sentences what is missing."""

    table: str
    rows: int
    missing: tuple[str, ...] = ()


def fill(
    session: Session, rows: int, *, ledger: str, names: Sequence[str] | None = None
) -> tuple[Filled, ...]:
    """Give every empty table ``rows`` rows, parents first; one result per table, in that order.

    Meant for a scratch database. ``ledger`` is the ledger's table, qualified and quoted, which is
    left alone, as are tables that have rows; ``names`` are such names of the only tables to fill.
    Where the role may switch them off, triggers do not fire. Raises CeremonyError when the link
    breaks.
    """
    turns = parents_first(fillable(session, ledger, names))
    filled = []
    with _quietly(session):
        made = [_Filling(session, turn, rows).run() for turn in turns]
        for turn, result in zip(turns, made, strict=True):
            filled.append(_joined_later(session, turn, result, rows))
    return tuple(filled)


@contextmanager
def _quietly(session: Session) -> Iterator[None]:
    """Without triggers, those of foreign keys included: keys come from the parents' own rows.

    A superuser's setting; with triggers it only takes longer.
    """
    try:
        session.ask("SET session_replication_role = replica")
    except QueryFailed as error:
        if error.sqlstate != _NO_RIGHT:
            raise
        yield
        return
    try:
        yield
    finally:
        session.ask("RESET session_replication_role")


class _Filling:
    """One table's turn."""

    def __init__(self, session: Session, turn: Turn, rows: int) -> None:
        self._session = session
        self._table = turn.table
        self._later = turn.later
        self._rows = rows
        self._missing: list[str] = []

    def run(self) -> Filled:
        name = self._table.name
        count = int(self._session.ask(f"SELECT pg_catalog.count(*) FROM {name}")[0][0])
        if count:
            return Filled(name, count, ("It had rows already.",))
        choice = Chooser(self._session, self._table, self._rows).choose()
        for column in choice.hopeless:
            self._missing.append(f"No value was found for {column.name} ({column.type.name}).")
        for condition in choice.unmet:
            self._missing.append(f"No values were found that meet {condition.expression}.")
        parents = None if choice.hopeless else self._parents(choice)
        if parents is not None:
            count = self._insert(choice, parents)
        return Filled(name, count, tuple(self._missing))

    def _parents(self, choice: Choice) -> list[Parent] | None:
        """The keys that are set, with their parents; ``None`` where a needed one has no rows."""
        parents: list[Parent] = []
        for key in self._table.foreign_keys:
            if key in self._later:
                if self._table.needs(key) and not self._refers_to_itself(key, choice):
                    self._missing.append(
                        f"It must refer to {key.parent}, which must refer to it in turn."
                    )
                    return None
                continue
            if all(choice.expressions.get(name) == NULL for name in key.columns):
                continue
            count = _count(self._session, key, self._rows)
            if count:
                parents.append(Parent(key, f"p{len(parents)}", count))
            elif self._table.needs(key):
                self._missing.append(f"{key.parent}, which it must refer to, has no rows.")
                return None
        return spread(parents, self._table, self._rows)

    def _refers_to_itself(self, key: ForeignKey, choice: Choice) -> bool:
        """Whether each row can refer to itself: its key is known before it is in."""
        return key.parent == self._table.name and set(key.keys) <= set(choice.expressions)

    def _insert(self, choice: Choice, parents: Sequence[Parent]) -> int:
        itself = [key for key in self._later if self._table.needs(key)]
        insertion = Insertion(self._table, choice, parents, itself, self._rows)
        try:
            count = int(self._session.ask(insertion.text())[0][0])
            self._session.ask(f"ANALYZE {self._table.name}")
        except QueryFailed as error:
            self._missing.append(error.happened)
            return 0
        if count < self._rows:
            self._missing.append(
                f"{self._rows - count} of {self._rows} rows were left out: they would have broken "
                "a check or a unique key."
            )
        return count


def _count(session: Session, key: ForeignKey, limit: int) -> int:
    there = " AND ".join(f"{name} IS NOT NULL" for name in key.keys)
    limited = f"SELECT FROM {key.parent} WHERE {there} LIMIT {limit}"
    return int(session.ask(f"SELECT pg_catalog.count(*) FROM ({limited}) AS x")[0][0])


def _joined_later(session: Session, turn: Turn, filled: Filled, rows: int) -> Filled:
    """The keys that had to wait for rows that came later, and may be NULL."""
    missing = list(filled.missing)
    for key in turn.later:
        if turn.table.needs(key) or not filled.rows:
            continue
        count = _count(session, key, rows)
        try:
            if count:
                session.ask(update_later(turn.table, Parent(key, "p", count), rows))
        except QueryFailed as error:
            count = 0
            missing.append(error.happened)
        if not count:
            missing.append(f"{', '.join(key.columns)} stayed NULL.")
    return replace(filled, missing=tuple(missing))
