"""The snapshot: the catalog of one database as values, with digests.

A fact is a name and a text, both in words a DBA knows ("default", "validated"). A fact that is not
there is absent, never an empty text. The digest of an aspect is SHA-256 over the objects in the
order of their keys; names, facts and values are length-prefixed, so that two different catalogs are
never the same bytes. The algorithm stands in front of every digest: another one is never compared.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from ceremony.core.catalog.kinds import ObjectKind

__all__ = ["ALGORITHM", "Aspect", "CatalogObject", "ObjectKey", "ObjectKind", "Snapshot"]

ALGORITHM = "catalog-v1"
"""The algorithm that snapshots are taken with: which facts there are, and how they are written."""

NOTHING: Mapping[str, str] = MappingProxyType({})


class Aspect(StrEnum):
    """What a fact is part of; each aspect has a digest of its own."""

    STRUCTURE = "structure"
    RIGHTS = "rights"
    COSMETIC = "cosmetic"


class ObjectKey(NamedTuple):
    """What an object is and how it is called.

    ``name`` is qualified, and quoted where SQL needs it: ``public.users``, ``public.users.email``
    (column, constraint, trigger, policy, rule), ``public.f(integer)``.
    """

    kind: ObjectKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class CatalogObject(NamedTuple):
    """One object and its facts by aspect.

    ``parent`` is the object that takes this one along when it goes: the table of a column, the
    constraint of its index, the schema of a table.
    """

    key: ObjectKey
    structure: Mapping[str, str] = NOTHING
    rights: Mapping[str, str] = NOTHING
    cosmetic: Mapping[str, str] = NOTHING
    parent: ObjectKey | None = None

    def facts(self, aspect: Aspect) -> Mapping[str, str]:
        """The facts of one aspect."""
        if aspect is Aspect.STRUCTURE:
            return self.structure
        return self.rights if aspect is Aspect.RIGHTS else self.cosmetic

    def digest(self, aspect: Aspect = Aspect.STRUCTURE) -> str:
        """``catalog-v1:`` and the SHA-256 of the object's name and facts."""
        framed = _framed(self.key, self.facts(aspect)).encode()
        return f"{ALGORITHM}:{hashlib.sha256(framed).hexdigest()}"


@dataclass(frozen=True)
class Snapshot:
    """The catalog of one database at one moment.

    ``server_major`` is PostgreSQL's major version; it is no part of any digest.
    """

    algorithm: str
    server_major: int
    objects: Mapping[ObjectKey, CatalogObject]

    @cached_property
    def digest(self) -> str:
        """The schema fingerprint: structure only."""
        return self._digest(Aspect.STRUCTURE)

    @cached_property
    def rights_digest(self) -> str:
        """Owners, grants and default privileges."""
        return self._digest(Aspect.RIGHTS)

    @cached_property
    def cosmetic_digest(self) -> str:
        """Comments and the order of columns."""
        return self._digest(Aspect.COSMETIC)

    def without(self, patterns: Iterable[str]) -> "Snapshot":
        """What is left when objects that match a pattern are taken out, with what hangs on them.

        A pattern is a name with ``*``, ``?`` and ``[…]`` (``public.events_p*``), or a kind in front
        of one (``table public.events_p*``). A ``*`` matches dots too.
        """
        left_out = _LeftOut(self.objects, tuple(patterns))
        kept = {key: item for key, item in self.objects.items() if not left_out.covers(key)}
        return Snapshot(self.algorithm, self.server_major, kept)

    def _digest(self, aspect: Aspect) -> str:
        always = aspect is Aspect.STRUCTURE
        digest = hashlib.sha256(f"{self.algorithm} {aspect}\0".encode())
        # Objects share their mappings of facts, so the texts of these are made once.
        texts: dict[int, str] = {}
        for kind, items in _by_kind(self.objects.values()):
            named = always and kind is not ObjectKind.DEFAULT_PRIVILEGES
            parts = []
            for item in items:
                facts = item.facts(aspect)
                if not (facts or named):
                    continue
                text = texts.get(id(facts))
                if text is None:
                    text = texts[id(facts)] = _facts_framed(facts)
                name = item.key.name
                parts.append(f"{len(kind)}:{kind}{len(name)}:{name}{text}")
            digest.update("".join(parts).encode())
        return f"{self.algorithm}:{digest.hexdigest()}"


def _by_kind(objects: Iterable[CatalogObject]) -> list[tuple[ObjectKind, list[CatalogObject]]]:
    """All objects in the order of their keys.

    Comparing texts is many times quicker than comparing keys.
    """
    kinds: dict[ObjectKind, list[CatalogObject]] = {}
    for item in objects:
        kinds.setdefault(item.key.kind, []).append(item)
    for items in kinds.values():
        items.sort(key=lambda item: item.key.name)
    return sorted(kinds.items(), key=lambda pair: pair[0].value)


def lineage(key: ObjectKey, objects: Mapping[ObjectKey, CatalogObject]) -> Iterator[ObjectKey]:
    """An object, what it hangs on, and so on upwards; the last one may not be in the catalog.

    A stored snapshot may say anything: a chain that comes back to itself ends there.
    """
    seen: set[ObjectKey] = set()
    at: ObjectKey | None = key
    while at is not None and at not in seen:
        seen.add(at)
        yield at
        item = objects.get(at)
        at = item.parent if item is not None else None


class _LeftOut:
    """Which objects the patterns take out; a child goes where its parent goes."""

    def __init__(self, objects: Mapping[ObjectKey, CatalogObject], patterns: Sequence[str]) -> None:
        self._objects = objects
        self._patterns = patterns
        self._known: dict[ObjectKey, bool] = {}

    def covers(self, key: ObjectKey) -> bool:
        return any(self._is_meant(one) for one in lineage(key, self._objects))

    def _is_meant(self, key: ObjectKey) -> bool:
        if key not in self._known:
            self._known[key] = self._matches(key)
        return self._known[key]

    def _matches(self, key: ObjectKey) -> bool:
        shown = str(key)
        return any(
            fnmatchcase(key.name, pattern) or fnmatchcase(shown, pattern)
            for pattern in self._patterns
        )


def _framed(key: ObjectKey, facts: Mapping[str, str]) -> str:
    kind, name = key
    return f"{len(kind)}:{kind}{len(name)}:{name}{_facts_framed(facts)}"


def _facts_framed(facts: Mapping[str, str]) -> str:
    parts = [f"{len(fact)}:{fact}{len(facts[fact])}:{facts[fact]}" for fact in sorted(facts)]
    return f"{len(facts)};{''.join(parts)}"
