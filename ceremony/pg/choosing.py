"""Which expression makes each column's value, so that the rows meet the conditions of their table.

Expressions are not reasoned about but tried: the server evaluates the conditions for a few row
numbers of which it has no row yet.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from ceremony.core.filling.candidates import candidates, named_constants
from ceremony.core.filling.table import Column, Condition, Table
from ceremony.pg.errors import QueryFailed
from ceremony.pg.session import Session

NULL = "NULL"
_POOL = 12
_GOOD = 4
_COMBINATIONS = 300
_NUMBERS = (1, 2, 3, 5, 8, 10, 13, 99, 100, 101, 999, 1000, 4999)


@dataclass(frozen=True)
class Choice:
    """``expressions`` by column; ``met`` are the conditions that they meet, ``unmet`` the others;
    ``hopeless`` the columns that need a value and get none.
    """

    expressions: Mapping[str, str]
    met: tuple[Condition, ...]
    unmet: tuple[Condition, ...]
    hopeless: tuple[Column, ...]


class Chooser:
    """Chooses for one table. ``rows`` is how many there will be."""

    def __init__(self, session: Session, table: Table, rows: int) -> None:
        self._session = session
        self._table = table
        self._samples = [number for number in _NUMBERS if number < rows] + [rows]
        self._columns = {column.name: column for column in table.columns if not column.made}
        self._conditions = [
            each
            for each in table.conditions
            if each.columns and set(each.columns) <= set(self._columns)
        ]

    def choose(self) -> Choice:
        """What is chosen; some conditions may stay unmet, and it says which."""
        pools = {name: self._pool(column) for name, column in self._columns.items()}
        chosen = {name: pool[0] if pool else NULL for name, pool in pools.items()}
        for condition in self._conditions:
            if not self._meets(chosen, condition):
                chosen = self._mended(chosen, condition, pools)
        met = tuple(each for each in self._conditions if self._meets(chosen, each))
        unmet = tuple(each for each in self._conditions if each not in met)
        hopeless = tuple(self._columns[name] for name, pool in pools.items() if not pool)
        return Choice(chosen, met, unmet, hopeless)

    def _pool(self, column: Column) -> list[str]:
        """Good expressions for one column by itself, the likeliest first."""
        own = [each for each in self._conditions if each.columns == (column.name,)]
        domain = column.type.all_conditions()
        if not own and not domain:
            return list(islice(self._expressions(column, ()), _POOL))
        texts = [condition.expression for condition in (*own, *self._about(column))]
        good = []
        for expression in self._expressions(column, (*texts, *domain)):
            if self._is_good(column, expression, own, domain):
                good.append(expression)
            if len(good) == _GOOD:
                break
        return good or ([] if column.required else [NULL])

    def _about(self, column: Column) -> list[Condition]:
        return [each for each in self._conditions if column.name in each.columns]

    def _expressions(self, column: Column, conditions: Sequence[str]) -> Iterator[str]:
        named = [each.expression for each in self._about(column)]
        made = candidates(column.type)
        distinct = any(column.name in columns for columns in self._table.unique)
        if column.default and ("(" in column.default or not distinct):
            yield column.default
        if column.type.category == "B" or not (named or conditions):
            yield from made
        else:
            yield from made[:1]
            yield from named_constants(column.type, (*named, *conditions))
            yield from made[1:]
        if not column.required:
            yield NULL

    def _is_good(
        self, column: Column, expression: str, own: Sequence[Condition], domain: Sequence[str]
    ) -> bool:
        # A domain's condition calls the value VALUE, which a column can be called as well.
        of_domain = self._true({"value": expression}, domain) if domain else True
        return of_domain and all(self._meets({column.name: expression}, each) for each in own)

    def _mended(
        self, chosen: dict[str, str], condition: Condition, pools: Mapping[str, Sequence[str]]
    ) -> dict[str, str]:
        """Another choice that meets the condition and breaks none that was met; else the same."""
        names = condition.columns
        kept = [
            each
            for each in self._conditions
            if set(each.columns) & set(names) and self._meets(chosen, each)
        ]
        many = product(*(pools[name] or [NULL] for name in names))
        for combination in islice(many, _COMBINATIONS):
            other = {**chosen, **dict(zip(names, combination, strict=True))}
            if self._meets(other, condition) and all(self._meets(other, each) for each in kept):
                return other
        return chosen

    def _meets(self, expressions: Mapping[str, str], condition: Condition) -> bool:
        columns = {name: expressions[name] for name in condition.columns}
        return self._true(columns, (condition.expression,))

    def _true(self, expressions: Mapping[str, str], conditions: Sequence[str]) -> bool:
        """Whether no sample is refused. What the server cannot evaluate is refused."""
        typed = ", ".join(f"{self._typed(n, text)} AS {n}" for n, text in expressions.items())
        samples = ", ".join(f"({number}::int8)" for number in self._samples)
        asked = " AND ".join(f"({text}) IS NOT FALSE" for text in conditions)
        rows = f"(SELECT {typed} FROM (VALUES {samples}) AS g (n)) AS s"
        try:
            found = self._session.ask(f"SELECT pg_catalog.bool_and({asked}) FROM {rows}")
        except QueryFailed:
            return False
        return bool(found[0][0])

    def _typed(self, name: str, expression: str) -> str:
        if expression != NULL or name not in self._columns:
            return expression
        return f"NULL::{self._columns[name].type.plain.name}"
