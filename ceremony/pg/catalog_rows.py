"""Rows of the catalog become objects: keys, parents, facts.

Order matters: what others hang on is read before them. An object whose parent was left out (it
belongs to an extension, to the ledger, to PostgreSQL itself) is left out with it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from ceremony.core.catalog.diff import COLUMN_ORDER
from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.catalog.snapshot import NOTHING, CatalogObject, ObjectKey
from ceremony.pg.acl import rights
from ceremony.pg.ledger_ddl import TABLE
from ceremony.pg.names import quoted

_OWN = frozenset(
    {
        "class",
        "id",
        "of_class",
        "of",
        "kind",
        "name",
        "number",
        "owner",
        "acl",
        "constraint_id",
        "owning_table",
        "owning_column",
        "grantor",
        "complete",
        "letter",
    }
)
"""Columns that are no facts."""

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

_KINDS = {kind.value: kind for kind in ObjectKind}
_DEFAULT_RIGHTS = {
    "r": "table", "S": "sequence", "f": "pg_proc", "T": "pg_type", "n": "pg_namespace",
}  # fmt: skip

Row = Sequence[Any]


class Reader:
    """Takes the answers one after the other; ``objects`` is what they add up to."""

    def __init__(self, ledger_schema: str) -> None:
        self.objects: dict[ObjectKey, CatalogObject] = {}
        self._ledger_schema = ledger_schema
        self._ours = _ours(ledger_schema)
        self._keys: dict[str, dict[int, ObjectKey]] = {}
        self._owners: dict[int, str] = {}
        self._members: set[tuple[str, int]] = set()
        self._comments: dict[tuple[str, int, int], str] = {}
        self._orders: dict[int, list[str]] = {}

    def read(self, question: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """One answer: the names of its columns, and its rows."""
        if question == "comments":
            self._comments = {(row[0], row[1], row[2]): row[3] for row in rows}
        elif question == "members":
            self._members = {(row[0], row[1]) for row in rows}
        else:
            at = {name: position for position, name in enumerate(columns)}
            if question == "columns":
                self._read_columns(at, rows)
            else:
                self._read_objects(at, rows)

    def finish(self) -> None:
        """After the last answer: what needed all of them."""
        tables = self._keys.get("pg_class", {})
        for table, names in self._orders.items():
            key = tables[table]
            was = self.objects[key]
            cosmetic = {**was.cosmetic, COLUMN_ORDER: ", ".join(names)}
            self.objects[key] = CatalogObject(key, was.structure, was.rights, cosmetic, was.parent)

    def _read_objects(self, at: Mapping[str, int], rows: Iterable[Row]) -> None:
        facts = _facts(at)
        for row in rows:
            cell = {name: row[position] for name, position in at.items() if name in _OWN}
            if (cell["class"], cell["id"]) in self._members:
                continue
            kind, parent = _KINDS[cell["kind"]], None
            if "of" in cell:
                parent = self._keys.get(cell["of_class"], {}).get(cell["of"])
                if parent is None:
                    continue
            name = cell["name"]
            if parent is not None and kind not in _COMPLETE:
                name = f"{parent.name}.{name}"
            key = ObjectKey(kind, name)
            if key in self._ours:
                continue
            self._keys.setdefault(cell["class"], {})[cell["id"]] = key
            if key == (ObjectKind.SCHEMA, self._ledger_schema) and name != "public":
                continue
            self._add(key, self._parent(cell, parent), facts(row), cell)

    def _parent(self, cell: Mapping[str, Any], parent: ObjectKey | None) -> ObjectKey | None:
        """What takes the object along: for some kinds something nearer than what it hangs on."""
        if cell.get("constraint_id"):
            return self._keys["pg_constraint"].get(cell["constraint_id"], parent)
        if cell.get("owning_table"):
            table = self._keys["pg_class"].get(cell["owning_table"])
            if table is not None:
                return ObjectKey(ObjectKind.COLUMN, f"{table.name}.{cell['owning_column']}")
        return parent

    def _add(
        self,
        key: ObjectKey,
        parent: ObjectKey | None,
        structure: Mapping[str, str],
        cell: Mapping[str, Any],
    ) -> None:
        if cell.get("owning_table") and parent is not None:
            structure = {**structure, "owned by": parent.name}
        comment = self._comments.get((cell["class"], cell["id"], 0))
        cosmetic = NOTHING if comment is None else {"comment": comment}
        owner = cell.get("owner")
        if cell["class"] == "pg_class" and owner is not None:
            self._owners[cell["id"]] = owner
        self.objects[key] = CatalogObject(key, structure, _rights(key, cell), cosmetic, parent)

    def _read_columns(self, at: Mapping[str, int], rows: Iterable[Row]) -> None:
        facts = _facts(at)
        tables = self._keys.get("pg_class", {})
        of, name_at, number, acl_at = at["of"], at["name"], at["number"], at["acl"]
        objects, comments, orders = self.objects, self._comments, self._orders
        for row in rows:
            table = tables.get(row[of])
            if table is None:
                continue
            name = row[name_at]
            orders.setdefault(row[of], []).append(name)
            comment = comments.get(("pg_class", row[of], row[number])) if comments else None
            acl = row[acl_at]
            key = ObjectKey(ObjectKind.COLUMN, f"{table.name}.{name}")
            granted = NOTHING
            if acl is not None:
                granted = _without_owner(rights("column", self._owners.get(row[of]), acl))
            objects[key] = CatalogObject(
                key,
                facts(row),
                granted,
                NOTHING if comment is None else {"comment": comment},
                table,
            )


def _facts(at: Mapping[str, int]) -> Callable[[Row], Mapping[str, str]]:
    """Takes a row's facts; rows with the same facts share one mapping."""
    names = [name for name in at if name not in _OWN]
    if not names:
        return lambda _: NOTHING
    get = itemgetter(*(at[name] for name in names))
    known: dict[Any, Mapping[str, str]] = {}

    def take(row: Row) -> Mapping[str, str]:
        values = get(row)
        facts = known.get(values)
        if facts is None:
            listed = values if len(names) > 1 else (values,)
            pairs = zip(names, listed, strict=True)
            facts = {name: value for name, value in pairs if value is not None and value != ""}
            known[values] = facts
        return facts

    return take


def _rights(key: ObjectKey, cell: Mapping[str, Any]) -> Mapping[str, str]:
    if key.kind is ObjectKind.DEFAULT_PRIVILEGES:
        what = _DEFAULT_RIGHTS.get(cell["letter"], "") if cell["complete"] else ""
        return _without_owner(rights(what, cell["grantor"], cell["acl"]))
    what = cell["class"]
    if what == "pg_class":
        what = "sequence" if key.kind is ObjectKind.SEQUENCE else "table"
    return rights(what, cell.get("owner"), cell.get("acl"))


def _without_owner(facts: Mapping[str, str]) -> Mapping[str, str]:
    return {fact: value for fact, value in facts.items() if fact != "owner"}


def _ours(schema: str) -> frozenset[ObjectKey]:
    """The ledger and its function; everything else of it hangs on the table."""
    name = schema if schema.isidentifier() and schema.islower() else quoted(schema)
    return frozenset(
        {
            ObjectKey(ObjectKind.TABLE, f"{name}.{TABLE}"),
            ObjectKey(ObjectKind.FUNCTION, f"{name}.{TABLE}_refuse()"),
        }
    )
