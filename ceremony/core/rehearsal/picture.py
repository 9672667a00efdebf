"""A picture: what a database looks like at a station. Its catalog, and the rows of the reference
tables.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ceremony.core.catalog.diff import Difference, diff
from ceremony.core.catalog.snapshot import Snapshot

_SHOWN = 3
_LONGEST = 80

Rows = Mapping[str, tuple[str, ...]]
"""Reference table (as ``series.toml`` names it) to its rows as text, sorted. A table that is not
there has no entry.
"""


@dataclass(frozen=True)
class RowsDiffer:
    """A reference table whose rows differ: ``gone`` were there before, ``new`` were not."""

    table: str
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """``rows of settings differ: 2 too many ((a,1), (b,2))``."""
        parts = []
        if self.new:
            parts.append(f"{len(self.new):,} too many ({_sample(self.new)})")
        if self.gone:
            parts.append(f"{len(self.gone):,} missing ({_sample(self.gone)})")
        return f"rows of {self.table} differ: {'; '.join(parts)}"


@dataclass(frozen=True)
class Picture:
    """``snapshot`` of the catalog, and the ``rows`` of the reference tables."""

    snapshot: Snapshot
    rows: Rows = field(default_factory=dict)


@dataclass(frozen=True)
class Compared:
    """What differs between two pictures."""

    catalog: tuple[Difference, ...] = ()
    rows: tuple[RowsDiffer, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.catalog or self.rows)

    @property
    def sentences(self) -> tuple[str, ...]:
        return (*(one.sentence for one in self.catalog), *(one.sentence for one in self.rows))


def compare(before: Picture, after: Picture) -> Compared:
    """What ``after`` has otherwise than ``before``, object by object and row by row.

    Rows are compared where the table is there in both: one that came or went is an object.
    """
    return Compared(
        diff(before.snapshot, after.snapshot),
        tuple(
            found
            for table in sorted(before.rows.keys() & after.rows.keys())
            if (found := _rows(table, before.rows[table], after.rows[table])) is not None
        ),
    )


def _rows(table: str, before: tuple[str, ...], after: tuple[str, ...]) -> RowsDiffer | None:
    if before == after:
        return None
    was, now = Counter(before), Counter(after)
    return RowsDiffer(
        table, tuple(sorted((was - now).elements())), tuple(sorted((now - was).elements()))
    )


def _sample(rows: tuple[str, ...]) -> str:
    shown = [r if len(r) <= _LONGEST else r[: _LONGEST - 1] + "…" for r in rows[:_SHOWN]]
    return ", ".join(shown + (["…"] if len(rows) > _SHOWN else []))
