"""Making a plan that records a baseline: rows in the ledger, nothing that runs.

Where the schema is there already, a baseline's file is stamped ``baselined``, and so is every file
that it supersedes and that the ledger does not know yet: they are the history that made the schema.
"""

from collections.abc import Iterator

from ceremony.core.compare import ledger_findings
from ceremony.core.finding import Finding, refuse
from ceremony.core.graph import covers
from ceremony.core.history import Event, History
from ceremony.core.migration import Kind, Migration
from ceremony.core.series import Series
from ceremony.core.step import Direction, Plan, Step
from ceremony.core.superseding import Standings


def plan_baseline(series: Series, history: History, baseline: Migration) -> Plan:
    """The rows that record ``baseline`` and what it supersedes, oldest first.

    No step where it is recorded already. Errors among the findings refuse the plan:
    ``version-retired``, ``version-planned``, ``baseline-applied``, ``baseline-not-last``,
    ``baseline-leaves-files``, ``baseline-partly``, and those of :func:`ledger_findings`.
    """
    standings = Standings(series, history)
    if standings.event(baseline) is Event.BASELINED:
        return Plan(series.name, Direction.APPLY, (), ledger_findings(series, history))
    found = [*ledger_findings(series, history), *_refusals(series, history, standings, baseline)]
    members = [*_history(series, standings, baseline), baseline]
    steps = tuple(
        Step(number, one, Direction.APPLY, Event.BASELINED, None)
        for number, one in enumerate(members, 1)
    )
    return Plan(series.name, Direction.APPLY, steps, tuple(sorted(found)))


def _history(series: Series, standings: Standings, baseline: Migration) -> list[Migration]:
    """The superseded files without a word in the ledger. One that was rolled back or superseded
    keeps its word.
    """
    span = baseline.header.supersedes
    return [m for m in series.runnable if span and covers(span, m) and standings.event(m) is None]


def _refusals(
    series: Series, history: History, standings: Standings, baseline: Migration
) -> Iterator[Finding]:
    label = baseline.label
    if baseline.kind is not Kind.RUNNABLE:
        yield refuse(
            baseline.path,
            f"version-{baseline.kind}",
            f"{label} is {baseline.kind} and never recorded.",
            "Name a version that can run; manage.py status_sql lists them.",
        )
    if standings.event(baseline) is Event.APPLIED:
        yield refuse(
            baseline.path,
            "baseline-applied",
            f"{label} was applied here: it built the schema, and needs no proof.",
            f"Nothing to do: manage.py status_sql {series.name}",
        )
    yield from _partly(series, history, baseline)
    behind = [m for m in series.migrations if m.version > baseline.version and standings.ran(m)]
    if behind:
        yield refuse(
            baseline.path,
            "baseline-not-last",
            f"{behind[-1].label}, which comes after {label}, is applied here: the schema is no "
            "longer what the baseline builds.",
            f"Write a newer baseline: manage.py baseline_sql {series.name} next_baseline",
        )
    yield from _left(series, standings, baseline)


def _left(series: Series, standings: Standings, baseline: Migration) -> Iterator[Finding]:
    span = baseline.header.supersedes
    left = [
        m
        for m in series.runnable
        if m.version < baseline.version and not standings.ran(m) and not (span and covers(span, m))
    ]
    if left:
        more = f" and {len(left) - 1} more" if len(left) > 1 else ""
        yield refuse(
            baseline.path,
            "baseline-leaves-files",
            f"{left[0].label}{more} did not run here, and {baseline.label} does not say that it "
            "stands for it.",
            f"Widen the line: -- Supersedes: {left[0].version}-{_before(series, baseline)}",
        )


def _before(series: Series, baseline: Migration) -> str:
    """The last version that a baseline can stand for."""
    return str(max(m.version for m in series.runnable if m.version < baseline.version))


def _partly(series: Series, history: History, baseline: Migration) -> Iterator[Finding]:
    for version in history.partly(series.name):
        migration = series.by_version.get(version)
        if migration is not None and migration.version <= baseline.version:
            yield refuse(
                migration.path,
                "baseline-partly",
                f"{migration.label} is partly in: what it left cannot be told from the schema.",
                f"Finish it first: manage.py apply_sql {series.name} --to {migration.version}; or "
                f"take it back: manage.py rollback_sql {series.name}",
            )


def span_before(series: Series) -> str:
    """``0000-0029``: the runnable files of a series, for a baseline that comes behind them."""
    versions = [str(m.version) for m in series.runnable]
    return f"{versions[0]}-{versions[-1]}" if versions else ""
