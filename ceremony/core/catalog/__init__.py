"""The catalog of a database as values: what it is (``snapshot``), how it is kept (``stored``), and
what differs between two (``diff``).
"""

from ceremony.core.catalog.diff import AlgorithmsDiffer, Change, Difference, diff
from ceremony.core.catalog.kinds import ObjectKind
from ceremony.core.catalog.snapshot import (
    ALGORITHM,
    Aspect,
    CatalogObject,
    ObjectKey,
    Snapshot,
    lineage,
)
from ceremony.core.catalog.stored import SnapshotUnreadable, from_json, to_json

__all__ = [
    "ALGORITHM",
    "AlgorithmsDiffer",
    "Aspect",
    "CatalogObject",
    "Change",
    "Difference",
    "ObjectKey",
    "ObjectKind",
    "Snapshot",
    "SnapshotUnreadable",
    "diff",
    "from_json",
    "lineage",
    "to_json",
]
