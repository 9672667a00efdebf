"""The one statement that fills a table: row numbers joined with the rows of its parents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ceremony.core.filling.table import ForeignKey, Table
from ceremony.pg.choosing import NULL, Choice


@dataclass(frozen=True)
class Parent:
    """A foreign key with its parent's rows, numbered from 1 to ``count``.

    Each of them is used ``stride`` times in a row.
    """

    key: ForeignKey
    alias: str
    count: int
    stride: int = 1

    def numbered(self, limit: int) -> str:
        """A query that numbers at most ``limit`` of them."""
        keys = ", ".join(f"{name} AS k{n}" for n, name in enumerate(self.key.keys))
        there = " AND ".join(f"{name} IS NOT NULL" for name in self.key.keys)
        limited = f"SELECT {keys} FROM {self.key.parent} WHERE {there} LIMIT {limit}"
        return f"SELECT *, pg_catalog.row_number() OVER () AS rn FROM ({limited}) AS x"

    def join(self, number: str) -> str:
        """The condition that gives the child with this number its parent."""
        return f"{self.alias}.rn = ({number} - 1) / {self.stride} % {self.count} + 1"

    def values(self) -> Mapping[str, str]:
        """The expression of each column that refers to it."""
        return {name: f"{self.alias}.k{n}" for n, name in enumerate(self.key.columns)}


def spread(parents: Sequence[Parent], table: Table, rows: int) -> list[Parent]:
    """Parents that are unique only together go through their combinations, as digits do."""
    done: list[Parent] = []
    for parent in parents:
        stride = 1
        for earlier in done:
            together = {*earlier.key.columns, *parent.key.columns}
            if any(together <= set(columns) for columns in table.unique):
                stride *= earlier.count
        done.append(replace(parent, stride=stride if stride < rows else 1))
    return done


@dataclass(frozen=True)
class Insertion:
    """``parents`` give the columns of their keys; the columns of ``itself`` take the row's own key;
    other columns that refer to something stay NULL.
    """

    table: Table
    choice: Choice
    parents: Sequence[Parent]
    itself: Sequence[ForeignKey]
    rows: int

    def text(self) -> str:
        """The statement; it answers with the number of rows that went in."""
        inserted = f"made AS ({self._insert()})"
        numbered = [f"{p.alias} AS MATERIALIZED ({p.numbered(self.rows)})" for p in self.parents]
        return f"WITH {', '.join([*numbered, inserted])} SELECT pg_catalog.count(*) FROM made"

    def _insert(self) -> str:
        into = f"INSERT INTO {self.table.name}"
        names = list(self.choice.expressions)
        if not names:
            series = f"pg_catalog.generate_series(1, {self.rows})"
            return f"{into} SELECT FROM {series} RETURNING 1"
        own = {
            name: f"s.{key_column}"
            for key in self.itself
            for name, key_column in zip(key.columns, key.keys, strict=True)
        }
        values = ", ".join(own.get(name, f"s.{name}") for name in names)
        met = [f"({each.expression}) IS NOT FALSE" for each in self.choice.met] or ["true"]
        # Deferrable constraints take no ON CONFLICT (manual, INSERT): there a double is an error.
        spared = "" if self.table.deferrable else " ON CONFLICT DO NOTHING"
        return (
            f"{into} ({', '.join(names)}) SELECT {values} FROM ({self._made()}) AS s "
            f"WHERE {' AND '.join(met)}{spared} RETURNING 1"
        )

    def _made(self) -> str:
        from_keys, equal = self._from_keys()
        columns = []
        for name, expression in self.choice.expressions.items():
            value = from_keys.get(name, expression) if expression != NULL else NULL
            columns.append(f"{self._typed(name, value)} AS {name}")
        series = f"pg_catalog.generate_series(1::int8, {self.rows}) AS g (n)"
        joins = "".join(f" JOIN {p.alias} ON {p.join('g.n')}" for p in self.parents)
        where = f" WHERE {' AND '.join(equal)}" if equal else ""
        return f"SELECT {', '.join(columns)} FROM {series}{joins}{where}"

    def _from_keys(self) -> tuple[dict[str, str], list[str]]:
        """What foreign keys give their columns; two that share one must agree on it."""
        given: dict[str, str] = {}
        equal: list[str] = []
        for parent in self.parents:
            for name, value in parent.values().items():
                if name in given:
                    equal.append(f"{value} = {given[name]}")
                given.setdefault(name, value)
        for key in self.table.foreign_keys:
            for name in key.columns:
                if not self.table.column(name).required:
                    given.setdefault(name, NULL)
        return given, equal

    def _typed(self, name: str, expression: str) -> str:
        if expression != NULL:
            return expression
        return f"NULL::{self.table.column(name).type.plain.name}"


def update_later(table: Table, parent: Parent, rows: int) -> str:
    """The statement that sets a key whose parents came later.

    In a table that refers to itself the rows become a tree with one root.
    """
    own = parent.key.parent == table.name
    number, but_the_root = ("c.n / 2", " AND c.n > 1") if own else ("c.n", "")
    sets = ", ".join(f"{name} = {value}" for name, value in parent.values().items())
    return (
        f"WITH p AS MATERIALIZED ({parent.numbered(rows)}), c AS MATERIALIZED ("
        f"SELECT tableoid AS t, ctid AS i, pg_catalog.row_number() OVER () AS n FROM {table.name}) "
        f"UPDATE {table.name} AS u SET {sets} FROM c JOIN p ON {parent.join(number)} "
        f"WHERE u.tableoid = c.t AND u.ctid = c.i{but_the_root}"
    )
