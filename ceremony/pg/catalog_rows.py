"""Rows of the catalog become objects: keys, parents, facts.

Order matters: what others hang on is read before them. An object whose parent was left out (it
belongs to an extension, to the ledger, to PostgreSQL itself) is left out with it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from ceremony.core.catalog.dated import BOUNDS
from ceremony.core.catalog.diff import COLUMN_ORDER
from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.catalog.snapshot import NOTHING, CatalogObject, ObjectKey
from ceremony.pg.acl import rights
from ceremony.pg.ledger_ddl import TABLE
from ceremony.pg.names import quoted

_OWN = (
    "class",
    "id",
    "of_class",
    "of",
    "kind",
    "name",
    "owner",
    "acl",
    "index_id",
    "owning_table",
    "owning_column",
    "grantor",
    "complete",
    "letter",
)
"""Columns that are no facts, in the order of ``_Cells``."""

_COMPLETE = frozenset(
    {
        ObjectKind.FUNCTION,
        ObjectKind.PROCEDURE,
        ObjectKind.AGGREGATE,
        ObjectKind.OPERATOR,
        ObjectKind.INDEX,
        ObjectKind.STATISTICS,
    }
)
"""Kinds whose name in the row is complete although they hang on something."""

_VIEWS = frozenset({ObjectKind.VIEW, ObjectKind.MATERIALIZED_VIEW})

REST = "rest"
_UNITS = frozenset({"pg_class", "pg_type", "pg_proc"})
_KINDS = {kind.value: kind for kind in ObjectKind}
_DEFAULT_RIGHTS = {
    "r": "table", "S": "sequence", "f": "pg_proc", "T": "pg_type", "n": "pg_namespace",
}  # fmt: skip

Row = Sequence[Any]


class _Cells(NamedTuple):
    """The cells of a row that are no facts; ``None`` where the question has no such column."""

    catalog: str
    id: int
    of_catalog: str | None
    of: int | None
    kind: str
    name: str
    owner: str | None
    acl: str | None
    index_id: int | None
    owning_table: str | None
    owning_column: str | None
    grantor: str | None
    complete: bool | None
    letter: str | None


class Reader:
    """Takes the answers one after the other; ``objects`` is what they add up to.

    ``units`` tells which objects are read together (``catalog_changes.sql`` says what a unit is;
    ``REST`` is everything that is always read), ``places`` the unit of each row of a catalog.
    ``bounded`` are the partitions.
    """

    def __init__(self, ledger_schema: str) -> None:
        self.objects: dict[ObjectKey, CatalogObject] = {}
        self.comments: dict[tuple[str, int, int], str] = {}
        self.units: dict[str, list[ObjectKey]] = {}
        self.places: dict[tuple[str, int], str] = {}
        self.bounded: set[ObjectKey] = set()
        self._ours = _ours(ledger_schema)
        self._keys: dict[str, dict[int, ObjectKey]] = {}
        self._owners: dict[int, str] = {}
        self._members: set[tuple[str, int]] = set()
        self._of_constraints: dict[int, ObjectKey] = {}
        self._orders: dict[int, list[tuple[int, str]]] = {}

    def read(self, question: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """One answer: the names of its columns, and its rows."""
        if question == "comments":
            self.comments = {(row[0], row[1], row[2]): row[3] for row in rows}
        elif question == "members":
            self._members = {(row[0], row[1]) for row in rows}
        elif question == "columns":
            self._read_columns(rows)
        else:
            self._read_objects(columns, rows)

    def finish(self) -> None:
        """After the last answer: what needed all of them."""
        tables = self._keys.get("pg_class", {})
        for table, numbered in self._orders.items():
            numbered.sort()
            was = self.objects[tables[table]]
            order = ", ".join([name for _, name in numbered])
            self.objects[was.key] = was._replace(cosmetic={**was.cosmetic, COLUMN_ORDER: order})

    def _read_objects(self, columns: Sequence[str], rows: Iterable[Row]) -> None:
        facts, cells = _facts(columns), _cells(columns)
        for row in rows:
            cell = _Cells._make(cells(row))
            if self._members and (cell.catalog, cell.id) in self._members:
                continue
            parent = None
            if cell.of is not None:
                parent = self._keys.get(cell.of_catalog or "", {}).get(cell.of)
                if parent is None:
                    continue
            self._add(cell, parent, facts(row))

    def _add(self, cell: _Cells, parent: ObjectKey | None, structure: Mapping[str, str]) -> None:
        kind = _KINDS[cell.kind]
        name = cell.name
        if parent is not None and kind not in _COMPLETE:
            name = f"{parent.name}.{name}"
        key = ObjectKey(kind, name)
        keys = self._keys.setdefault(cell.catalog, {})
        if key in self._ours:
            if kind is ObjectKind.SCHEMA:
                keys[cell.id] = key
            return
        keys[cell.id] = key
        self._note(cell, key)
        if cell.owner is not None:
            self._owners[cell.id] = cell.owner
        if cell.index_id:
            self._of_constraints[cell.index_id] = key
        elif kind is ObjectKind.INDEX:
            parent = self._of_constraints.get(cell.id, parent)
        elif cell.owning_table is not None:
            parent = ObjectKey(ObjectKind.COLUMN, f"{cell.owning_table}.{cell.owning_column}")
            structure = {**structure, "owned by": parent.name}
        if BOUNDS in structure:
            self.bounded.add(key)
        comment = self.comments.get((cell.catalog, cell.id, 0)) if self.comments else None
        cosmetic = NOTHING if comment is None else {"comment": comment}
        self.objects[key] = CatalogObject(key, structure, _rights(kind, cell), cosmetic, parent)

    def _note(self, cell: _Cells, key: ObjectKey) -> None:
        unit = REST
        if cell.of_catalog in _UNITS:
            unit = f"{cell.of_catalog}:{cell.of}"
        elif cell.catalog in _UNITS:
            unit = f"{cell.catalog}:{cell.id}"
        self.units.setdefault(unit, []).append(key)
        self.places[cell.catalog, cell.id] = unit

    def _read_columns(self, rows: Iterable[Row]) -> None:
        """Columns are most of a catalog: their rows have few cells, and rare facts share one."""
        tables, column = self._keys.get("pg_class", {}), ObjectKind.COLUMN
        objects, comments, orders = self.objects, self.comments, self._orders
        known: dict[tuple[str, str, str | None], Mapping[str, str]] = {}
        at, key = 0, None
        for of, number, name, acl, kind, nullable, default, more in rows:
            if of != at or key is None:
                at, key = of, tables.get(of)
                if key is None:
                    continue
                if key.kind in _VIEWS:
                    self._of_view(key, of, name, acl, default, more)
                    key = None
                    continue
                order = orders.setdefault(of, [])
                unit = self.units.setdefault(f"pg_class:{of}", [])
            order.append((number, name))
            structure = known.get((kind, nullable, default))
            if structure is None:
                structure = known[kind, nullable, default] = _of_column(kind, nullable, default)
            own = ObjectKey(column, f"{key.name}.{name}")
            unit.append(own)
            comment = comments.get(("pg_class", of, number)) if comments else None
            objects[own] = CatalogObject(
                own,
                structure if more is None else {**structure, **more},
                NOTHING if acl is None else self._on_column(of, acl),
                NOTHING if comment is None else {"comment": comment},
                key,
            )

    def _of_view(
        self,
        key: ObjectKey,
        of: int,
        name: str,
        acl: str | None,
        default: str | None,
        more: Mapping[str, str] | None,
    ) -> None:
        """What is said about a column of a view is said of the view: its definition tells which
        columns there are, and of which type and collation.
        """
        told = {} if default is None else {"default": default}
        told |= {fact: value for fact, value in (more or {}).items() if fact != "collation"}
        given = {} if acl is None else self._on_column(of, acl)
        parts = ((fact.partition(" to "), how) for fact, how in given.items())
        view = self.objects[key]
        self.objects[key] = view._replace(
            structure={**view.structure, **{f"{fact} of {name}": told[fact] for fact in told}},
            rights={
                **view.rights,
                **{f"{right} ({name}) to {to}": how for (right, _, to), how in parts},
            },
        )

    def _on_column(self, table: int, acl: str) -> Mapping[str, str]:
        return _without_owner(rights("column", self._owners.get(table), acl))


def _of_column(kind: str, nullable: str, default: str | None) -> Mapping[str, str]:
    facts = {"type": kind, "nullable": nullable}
    return facts if default is None else {**facts, "default": default}


def _cells(columns: Sequence[str]) -> Callable[[Row], tuple[Any, ...]]:
    """Takes the cells that are no facts; a missing column is an extra cell, which is empty."""
    at = [columns.index(name) if name in columns else len(columns) for name in _OWN]
    get = itemgetter(*at)
    return lambda row: get((*row, None))


def _facts(columns: Sequence[str]) -> Callable[[Row], Mapping[str, str]]:
    """Takes a row's facts; rows with the same facts share one mapping."""
    at = [position for position, name in enumerate(columns) if name not in _OWN]
    if not at:
        return lambda _: NOTHING
    first, last = at[0], at[-1] + 1
    names = columns[first:last]
    known: dict[Any, Mapping[str, str]] = {}

    def take(row: Row) -> Mapping[str, str]:
        values = row[first:last]
        facts = known.get(values)
        if facts is None:
            pairs = zip(names, values, strict=True)
            facts = {name: value for name, value in pairs if value is not None and value != ""}
            known[values] = facts
        return facts

    return take


def _rights(kind: ObjectKind, cell: _Cells) -> Mapping[str, str]:
    if kind is ObjectKind.DEFAULT_PRIVILEGES:
        what = _DEFAULT_RIGHTS.get(cell.letter or "", "") if cell.complete else ""
        return _without_owner(rights(what, cell.grantor, cell.acl))
    what = cell.catalog
    if what == "pg_class":
        what = "sequence" if kind is ObjectKind.SEQUENCE else "table"
    return rights(what, cell.owner, cell.acl)


def _without_owner(facts: Mapping[str, str]) -> Mapping[str, str]:
    return {fact: value for fact, value in facts.items() if fact != "owner"}


def _ours(schema: str) -> frozenset[ObjectKey]:
    """The ledger and its function; everything else of it hangs on the table.

    A schema of its own belongs to it, but what others put there does not.
    """
    name = schema if schema.isidentifier() and schema.islower() else quoted(schema)
    ours = {
        ObjectKey(ObjectKind.TABLE, f"{name}.{TABLE}"),
        ObjectKey(ObjectKind.FUNCTION, f"{name}.{TABLE}_refuse()"),
    }
    if schema != "public":
        ours.add(ObjectKey(ObjectKind.SCHEMA, name))
    return frozenset(ours)
