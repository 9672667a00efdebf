"""Comparing a series on disk with what the ledger of a target says was applied."""

from collections.abc import Iterator

from ceremony.core.finding import Finding, note, refuse
from ceremony.core.history import Event, History, LedgerRow, Partly
from ceremony.core.migration import Kind, Migration
from ceremony.core.series import Series
from ceremony.core.superseding import Standings

_WROTE = frozenset({Event.APPLIED, Event.BASELINED})


def compare(series: Series, history: History) -> tuple[Finding, ...]:
    """Everything in which files and ledger differ, sorted.

    Errors: ``ledger-digest-mismatch``, ``ledger-file-missing``, ``order-inserted-before-applied``,
    ``partial-file-changed``. Notices: ``ledger-reworded``, ``ledger-renamed``,
    ``ledger-checks-changed``, ``ledger-rollback-changed``, ``ledger-retired``, ``ledger-planned``,
    ``ledger-partly-applied``.
    """
    standings = Standings(series, history)
    late = tuple(late_finding(series, m, standings) for m in standings.late())
    return tuple(sorted((*ledger_findings(series, history), *late)))


def ledger_findings(series: Series, history: History) -> tuple[Finding, ...]:
    """As :func:`compare`, without late files."""
    found: list[Finding] = []
    for version, state in history.states(series.name).items():
        migration = series.by_version.get(version)
        row = state.newest
        if migration is None:
            if state.partly or (state.settled and state.settled.event in _WROTE):
                found.append(_missing(series, row, state.partly))
        elif state.partly:
            found.extend(_of_partly(migration, state.partly))
        elif state.settled and state.settled.event in _WROTE:
            found.extend(_of_applied(migration, state.settled))
    return tuple(sorted(found))


def _of_applied(migration: Migration, row: LedgerRow) -> Iterator[Finding]:
    if migration.kind is Kind.RETIRED:
        yield note(
            migration.path,
            "ledger-retired",
            f"{migration.label} was applied here on {_when(row)} and is retired now.",
            "Nothing to do: its history stays, and it never runs again.",
        )
        return
    if not _same(migration, row):
        yield _changed(migration, row)
        return
    if row.bytes_digest != migration.script.bytes_digest:
        yield note(
            migration.path,
            "ledger-reworded",
            f"{migration.label} was reworded after it was applied on {_when(row)}: its "
            "statements are the same.",
            "Nothing to do: only comments, blanks or prose differ.",
        )
    yield from _of_siblings(migration, row)


def _of_siblings(migration: Migration, row: LedgerRow) -> Iterator[Finding]:
    if row.name != migration.name:
        yield note(
            migration.path,
            "ledger-renamed",
            f"{migration.label} was called {row.version}_{row.name} when it was applied.",
            "Nothing to do: a migration is known by its series and version.",
        )
    if migration.kind is Kind.PLANNED:
        yield note(
            migration.path,
            "ledger-planned",
            f"{migration.label} was applied here on {_when(row)}, but its header says that it "
            "is planned.",
            "Take the line 'Planned:' out.",
        )
    if row.checks_digest != migration.verify_digest:
        yield note(
            migration.path,
            "ledger-checks-changed",
            f"The checks of {migration.label} are not those of the day it was applied.",
            f"Run them: manage.py verify_sql {migration.series}",
        )
    plain = migration.rollbacks.get("")
    if row.rollback_digest != (plain.bytes_digest if plain else ""):
        yield note(
            migration.path,
            "ledger-rollback-changed",
            f"The rollback of {migration.label} is not that of the day it was applied.",
            "Try it on a copy of this database before you need it.",
        )


def _same(migration: Migration, row: LedgerRow) -> bool:
    """Equal bytes are equal under every algorithm and parser; else the meaning decides."""
    script = migration.script
    return script.bytes_digest == row.bytes_digest or script.meaning_digest == row.meaning_digest


def _changed(migration: Migration, row: LedgerRow) -> Finding:
    done = "applied" if row.event is Event.APPLIED else "recorded"
    return refuse(
        migration.path,
        "ledger-digest-mismatch",
        f"{migration.label} was changed after {row.recorded_by} {done} it on {_when(row)}: "
        f"{done} was {row.meaning_digest}, the file is {migration.script.meaning_digest}.",
        "Put the file back as it was, and make the change in a new migration: "
        f"manage.py new_sql {migration.series} what_changes",
    )


def _missing(series: Series, row: LedgerRow, partly: Partly | None) -> Finding:
    label = f"{row.version}_{row.name}"
    if partly:
        return refuse(
            f"{series.name}/{label}.sql",
            "ledger-file-missing",
            f"{label} was begun here by {row.recorded_by}, is partly in since "
            f"{_when(partly.started)}, and the file is gone.",
            "Put the file back (git log finds it); then apply_sql or rollback_sql goes on where "
            "it stopped.",
        )
    return refuse(
        f"{series.name}/{label}.sql",
        "ledger-file-missing",
        f"{label} was applied here by {row.recorded_by} on {_when(row)}, but the file is gone.",
        "Put the file back (git log finds it); to take it out of use, rename it to .sql.retired.",
    )


def _of_partly(migration: Migration, partly: Partly) -> Iterator[Finding]:
    row = partly.started
    script = migration.rollbacks.get("") if partly.rolling_back else migration.script
    if not partly.rolling_back and not _same(migration, row):
        yield refuse(
            migration.path,
            "partial-file-changed",
            f"{migration.label} was changed while it is partly applied: begun was "
            f"{row.meaning_digest}, "
            f"the file is {migration.script.meaning_digest}.",
            "Put the file back as it was; then apply_sql goes on where it stopped, or "
            "rollback_sql undoes it.",
        )
        return
    total = len(script.sent) if script else 0
    what = "rolled back" if partly.rolling_back else "applied"
    command = "rollback_sql" if partly.rolling_back else "apply_sql"
    yield note(
        migration.path,
        "ledger-partly-applied",
        f"{migration.label} is partly {what} since {_when(row)}: {_in(partly.done, total)}.",
        f"Go on where it stopped: manage.py {command} {migration.series}",
    )


def _in(done: frozenset[int], total: int) -> str:
    if not done:
        return f"none of its {total} statements is known to be in"
    numbers = ", ".join(map(str, sorted(done)))
    return (
        f"statement {numbers} of {total} is in"
        if len(done) == 1
        else f"statements {numbers} of {total} are in"
    )


def late_finding(series: Series, migration: Migration, standings: Standings) -> Finding:
    """The refusal of a file that stands before an applied one; names the choices."""
    highest = standings.highest
    return refuse(
        migration.path,
        "order-inserted-before-applied",
        f"{migration.label} is not applied here, but {highest.label if highest else ''}, "
        "which comes after it, is.",
        f"Give it a number behind that one, or take it in out of order: "
        f"manage.py apply_sql {series.name} --include-late; or retire it (.sql.retired).",
    )


def _when(row: LedgerRow) -> str:
    return row.recorded_at.strftime("%Y-%m-%d %H:%M:%S UTC")
