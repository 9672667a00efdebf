"""Drift: the live catalog of a target differs from the snapshot that the last run left.

What counts are structure and rights. Comments and the order of columns are no drift. A comparison
that could not be made is NOT RUN, with its reason: never a pass.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ceremony.core.catalog import (
    ALGORITHM,
    Aspect,
    CatalogObject,
    Change,
    Difference,
    ObjectKey,
    ObjectKind,
    Snapshot,
    diff,
)
from ceremony.core.finding import Finding, Severity, note, warn

_KEPT = 100
#: The aspects that make a drift.
_COUNTED = (Aspect.STRUCTURE, Aspect.RIGHTS)


class DriftPolicy(StrEnum):
    """What drift does to a run: ``block`` refuses it, ``warn`` lets it go on and says so."""

    BLOCK = "block"
    WARN = "warn"


class DriftResult(StrEnum):
    """What a comparison came to. ``PARTIAL``: no drift in what could be compared."""

    NONE = "no drift"
    FOUND = "drift"
    PARTIAL = "partial"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class DriftRules:
    """``ignore``: patterns of objects that are left out on both sides, as ``Snapshot.without``
    reads them.
    """

    policy: DriftPolicy
    ignore: tuple[str, ...] = ()


@dataclass(frozen=True)
class Position:
    """Where a ledger stands: the number and the hash of its newest row."""

    sequence: int
    hash: str


@dataclass(frozen=True)
class Reference:
    """A stored snapshot: its number in the record, when it was taken, and at which position."""

    number: int
    taken_at: datetime
    position: Position
    snapshot: Snapshot


@dataclass(frozen=True)
class Drifted:
    """One difference. ``changed_at``: when the object was last changed, ``None`` where that is not
    known (``track_commit_timestamp`` is off, the object is gone, or it was too long ago).
    """

    difference: Difference
    changed_at: datetime | None = None


@dataclass(frozen=True)
class DriftReport:
    """What comparing with the stored snapshot came to.

    ``reference`` is the number of the stored snapshot, 0 without one, and ``taken_at`` its time.
    ``left_out`` counts live objects that patterns left out. ``notes`` say why nothing or not all
    was compared, and what else is worth knowing.
    """

    result: DriftResult
    policy: DriftPolicy
    reference: int = 0
    taken_at: datetime | None = None
    differences: tuple[Drifted, ...] = ()
    left_out: int = 0
    notes: tuple[Finding, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether a run is refused."""
        return self.result is DriftResult.FOUND and self.policy is DriftPolicy.BLOCK

    def findings(self) -> tuple[Finding, ...]:
        """The same for the record: one finding per difference, its object as the place."""
        severity = Severity.ERROR if self.policy is DriftPolicy.BLOCK else Severity.WARNING
        kept = [
            Finding(
                str(one.difference.key),
                0,
                0,
                "drift-found",
                one.difference.sentence,
                changed_words(one),
                severity,
            )
            for one in self.differences[:_KEPT]
        ]
        if more := len(self.differences) - len(kept):
            kept.append(warn("", "drift-found", f"{more} more differences are not kept here.", ""))
        return (*kept, *self.notes)


def changed_words(one: Drifted) -> str:
    """``Last changed 2026-03-01 12:00:00 UTC.``; ``""`` where it is not known."""
    return f"Last changed {one.changed_at:%Y-%m-%d %H:%M:%S} UTC." if one.changed_at else ""


@dataclass(frozen=True)
class SnapshotTaken:
    """The snapshot that a run left: its number in the record, the digests of structure and rights,
    how many objects it holds. ``missing``: why there is none (the number is 0 then).
    """

    number: int = 0
    digest: str = ""
    rights_digest: str = ""
    objects: int = 0
    missing: Finding | None = None


@dataclass(frozen=True)
class Compared:
    """The differences between two catalogs, and what could not be compared."""

    differences: tuple[Difference, ...]
    left_out: int
    notes: tuple[Finding, ...]
    whole: bool


