"""What differs between two snapshots, object by object, in words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from ceremony.core.catalog.sentences import sentence
from ceremony.core.catalog.snapshot import (
    Aspect,
    CatalogObject,
    ObjectKey,
    ObjectKind,
    Snapshot,
    lineage,
)
from ceremony.core.chain import Json

__all__ = ["Aspect", "Change", "Difference", "diff"]

COLUMN_ORDER = "column order"


class Change(StrEnum):
    """What became of an object on the way from one snapshot to the other; the worst comes first."""

    VANISHED = "vanished"
    CHANGED = "changed"
    APPEARED = "appeared"


@dataclass(frozen=True)
class Difference:
    """One fact that differs; for an object that came or went there is no ``fact``.

    ``before`` and ``after`` are empty where there was or is none. ``along`` are the objects that
    came or went with this one: a vanished table is one difference, not thirty.
    """

    key: ObjectKey
    change: Change
    aspect: Aspect
    fact: str = ""
    before: str = ""
    after: str = ""
    along: tuple[ObjectKey, ...] = ()

    @property
    def sentence(self) -> str:
        """The difference in one sentence."""
        if self.change is not Change.CHANGED:
            name = f"{self.key.kind} {self.key.name}"
            return f"{name[0].upper()}{name[1:]} {self.change}."
        return sentence(self.key, self.fact, self.before, self.after)

    def to_json(self) -> dict[str, Json]:
        """The difference as JSON values."""
        return {
            "kind": self.key.kind.value,
            "name": self.key.name,
            "change": self.change.value,
            "aspect": self.aspect.value,
            "fact": self.fact,
            "before": self.before,
            "after": self.after,
            "along": [str(key) for key in self.along],
            "sentence": self.sentence,
        }


class AlgorithmsDiffer(ValueError):
    """The two snapshots were taken with different algorithms and say nothing about each other."""


def diff(before: Snapshot, after: Snapshot) -> tuple[Difference, ...]:
    """What differs: structure, then rights, then what is cosmetic; in each, what vanished first.

    Raises AlgorithmsDiffer: take one of the two anew.
    """
    if before.algorithm != after.algorithm:
        raise AlgorithmsDiffer(f"{before.algorithm} and {after.algorithm}")
    found = [
        *_gone(before.objects, after.objects, Change.VANISHED),
        *_gone(after.objects, before.objects, Change.APPEARED),
        *_changed(before.objects, after.objects),
    ]
    return tuple(sorted(found, key=_place))


_ASPECTS = {aspect: place for place, aspect in enumerate(Aspect)}
_CHANGES = {change: place for place, change in enumerate(Change)}


def _place(one: Difference) -> tuple[int, int, ObjectKey, str]:
    return _ASPECTS[one.aspect], _CHANGES[one.change], one.key, one.fact


def _gone(
    here: Mapping[ObjectKey, CatalogObject],
    there: Mapping[ObjectKey, CatalogObject],
    change: Change,
) -> Iterator[Difference]:
    """What is here and not there; whatever hangs on something gone is told with it."""
    gone = here.keys() - there.keys()
    along: dict[ObjectKey, list[ObjectKey]] = {}
    for key in gone:
        root = _root(key, here, gone)
        along.setdefault(root, [])
        if root != key:
            along[root].append(key)
    for root, others in along.items():
        rights = root.kind == ObjectKind.DEFAULT_PRIVILEGES
        yield Difference(
            root,
            change,
            Aspect.RIGHTS if rights else Aspect.STRUCTURE,
            along=tuple(sorted(others)),
        )


def _root(
    key: ObjectKey, objects: Mapping[ObjectKey, CatalogObject], gone: "set[ObjectKey]"
) -> ObjectKey:
    *_, root = takewhile(gone.__contains__, lineage(key, objects))
    return root


def _changed(
    before: Mapping[ObjectKey, CatalogObject], after: Mapping[ObjectKey, CatalogObject]
) -> Iterator[Difference]:
    for key, was in before.items():
        now = after.get(key)
        if now is None or now is was or now == was:
            continue
        for aspect in Aspect:
            olds, news = was.facts(aspect), now.facts(aspect)
            for fact in sorted(olds.keys() | news.keys()):
                old, new = olds.get(fact, ""), news.get(fact, "")
                if old != new and not (fact == COLUMN_ORDER and _same_order(old, new)):
                    yield Difference(key, Change.CHANGED, aspect, fact, old, new)


def _same_order(old: str, new: str) -> bool:
    """Whether the columns that both have stand in the same order."""
    olds, news = old.split(", "), new.split(", ")
    return _common(olds, news) == _common(news, olds)


def _common(names: Sequence[str], others: Sequence[str]) -> list[str]:
    known = set(others)
    return [name for name in names if name in known]
