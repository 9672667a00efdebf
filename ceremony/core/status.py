"""The state of every migration of a series on one target, line by line."""

import json

from ceremony.core.compare import ledger_findings
from ceremony.core.history import Event, History, LedgerRow, SeriesState
from ceremony.core.migration import Kind, Migration
from ceremony.core.report import MigrationState, StatusLine
from ceremony.core.series import Series
from ceremony.core.superseding import Standings
from ceremony.core.version import Version

_WORDS = {
    Event.APPLIED: MigrationState.APPLIED,
    Event.BASELINED: MigrationState.BASELINED,
    Event.SUPERSEDED: MigrationState.SUPERSEDED,
    Event.ROLLED_BACK: MigrationState.ROLLED_BACK,
    Event.RETIRED: MigrationState.RETIRED,
}
_COMPARED = {
    "ledger-digest-mismatch": MigrationState.CHANGED,
    "ledger-reworded": MigrationState.REWORDED,
}


def status_lines(series: Series, history: History) -> tuple[StatusLine, ...]:
    """One line per migration on disk and per applied one that is missing there, in order of
    versions.
    """
    standings = Standings(series, history)
    late = {m.version for m in standings.late()}
    compared = {f.path: f.code for f in ledger_findings(series, history) if f.code in _COMPARED}
    lines = []
    for migration in series.migrations:
        state = history.state(series.name, str(migration.version))
        if state is not None and series.by_version[str(migration.version)] is migration:
            line = _of_ledger(migration, state, standings, compared.get(migration.path))
        else:
            line = _of_file(migration, standings)
        if migration.version in late and line.state is MigrationState.PENDING:
            line = StatusLine(line.label, MigrationState.LATE, note=_LATE)
        lines.append((migration.version, line))
    lines.extend(_missing(series, history))
    return tuple(line for _, line in sorted(lines, key=lambda pair: (pair[0], pair[1].label)))


_LATE = "A later file is applied already; apply_sql wants --include-late."


def _of_file(migration: Migration, standings: Standings) -> StatusLine:
    if migration.kind is Kind.PLANNED:
        return StatusLine(migration.label, MigrationState.PLANNED, note=migration.header.planned)
    if migration.kind is Kind.RETIRED:
        return StatusLine(migration.label, MigrationState.RETIRED, note=migration.header.retired)
    note = "A later file stands for it." if standings.superseded(migration) else ""
    return StatusLine(migration.label, MigrationState.PENDING, note=note)


def _of_ledger(
    migration: Migration, state: SeriesState, standings: Standings, compared: str | None
) -> StatusLine:
    if state.partly:
        return _partly(migration, state)
    row = state.newest
    if row.event is Event.SUPERSEDED and not standings.settled(migration):
        return _of_file(migration, standings)
    if row.event is Event.ROLLED_BACK and migration.kind is not Kind.RUNNABLE:
        return _of_file(migration, standings)
    word = _COMPARED.get(compared or "", _WORDS[row.event])
    return StatusLine(
        migration.label, word, row.recorded_at, row.recorded_by, _note(migration, row)
    )


def _note(migration: Migration, row: LedgerRow) -> str:
    """Why it is retired; or that it is the history of a baseline, and was not run here."""
    if row.event is Event.RETIRED:
        return str(json.loads(row.detail or "{}").get("reason", ""))
    if migration.kind is Kind.RETIRED:
        return f"Retired since: {migration.header.retired}"
    if row.event is not Event.BASELINED:
        return ""
    baseline = json.loads(row.detail or "{}").get("with")
    return f"History, recorded with {baseline}." if baseline else ""


def _partly(migration: Migration, state: SeriesState) -> StatusLine:
    partly = state.partly
    row = state.newest
    done = sorted(partly.done) if partly else []
    what = "Its rollback was begun; " if partly and partly.rolling_back else ""
    which = (
        f"statements in: {', '.join(map(str, done))}."
        if done
        else "no statement is known to be in."
    )
    return StatusLine(
        migration.label,
        MigrationState.PARTLY,
        row.recorded_at,
        row.recorded_by,
        (what + which)[:1].upper() + (what + which)[1:],
    )


def _missing(series: Series, history: History) -> list[tuple[Version, StatusLine]]:
    found = []
    for version, state in history.states(series.name).items():
        row: LedgerRow = state.newest
        if version in series.by_version or not (state.in_place or state.partly):
            continue
        line = StatusLine(
            f"{version}_{row.name}",
            MigrationState.MISSING,
            row.recorded_at,
            row.recorded_by,
            f"{'Partly in' if state.partly else 'Applied'} here, but the file is gone.",
        )
        found.append((Version.of(version), line))
    return found
