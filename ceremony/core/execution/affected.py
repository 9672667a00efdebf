"""The objects that a script makes, changes or drops by name, read from its parse trees."""

from collections.abc import Iterable, Iterator

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.lint.alterations import alterations
from ceremony.core.lint.command import Command
from ceremony.core.lint.commands import commands_of
from ceremony.core.lint.deeds import OF_A_TABLE, created, dropped, renamed
from ceremony.core.lint.inventory import Key
from ceremony.core.script import Script
from ceremony.core.sql.relations import Name, relation_name
from ceremony.core.sql.trees import trees_of

_WRITES = frozenset({"insert_stmt", "update_stmt", "delete_stmt"})


def affected(script: Script) -> tuple[str, ...]:
    """``table public.orders``, ``enum scope`` …, in the order of the file, each once.

    Columns, constraints, triggers and policies are told as their table. What dynamic SQL, functions
    and CASCADE do is not seen.
    """
    found = (key for command in commands_of(trees_of(script)) for key in _keys(command))
    return tuple(dict.fromkeys(str(_whole(key)) for key in found))


def _keys(command: Command) -> Iterator[Key]:
    yield from (key for key, _ in created(command))
    yield from _dropped(command)
    yield from _both(renamed(command))
    yield from (Key(ObjectKind.TABLE, one.table) for one in alterations(command))
    if command.kind in _WRITES:
        yield Key(ObjectKind.TABLE, relation_name(command.node.relation))


def _dropped(command: Command) -> Iterable[Key]:
    """DROP TYPE does not say whether it means an enum, a range or a domain: then it is a type."""
    found: dict[tuple[Name, str], Key] = {}
    for key in dropped(command):
        found.setdefault((key.name, key.part), key)
    return found.values()


def _both(pairs: Iterable[tuple[Key, Key]]) -> Iterator[Key]:
    for old, new in pairs:
        yield old
        yield new


def _whole(key: Key) -> Key:
    return Key(ObjectKind.TABLE, key.name) if key.kind in OF_A_TABLE else key
