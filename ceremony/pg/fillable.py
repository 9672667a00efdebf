"""The tables of a database as values that rows can be made for."""

from collections.abc import Mapping, Sequence
from itertools import starmap
from typing import Any, NamedTuple

from ceremony.core.filling.table import Column, Condition, ForeignKey, Table, Type
from ceremony.pg.queries import query
from ceremony.pg.session import Session

_FILE = "filling.sql"
_NO_MODIFIER = -1


class _Row(NamedTuple):
    """One row of the query ``types-of-columns``."""

    oid: int
    name: str
    base: str
    kind: str
    category: str
    modifier: int
    below: str | None
    inner: list[int]
    labels: list[str]
    conditions: list[str]


def fillable(session: Session, ledger: str, names: Sequence[str] | None) -> tuple[Table, ...]:
    """Ordinary and partitioned tables that belong to no extension, without the ledger.

    ``ledger`` is its qualified, quoted name; ``names`` are such names too, ``None`` for all tables.
    """
    wanted = None if names is None else list(names)
    rows = session.ask(query("fillable-tables", _FILE), (ledger, wanted, wanted))
    found = [row[0] for row in rows]
    oids = sorted({column["type"] for table in found for column in table["columns"] or ()})
    of_types = session.ask(query("types-of-columns", _FILE), (oids,))
    types = {row.oid: row for row in starmap(_Row, of_types)}
    return tuple(_table(table, types) for table in found)


def _table(raw: Mapping[str, Any], types: Mapping[int, _Row]) -> Table:
    conditions = [*(raw["conditions"] or ()), *([raw["partitions"]] if raw["partitions"] else ())]
    return Table(
        raw["name"],
        tuple(_column(column, types) for column in raw["columns"] or ()),
        tuple(
            ForeignKey(tuple(key["columns"]), key["parent"], tuple(key["keys"]))
            for key in raw["foreign_keys"] or ()
        ),
        tuple(Condition(c["expression"], tuple(c["columns"] or ())) for c in conditions),
        tuple(tuple(columns) for columns in raw["unique"] or ()),
        raw["deferrable"],
    )


def _column(raw: Mapping[str, Any], types: Mapping[int, _Row]) -> Column:
    of = _type(types, raw["type"], raw["modifier"], raw["shown"])
    return Column(raw["name"], of, raw["required"], raw["default"] or "", raw["made"])


def _type(types: Mapping[int, _Row], oid: int, modifier: int, shown: str) -> Type:
    row = types[oid]
    inner = []
    for each in row.inner:
        if row.category == "A":
            inner.append(_type(types, each, modifier, shown.removesuffix("[]")))
        elif row.kind == "d":
            inner.append(_type(types, each, row.modifier, row.below or ""))
        else:
            inner.append(_type(types, each, _NO_MODIFIER, types[each].name))
    size = _size(row.base, modifier)
    category = "" if row.kind == "d" else row.category
    return Type(
        shown,
        row.base,
        row.kind,
        category,
        size,
        tuple(inner),
        tuple(row.labels),
        tuple(row.conditions),
    )


def _size(base: str, modifier: int) -> int | None:
    """What a type modifier says (manual, 8.1.2 and 8.3): length, or digits before the point."""
    if modifier == _NO_MODIFIER:
        return None
    if base in ("varchar", "bpchar"):
        return modifier - 4
    if base in ("bit", "varbit"):
        return modifier
    if base == "numeric":
        precision, scale = (modifier - 4) >> 16 & 0xFFFF, (modifier - 4) & 0x7FF
        return precision - (scale if scale < 1024 else scale - 2048)
    return None
