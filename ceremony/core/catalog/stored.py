"""Snapshots as JSON, to be kept and read back."""

import sys
from collections.abc import Mapping
from typing import Any

from ceremony.core.catalog.snapshot import (
    NOTHING,
    Aspect,
    CatalogObject,
    ObjectKey,
    ObjectKind,
    Snapshot,
)
from ceremony.core.chain import Json


class SnapshotUnreadable(ValueError):
    """A stored snapshot is not in the form that ``to_json`` writes."""


def to_json(snapshot: Snapshot) -> dict[str, Json]:
    """The snapshot as JSON values, its objects in order. ``from_json`` reads it back."""
    return {
        "algorithm": snapshot.algorithm,
        "server_major": snapshot.server_major,
        "objects": [_written(snapshot.objects[key]) for key in sorted(snapshot.objects)],
    }


def from_json(stored: Mapping[str, Any]) -> Snapshot:
    """The snapshot that ``to_json`` wrote. Raises SnapshotUnreadable."""
    try:
        objects = [_read(item) for item in stored["objects"]]
        return Snapshot(
            str(stored["algorithm"]),
            int(stored["server_major"]),
            {item.key: item for item in objects},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SnapshotUnreadable(f"this is no stored snapshot: {error}") from error


def _written(item: CatalogObject) -> dict[str, Json]:
    # Spelled out, and facts as they come: this is done for every object after every run.
    written: dict[str, Json] = {"kind": item.key.kind, "name": item.key.name}
    if item.structure:
        written["structure"] = dict(item.structure)
    if item.rights:
        written["rights"] = dict(item.rights)
    if item.cosmetic:
        written["cosmetic"] = dict(item.cosmetic)
    if item.parent is not None:
        written["parent"] = {"kind": item.parent.kind, "name": item.parent.name}
    return written


def _read(item: Mapping[str, Any]) -> CatalogObject:
    parent = item.get("parent")
    structure, rights, cosmetic = (_facts(item.get(aspect.value, NOTHING)) for aspect in Aspect)
    above = _key(parent) if parent is not None else None
    return CatalogObject(_key(item), structure, rights, cosmetic, above)


def _key(item: Mapping[str, Any]) -> ObjectKey:
    return ObjectKey(ObjectKind(item["kind"]), sys.intern(item["name"]))


def _facts(stored: Mapping[str, Any]) -> Mapping[str, str]:
    if not all(isinstance(value, str) for value in stored.values()):
        raise SnapshotUnreadable("a fact that is no text")
    return dict(stored) if stored else NOTHING
