"""What a series requires of its target, object by object, and from which migration on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from ceremony.core.contract.names import shown_name
from ceremony.core.sql.types import TypeName
from ceremony.core.version import Version


class Level(StrEnum):
    """``REQUIRED`` blocks where it is missing, ``OPTIONAL`` only warns."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class RequiredKind(StrEnum):
    """The kinds of objects that ``contract.toml`` can name, in its words."""

    TABLE = "table"
    VIEW = "view"
    MATERIALIZED_VIEW = "materialized_view"
    INDEX = "index"
    CONSTRAINT = "constraint"
    TRIGGER = "trigger"
    FUNCTION = "function"
    PROCEDURE = "procedure"
    TYPE = "type"
    ENUM = "enum"
    SEQUENCE = "sequence"
    POLICY = "policy"
    EXTENSION = "extension"
    SCHEMA = "schema"
    ROLE = "role"
    COLUMN = "column"
    DOMAIN = "domain"

    @property
    def words(self) -> str:
        """``materialized view``."""
        return self.value.replace("_", " ")


@dataclass(frozen=True)
class Wanted:
    """One object by name. ``schema`` is ``""`` for what has none (extension, schema, role).

    ``table`` is the relation that a column, constraint, trigger or policy belongs to, and where it
    is given that of an index. ``arguments`` are those of a function or procedure; ``None`` means
    any.
    """

    kind: RequiredKind
    schema: str
    table: str
    name: str
    arguments: tuple[TypeName, ...] | None = None
    signature: str = ""

    def __str__(self) -> str:
        if self.kind in ON_TABLE:
            own = f"{self.kind.words} {shown_name(self.schema, self.table, self.name)}"
        else:
            own = f"{self.kind.words} {shown_name(self.schema, self.name)}{self.signature}"
        indexed = self.kind is RequiredKind.INDEX and self.table
        return f"{own} on {shown_name(self.schema, self.table)}" if indexed else own


ON_TABLE = frozenset(
    {RequiredKind.COLUMN, RequiredKind.CONSTRAINT, RequiredKind.TRIGGER, RequiredKind.POLICY}
)
"""Kinds whose names mean nothing without the table they are on."""


@dataclass(frozen=True)
class Requirement:
    """``since``: the migration that provides it; ``provider`` is its label. ``until``: the
    migration that takes it away again by design.

    ``type`` is that of a column or the base type of a domain (``None``: any), ``labels`` those of
    an enum, in order. ``line`` is where ``contract.toml`` says so, 0 where that is not known.
    """

    wanted: Wanted
    since: Version
    provider: str
    level: Level = Level.REQUIRED
    until: Version | None = None
    type: TypeName | None = None
    type_text: str = ""
    labels: tuple[str, ...] = ()
    line: int = 0

    @property
    def has_facts(self) -> bool:
        """Whether more is required than that the object is there."""
        return self.type is not None or bool(self.labels)


@dataclass(frozen=True)
class Contract:
    """The requirements of a series, in the order of its ``contract.toml`` (``path``)."""

    path: str = ""
    requirements: tuple[Requirement, ...] = ()

    def held(
        self, in_place: Collection[str], begun: Collection[str] = ()
    ) -> tuple[Requirement, ...]:
        """What must be there when the versions ``in_place`` are applied (baselined and superseded
        ones count). What one of ``begun``, which are partly in, takes away may be gone or not.

        Each object once: where several entries speak of it, the newest that says more than its name
        counts, so that a later migration may change a type or add labels.
        """
        there = ([o for o in group if _holds(o, in_place, begun)] for group in self._groups)
        return tuple(_decisive(group) for group in there if group)

    @cached_property
    def _groups(self) -> tuple[list[Requirement], ...]:
        """What speaks of one object, oldest first; made once, for plans of many steps."""
        groups: dict[Wanted, list[Requirement]] = {}
        for one in self.requirements:
            groups.setdefault(one.wanted, []).append(one)
        return tuple(sorted(group, key=lambda one: one.since) for group in groups.values())


NO_CONTRACT = Contract()
"""The contract of a series without ``contract.toml``."""


def _holds(one: Requirement, in_place: Collection[str], begun: Collection[str]) -> bool:
    if one.since.text not in in_place:
        return False
    return one.until is None or not (one.until.text in in_place or one.until.text in begun)


def _decisive(group: Sequence[Requirement]) -> Requirement:
    """The newest that says more than the name; else the oldest, required before optional."""
    if len(group) == 1:
        return group[0]
    detailed = [one for one in group if one.has_facts]
    if detailed:
        return detailed[-1]
    return min(group, key=lambda one: one.level is Level.OPTIONAL)
