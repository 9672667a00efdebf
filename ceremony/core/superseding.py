"""Where every migration of a series stands on a target: in place, pending, late, or superseded.

Superseding: a file with ``Supersedes: first-last`` builds everything that the files in that range
built. Where none of them was ever applied, it stands for them: they get a ``superseded`` row and
never run. Where all of them are recorded, they are history and nothing changes. Where only some
are, nobody can say what the superseding file would meet, and it is refused.
"""

from collections.abc import Iterable
from functools import cached_property

from ceremony.core.finding import Finding, refuse
from ceremony.core.graph import covers
from ceremony.core.history import Event, History
from ceremony.core.migration import Migration
from ceremony.core.series import Series


class Standings:
    """``selection`` are the migrations that a plan may apply (``--to``); without it all that can
    run.
    """

    def __init__(
        self, series: Series, history: History, selection: Iterable[Migration] | None = None
    ) -> None:
        self._series = series
        self._states = history.states(series.name)
        self.selection = tuple(series.runnable if selection is None else selection)
        self.findings: tuple[Finding, ...] = ()
        self._covered = self._find_covered()

    def event(self, migration: Migration) -> Event | None:
        """The settled event of a migration; ``None`` without one."""
        state = self._states.get(str(migration.version))
        return state.settled.event if state and state.settled else None

    def ran(self, migration: Migration) -> bool:
        """Whether it was really applied or proved to be there (baselined)."""
        return self.event(migration) in (Event.APPLIED, Event.BASELINED)

    def superseded(self, migration: Migration) -> bool:
        """Whether another file stands for it on this target, recorded already or not."""
        return str(migration.version) in self._covered

    def settled(self, migration: Migration) -> bool:
        """Whether nothing is left to do about it (a step that is partly in is not settled)."""
        if self._partly(migration):
            return False
        if self.event(migration) is Event.SUPERSEDED:
            return self.superseded(migration)
        return self.ran(migration) or self.event(migration) is Event.RETIRED

    def pending(self) -> tuple[Migration, ...]:
        """What the selection leaves to do, in order; superseded files that have no row yet
        included.
        """
        return tuple(m for m in self.selection if not self.settled(m))

    def late(self) -> tuple[Migration, ...]:
        """Pending files that stand before one that ran."""
        if self.highest is None:
            return ()
        return tuple(
            m
            for m in self.pending()
            if m.version < self.highest.version and not self.superseded(m) and not self._partly(m)
        )

    @cached_property
    def highest(self) -> Migration | None:
        """The migration with the highest version that ran."""
        return max(filter(self.ran, self._series.migrations), key=lambda m: m.version, default=None)

    def _partly(self, migration: Migration) -> bool:
        state = self._states.get(str(migration.version))
        return state is not None and state.partly is not None

    def _find_covered(self) -> frozenset[str]:
        """From the newest superseding file down: what a superseded one stands for is superseded
        too.
        """
        covered: set[str] = set()
        chosen = {m.version for m in self.selection}
        for one in reversed(self._series.runnable):
            span = one.header.supersedes
            if not span or not (one.version in chosen or self.ran(one)):
                continue
            members = [m for m in self._series.runnable if covers(span, m)]
            if str(one.version) in covered or self._stands_for(one, members):
                covered |= {str(m.version) for m in members if not self.ran(m)}
        return frozenset(covered)

    def _stands_for(self, one: Migration, members: list[Migration]) -> bool:
        if self.ran(one):
            return True
        there = [m for m in members if self.ran(m) or self._partly(m)]
        if not there:
            return True
        absent = [m for m in members if self.event(m) is None or self._partly(m)]
        if absent and not self._partly(one):
            self.findings = (*self.findings, _partly_recorded(one, there, absent))
        return False


def stood_for(series: Series, heads: Iterable[Migration]) -> frozenset[str]:
    """The versions that these superseding files stand for, also through the superseding files
    among them.
    """
    covered: set[str] = set()
    chosen = {m.version for m in heads}
    for one in reversed(series.migrations):
        span = one.header.supersedes
        if span and (one.version in chosen or str(one.version) in covered):
            covered |= {str(m.version) for m in series.migrations if covers(span, m)}
    return frozenset(covered)


def _partly_recorded(one: Migration, there: list[Migration], absent: list[Migration]) -> Finding:
    return refuse(
        one.path,
        "supersedes-partly-recorded",
        f"{one.label} supersedes {len(there) + len(absent)} files, of which {_labels(there)} "
        f"{'is' if len(there) == 1 else 'are'} recorded here and {_labels(absent)} "
        f"{'is' if len(absent) == 1 else 'are'} not.",
        f"Apply the others first: manage.py apply_sql {one.series} --to {absent[-1].version}; "
        "or, if they must not run here, retire them (rename them to .sql.retired with a reason).",
    )


def _labels(migrations: list[Migration]) -> str:
    labels = [m.label for m in migrations]
    return ", ".join(labels if len(labels) <= 3 else [*labels[:2], f"{len(labels) - 2} more"])
