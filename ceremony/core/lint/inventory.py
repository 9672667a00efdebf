"""The inventory: which objects the files of a series have made, told from their parse trees."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.contract.names import shown_name
from ceremony.core.sql.parser import Message
from ceremony.core.sql.relations import Name

__all__ = ["Inventory", "Key", "Made", "ObjectKind"]


class Key(NamedTuple):
    """An object. ``part`` is the column, constraint, trigger or policy of the table ``name``."""

    kind: ObjectKind
    name: Name
    part: str = ""

    def __str__(self) -> str:
        part = f".{shown_name(self.part)}" if self.part else ""
        return f"{self.kind} {self.name}{part}"


@dataclass(frozen=True)
class Made:
    """Who made an object: the series and the version of the file, and the defining node
    (``CreateStmt``, ``ColumnDef``, ``IndexStmt``, ``Constraint`` …).
    """

    series: str
    version: str
    node: Message = field(compare=False, repr=False)


@dataclass(frozen=True)
class Inventory:
    """What is there, as far as files tell. Objects made by dynamic SQL are not in it."""

    objects: Mapping[Key, Made] = field(default_factory=dict)

    def has(self, kind: ObjectKind, name: Name, part: str = "") -> bool:
        """Whether some file made this object."""
        return Key(kind, name, part) in self.objects

    def made(self, kind: ObjectKind, name: Name, part: str = "") -> Made | None:
        """Who made it; ``None`` where no file is known to have."""
        return self.objects.get(Key(kind, name, part))
