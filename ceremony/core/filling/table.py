"""Tables to be filled with rows, as values: columns, their types, keys and conditions."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Type:
    """A type as the catalog has it (manual, 52.64 pg_type).

    ``name`` is how SQL spells it, with its modifier; ``base`` the bare name (``varchar``,
    ``int4``). ``kind`` is typtype, ``category`` typcategory. ``size`` is the length of strings and
    bits, or the digits before the decimal point of a numeric; ``None`` without a limit. ``inner``
    are the types it is made of: an array's element, a domain's base type, a range's subtype, a
    multirange's range, a composite's attributes. ``conditions`` are a domain's own.
    """

    name: str
    base: str
    kind: str = "b"
    category: str = "U"
    size: int | None = None
    inner: tuple["Type", ...] = ()
    labels: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()

    @property
    def plain(self) -> "Type":
        """The type below all domains."""
        return self.inner[0].plain if self.kind == "d" else self

    def all_conditions(self) -> tuple[str, ...]:
        """Those of the domain and of the domains below it, about ``VALUE``."""
        below = self.inner[0].all_conditions() if self.kind == "d" else ()
        return (*below, *self.conditions)


@dataclass(frozen=True)
class Column:
    """``name`` is quoted where SQL needs it; ``default`` an expression, ``""`` without one.

    ``made`` says that the server makes the value itself (identity, generated).
    """

    name: str
    type: Type
    required: bool = False
    default: str = ""
    made: bool = False


@dataclass(frozen=True)
class ForeignKey:
    """``columns`` refer to ``keys`` of the table ``parent``, which has a qualified, quoted name."""

    columns: tuple[str, ...]
    parent: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Condition:
    """A check of a table, or that a row belongs to one of its partitions, as an expression."""

    expression: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """``name`` is qualified and quoted. ``unique`` has the columns of each unique index;
    ``deferrable``: one of them belongs to a DEFERRABLE constraint.
    """

    name: str
    columns: tuple[Column, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    conditions: tuple[Condition, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    deferrable: bool = False

    def column(self, name: str) -> Column:
        """The column of this name. Raises StopIteration where there is none."""
        return next(column for column in self.columns if column.name == name)

    def needs(self, key: ForeignKey) -> bool:
        """Whether no row can be without a parent by this key."""
        return all(self.column(name).required for name in key.columns)


@dataclass(frozen=True)
class Turn:
    """``table``'s turn to be filled; the keys ``later`` refer to rows that come only after it."""

    table: Table
    later: tuple[ForeignKey, ...] = ()


def parents_first(tables: Sequence[Table]) -> tuple[Turn, ...]:
    """The tables in an order in which parents have their rows before their children.

    Where tables refer to each other in a circle, keys that may be NULL wait; where none may, the
    circle is entered at its first table by name.
    """
    waiting = {table.name: table for table in sorted(tables, key=lambda table: table.name)}
    turns = []
    while waiting:
        others = list(waiting.values())
        free = [table for table in others if not any(_open(table, waiting))]
        enough = free or [table for table in others if not _needy(table, waiting)]
        table = next(iter(enough or others))
        later = tuple(key for key in table.foreign_keys if key.parent in waiting)
        turns.append(Turn(table, later))
        del waiting[table.name]
    return tuple(turns)


def _open(table: Table, waiting: Container[str]) -> Iterator[ForeignKey]:
    for key in table.foreign_keys:
        if key.parent in waiting and key.parent != table.name:
            yield key


def _needy(table: Table, waiting: Container[str]) -> bool:
    return any(table.needs(key) for key in _open(table, waiting))