def compare(reference: Reference, live: Snapshot, ignore: Sequence[str]) -> Compared:
    """The drift of ``live`` from a stored snapshot, without the objects that ``ignore`` names.

    With another version of the algorithm, both sides are computed anew from the facts that both
    know. Notes: ``snapshot-algorithm-changed``, ``snapshot-server-changed``.
    """
    before, after = reference.snapshot, live
    notes: list[Finding] = []
    unknown: tuple[str, ...] = ()
    if before.algorithm != after.algorithm:
        before, after, unknown = on_common_ground(before, after)
        notes.append(_algorithm_note(reference, live, unknown))
    if reference.snapshot.server_major != live.server_major:
        notes.append(_server_note(reference, live))
    kept = after.without(ignore)
    found = diff(before.without(ignore), kept)
    return Compared(
        tuple(one for one in found if one.aspect in _COUNTED and not _cleared(one, before)),
        len(after.objects) - len(kept.objects),
        tuple(notes),
        not unknown,
    )


def _cleared(one: Difference, before: Snapshot) -> bool:
    """Whether somebody dropped an invalid index: what an interrupted build left behind, and what
    the next attempt asks to have removed (manual, CREATE INDEX, "Building Indexes Concurrently").
    """
    gone = one.change is Change.VANISHED and one.key.kind is ObjectKind.INDEX
    return gone and before.objects[one.key].structure.get("valid", "yes") != "yes"


def on_common_ground(
    before: Snapshot, after: Snapshot
) -> tuple[Snapshot, Snapshot, tuple[str, ...]]:
    """Two snapshots of different algorithms, as the newest computes them from the facts that both
    know; and what only one of them knows, as ``column.fact`` or, for a whole kind, ``column``.
    """
    old, new = _known(before), _known(after)
    unknown = [str(kind) for kind in old.keys() ^ new.keys()]
    shared = {kind: old[kind] & new[kind] for kind in old.keys() & new.keys()}
    for kind in shared:
        unknown += [f"{kind}.{fact}" for _, fact in old[kind] ^ new[kind]]
    return _only(before, shared), _only(after, shared), tuple(sorted(unknown))


_Facts = Mapping[str, set[tuple[str, str]]]


def _known(snapshot: Snapshot) -> _Facts:
    """The facts that a snapshot has, by kind, each with its aspect."""
    known: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for key, one in snapshot.objects.items():
        known[key.kind] |= {(aspect, fact) for aspect in _COUNTED for fact in one.facts(aspect)}
    return known


def _only(snapshot: Snapshot, shared: _Facts) -> Snapshot:
    objects: dict[ObjectKey, CatalogObject] = {}
    for key, one in snapshot.objects.items():
        if key.kind in shared:
            structure, rights = (
                {k: v for k, v in one.facts(aspect).items() if (aspect, k) in shared[key.kind]}
                for aspect in _COUNTED
            )
            objects[key] = one._replace(structure=structure, rights=rights)
    return Snapshot(ALGORITHM, snapshot.server_major, objects)


def _algorithm_note(reference: Reference, live: Snapshot, unknown: Iterable[str]) -> Finding:
    told = (
        f"Snapshot {reference.number} was made by {reference.snapshot.algorithm}, the live catalog "
        f"is read by {live.algorithm}: both were computed anew from the facts that both know."
    )
    missing = ", ".join(unknown)
    if not missing:
        return note("", "snapshot-algorithm-changed", told, "Nothing to do.")
    return warn(
        "",
        "snapshot-algorithm-changed",
        f"{told} Only one of them knows, and so not compared: {missing}.",
        "The next run stores a snapshot of the new algorithm.",
    )


def _server_note(reference: Reference, live: Snapshot) -> Finding:
    return note(
        "",
        "snapshot-server-changed",
        f"Snapshot {reference.number} was taken on PostgreSQL {reference.snapshot.server_major}; "
        f"the server is {live.server_major} now, and may write the same definition otherwise.",
        "Read the differences with that in mind.",
    )
