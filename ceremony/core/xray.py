"""X-rays: what one statement of a migration did to the database besides its purpose; measured by
the server's own books, never guessed from the text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
"""The lock modes of relations as pg_locks spells them, in the manual's order (13.3.1)."""

_CONFLICTS: Mapping[str, frozenset[str]] = {
    mode: frozenset(MODES[number] for number in numbers)
    for mode, numbers in zip(
        MODES,
        (
            (7,),
            (6, 7),
            (4, 5, 6, 7),
            (3, 4, 5, 6, 7),
            (2, 3, 5, 6, 7),
            (2, 3, 4, 5, 6, 7),
            (1, 2, 3, 4, 5, 6, 7),
            (0, 1, 2, 3, 4, 5, 6, 7),
        ),
        strict=True,
    )
}
"""Manual, table 13.2: which modes wait for which."""

QUERIES = frozenset(
    {
        "select_stmt",
        "insert_stmt",
        "update_stmt",
        "delete_stmt",
        "merge_stmt",
        "copy_stmt",
        "call_stmt",
        "do_stmt",
        "execute_stmt",
        "explain_stmt",
        "create_table_as_stmt",
        "refresh_mat_view_stmt",
    }
)
"""Statements that are queries, or hold one. Which tables they read from end to end is the planner's
choice, made by the number of rows. All others read rows only to check or to build something, and
then all of them, in whichever order: where they go by an index, that is a full scan as well.
"""


@dataclass(frozen=True, order=True)
class LockTaken:
    """``relation`` is qualified and quoted where SQL needs it; ``mode`` as pg_locks spells it."""

    relation: str
    mode: str

    def to_json(self) -> list[str]:
        return [self.relation, self.mode]


@dataclass(frozen=True)
class XRay:
    """What the statement with this number did.

    ``locks`` are those that it was the first to take on relations that existed before the
    migration, without those that another one covers. ``rewrites`` are tables and indexes whose
    storage was written anew, ``scans`` tables that were read from end to end (see ``QUERIES``),
    ``created`` and ``dropped`` relations that came and went (tables, views, indexes, sequences).
    ``rows`` is the number in the command tag, ``None`` where it has none; ``wal_bytes`` what the
    whole server wrote to its log meanwhile, so an upper bound; ``seconds`` the time until the
    answer. ``partition_of`` pairs a partition among these names with the table above it. ``note``
    says what could not be seen.
    """

    statement: int
    locks: tuple[LockTaken, ...]
    rewrites: tuple[str, ...]
    scans: tuple[str, ...]
    rows: int | None
    wal_bytes: int | None
    seconds: float
    created: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    partition_of: tuple[tuple[str, str], ...] = ()
    note: str = ""

    def names(self) -> frozenset[str]:
        """Every relation it tells of."""
        locked = (lock.relation for lock in self.locks)
        return frozenset((*locked, *self.rewrites, *self.scans, *self.created, *self.dropped))

    def to_json(self) -> dict[str, Any]:
        """Plain values for a certificate; ``from_json`` reads them back."""
        return {
            "statement": self.statement,
            "locks": [lock.to_json() for lock in self.locks],
            "rewrites": list(self.rewrites),
            "scans": list(self.scans),
            "rows": self.rows,
            "wal_bytes": self.wal_bytes,
            "seconds": self.seconds,
            "created": list(self.created),
            "dropped": list(self.dropped),
            "partition_of": [list(pair) for pair in self.partition_of],
            "note": self.note,
        }


def from_json(value: Mapping[str, Any]) -> XRay:
    """The X-ray that ``to_json`` wrote.

    Raises KeyError, TypeError or ValueError for anything else.
    """
    return XRay(
        statement=int(value["statement"]),
        locks=tuple(LockTaken(relation, mode) for relation, mode in value["locks"]),
        rewrites=tuple(value["rewrites"]),
        scans=tuple(value["scans"]),
        rows=value["rows"],
        wal_bytes=value["wal_bytes"],
        seconds=float(value["seconds"]),
        created=tuple(value["created"]),
        dropped=tuple(value["dropped"]),
        partition_of=tuple((part, root) for part, root in value["partition_of"]),
        note=value["note"],
    )


def lock_words(mode: str) -> str:
    """``ACCESS EXCLUSIVE`` for ``AccessExclusiveLock``, as the manual and LOCK TABLE write it."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", mode.removesuffix("Lock")).upper()


def covered(mode: str, shown: Iterable[str]) -> bool:
    """Whether whoever waits for ``mode`` waits for one of ``shown`` too (manual, table 13.2)."""
    held: frozenset[str] = frozenset().union(*(_CONFLICTS[one] for one in shown))
    return _CONFLICTS[mode] <= held


def strongest(modes: Sequence[str]) -> tuple[str, ...]:
    """The modes that no other one of them covers, weakest first."""
    ordered = sorted(set(modes), key=MODES.index)
    return tuple(
        mode
        for number, mode in enumerate(ordered)
        if not any(covered(mode, (other,)) for other in ordered[number + 1 :])
    )
