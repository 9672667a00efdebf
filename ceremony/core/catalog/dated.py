"""Partitions that are named by the day they are for are one object, whichever day it is.

A series that makes "the partition for today" builds the same schema on any day, under another
name. So range partitions whose name holds the date of their lower bound (``events_p20261120``,
``events_2026_11``, ``events_y2026m11``) are gathered under the name with a star in its place:
``events_p*``. How many there are counts; which days they are for is cosmetic. Where they are not
alike, the fact says which is how.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.catalog.snapshot import CatalogObject, ObjectKey, lineage

Objects = Mapping[ObjectKey, CatalogObject]

BOUNDS = "bounds"
COUNT = "partition count"
ONLY = "only in"
NAMES = "partitions"

_DATE = re.compile(r"\d{4}(?:[_a-z-]?\d{1,2})*")
_LOWER = re.compile(r"FROM \('(\d{4}-\d\d-\d\d[^']*)'")


class _Member(NamedTuple):
    """A partition named by its date: what it is called, and what all of its kind are called."""

    key: ObjectKey
    name: str
    family: str


def gathered(objects: Objects, partitions: Collection[ObjectKey]) -> Objects:
    """The objects with dated partitions, and all that hangs on them, gathered.

    ``partitions`` are the keys of the tables that have bounds.
    """
    members = {
        key: member
        for key in sorted(partitions)
        if (member := _member(key, objects[key].structure[BOUNDS]))
    }
    if not members:
        return objects
    kept: dict[ObjectKey, CatalogObject] = {}
    found: dict[ObjectKey, list[tuple[_Member, CatalogObject]]] = {}
    for key, item in objects.items():
        member = _owner(key, objects, members)
        if member is None:
            kept[key] = item
        else:
            renamed = _renamed(item, member)
            found.setdefault(renamed.key, []).append((member, renamed))
    families: dict[str, list[_Member]] = {}
    for member in members.values():
        families.setdefault(member.family, []).append(member)
    for key, alike in found.items():
        kept[key] = _merged(alike, families[alike[0][0].family], objects)
    return kept


def _member(key: ObjectKey, bounds: str) -> _Member | None:
    lower = _LOWER.search(bounds)
    if lower is None:
        return None
    digits = re.sub(r"\D", "", lower[1])
    for match in _DATE.finditer(key.name):
        if digits.startswith(re.sub(r"\D", "", match[0])):
            return _Member(key, key.name, f"{key.name[: match.start()]}*{key.name[match.end() :]}")
    return None


def _owner(
    key: ObjectKey, objects: Objects, members: Mapping[ObjectKey, _Member]
) -> _Member | None:
    """The dated partition that an object is, or hangs on."""
    return next((members[one] for one in lineage(key, objects) if one in members), None)


def _renamed(item: CatalogObject, member: _Member) -> CatalogObject:
    def plain(text: str) -> str:
        return text.replace(member.name, member.family)

    return CatalogObject(
        ObjectKey(item.key.kind, plain(item.key.name)),
        {fact: plain(value) for fact, value in item.structure.items() if fact != BOUNDS},
        item.rights,
        item.cosmetic,
        item.parent and ObjectKey(item.parent.kind, plain(item.parent.name)),
    )


def _merged(
    alike: list[tuple[_Member, CatalogObject]], family: list[_Member], objects: Objects
) -> CatalogObject:
    first = alike[0][1]
    structure = dict(_one([(m.name, item.structure) for m, item in alike]))
    cosmetic = dict(_one([(m.name, item.cosmetic) for m, item in alike]))
    if len(alike) < len(family):
        structure[ONLY] = ", ".join(sorted(m.name for m, _ in alike))
    if first.key.kind is ObjectKind.TABLE:
        structure[COUNT] = str(len(family))
        cosmetic[NAMES] = ", ".join(
            sorted(f"{m.name} {objects[m.key].structure[BOUNDS]}" for m in family)
        )
    rights = dict(_one([(m.name, item.rights) for m, item in alike]))
    return CatalogObject(first.key, structure, rights, cosmetic, first.parent)


def _one(all_facts: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[tuple[str, str]]:
    """The facts of several that should be alike; one that is not says where it holds."""
    listed = list(all_facts)
    for fact in sorted({fact for _, facts in listed for fact in facts}):
        values = sorted((facts.get(fact, "none"), name) for name, facts in listed)
        if len({value for value, _ in values}) == 1:
            yield fact, values[0][0]
        else:
            yield fact, "; ".join(f"{value} (in {name})" for value, name in values)
