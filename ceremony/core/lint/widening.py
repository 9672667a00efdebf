"""Which changes of a column's type leave its rows as they are."""

from collections.abc import Callable, Mapping, Sequence

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.lint.inventory import Inventory
from ceremony.core.sql.parser import Message, ast
from ceremony.core.sql.relations import DEFAULT_SCHEMA, Name
from ceremony.core.sql.types import SYSTEM, TypeName, type_of

_COERCIBLE = frozenset(
    {
        ("varchar", "text"), ("text", "varchar"), ("xml", "text"), ("xml", "varchar"),
        ("cidr", "inet"), ("int4", "oid"), ("oid", "int4"),
    }
)  # fmt: skip
"""Pairs that are binary coercible: ``pg_cast.castmethod`` is ``b``."""

_MOST_DIGITS = 6
_FULL_RANGE = "32767"


def keeps_rows(old: TypeName, new: TypeName, inventory: Inventory) -> bool:
    """Whether a table need not be written anew when a column of it goes from ``old`` to ``new``.

    PostgreSQL documentation, ALTER TABLE, Notes: the old type is binary coercible to the new one,
    an unconstrained domain over it, or the coercion of its length is one that changes nothing
    (``varchar_support`` and the like in the server's source). A domain is what ``inventory`` says.
    """
    for one, other in ((old, new), (new, old)):
        base = _base(one, inventory)
        if base is not None:
            pair = (base, other) if one is old else (other, base)
            return old == new or keeps_rows(*pair, inventory)
    if old.array or new.array or not (_own(old) and _own(new)):
        return old == new
    if old.name == new.name:
        return old.modifiers == new.modifiers or _widens(old, new)
    return (old.name, new.name) in _COERCIBLE and not new.modifiers


def _own(name: TypeName) -> bool:
    """Whether it is one of PostgreSQL's types, which the grammar may leave without a schema."""
    return name.schema in ("", SYSTEM)


def _base(name: TypeName, inventory: Inventory) -> TypeName | None:
    """What an unconstrained domain stands for; ``None`` for any other type."""
    made = inventory.made(ObjectKind.DOMAIN, Name(name.schema or DEFAULT_SCHEMA, name.name))
    if made is None or name.array:
        return None
    return None if is_constrained(made.node) else type_of(made.node.type_name)


def is_constrained(domain: Message) -> bool:
    """Whether a CREATE DOMAIN has a CHECK or NOT NULL."""
    kinds = {ast.CONSTR_CHECK, ast.CONSTR_NOTNULL}
    return any(each.constraint.contype in kinds for each in domain.constraints)


def _widens(old: TypeName, new: TypeName) -> bool:
    judge = _WIDENING.get(old.name)
    return judge is not None and (not new.modifiers or judge(old.modifiers, new.modifiers))


def _longer(old: Sequence[str], new: Sequence[str]) -> bool:
    return bool(old) and int(old[0]) <= int(new[0])


def _more_digits(old: Sequence[str], new: Sequence[str]) -> bool:
    """The scale, 0 where it is not given, must stay: the rows hold their digits as written."""
    scale = old[1:] or ("0",)
    return bool(old) and tuple(scale) == tuple(new[1:] or ("0",)) and int(old[0]) <= int(new[0])


def _finer(old: Sequence[str], new: Sequence[str]) -> bool:
    return int(new[0]) >= (int(old[0]) if old else _MOST_DIGITS)


def _finer_interval(old: Sequence[str], new: Sequence[str]) -> bool:
    """``interval(3)`` is (every field, 3 digits); other fields are another matter."""
    return (
        new[0] == _FULL_RANGE
        and old[:1] in ((), (_FULL_RANGE,), [_FULL_RANGE])
        and _finer(old[1:], new[1:])
    )


_WIDENING: Mapping[str, Callable[[Sequence[str], Sequence[str]], bool]] = {
    "varchar": _longer,
    "varbit": _longer,
    "numeric": _more_digits,
    "time": _finer,
    "timetz": _finer,
    "timestamp": _finer,
    "timestamptz": _finer,
    "interval": _finer_interval,
}
