"""What a real run did that its rehearsal did not show."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from ceremony.core.xray import QUERIES, LockTaken, XRay, covered

UNJUDGED_LOCKS = frozenset({"AccessShareLock", "RowShareLock"})
"""Modes of reading. Which tables are read depends on plans and rows, which a rehearsal has not; who
waits for them wants to change the table's structure.
"""


_OF_REFERRED = frozenset({"RowShareLock", "ShareRowExclusiveLock"})
"""What VALIDATE CONSTRAINT and ADD FOREIGN KEY take on the table that is referred to."""


@dataclass(frozen=True)
class Surprise:
    """``did`` is what the statement did, ``shown`` what the rehearsal showed of the same sort."""

    statement: int
    did: str
    shown: str

    @property
    def sentence(self) -> str:
        """``it took ShareLock on public.a (rehearsed: no such lock on it)``"""
        return f"it {self.did} (rehearsed: {self.shown})"


def surprises(
    real: Sequence[XRay], rehearsed: Sequence[XRay], kinds: Mapping[int, str]
) -> tuple[Surprise, ...]:
    """Locks, rewrites, scans, and relations made or dropped, beyond what was rehearsed.

    ``kinds`` are the parser's names of the statements by number. A lock that the rehearsal took
    with an earlier statement is no surprise: it was held from then on. What happens to a partition
    counts as shown where it was shown of a table above it or, for storage, of another partition of
    the same tree: which partitions there are is the target's affair.
    """
    found: list[Surprise] = []
    for xray in real:
        before = [one for one in rehearsed if one.statement <= xray.statement]
        same = [one for one in before if one.statement == xray.statement]
        found += _locks(xray, before)
        found += _named(xray, xray.rewrites, same, "rewrites", "wrote {} anew", "a rewrite of")
        if kinds.get(xray.statement) not in QUERIES:
            read = [name for name in xray.scans if not _looked_up(name, before, same)]
            found += _named(xray, read, same, "scans", "read all of {}", "a full scan of")
        found += _named(xray, xray.created, same, "created", "made {}", "the creation of")
        found += _named(xray, xray.dropped, same, "dropped", "dropped {}", "the drop of")
    return tuple(found)


def _looked_up(name: str, before: Sequence[XRay], same: Sequence[XRay]) -> bool:
    """Whether it can be the other table of a foreign key that was checked in the rehearsal, too.

    That check is a query: where no row refers to anything, the table referred to is not read.
    """
    modes = {lock.mode for one in same for lock in one.locks if lock.relation == name}
    locked = any(lock.relation == name for one in before for lock in one.locks)
    return bool(modes & _OF_REFERRED) or (locked and any(one.scans for one in same))


def _locks(xray: XRay, before: Sequence[XRay]) -> Iterable[Surprise]:
    shown = [lock for one in before for lock in one.locks]
    for lock in xray.locks:
        if lock.mode in UNJUDGED_LOCKS:
            continue
        names = _upwards(xray, lock.relation)
        modes = sorted({other.mode for other in shown if other.relation in names})
        if not covered(lock.mode, modes):
            words = " and ".join(modes) if modes else "no such lock"
            yield Surprise(xray.statement, f"took {_words(lock)}", f"{words} on it")


def _named(
    xray: XRay, names: Sequence[str], same: Sequence[XRay], sort: str, did: str, what: str
) -> Iterable[Surprise]:
    shown = tuple(chain.from_iterable(getattr(one, sort) for one in same))
    trees = {name for one in same for each in shown for name in _upwards(one, each)}
    for name in names:
        if trees.isdisjoint(_upwards(xray, name)):
            others = f"{what} {', '.join(shown)} only" if shown else "nothing of the kind"
            yield Surprise(xray.statement, did.format(name), others)


def _upwards(xray: XRay, name: str) -> tuple[str, ...]:
    """The name and those of the partitioned tables (or indexes) above it."""
    above = dict(xray.partition_of)
    names = [name]
    while (parent := above.get(names[-1])) is not None and parent not in names:
        names.append(parent)
    return tuple(names)


def _words(lock: LockTaken) -> str:
    return f"{lock.mode} on {lock.relation}"
