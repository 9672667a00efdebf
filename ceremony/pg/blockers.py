"""Who was in the way: named after a wait for a lock ran out of time."""

from dataclasses import replace
from datetime import datetime

from ceremony.core.outcome import StepOutcome
from ceremony.errors import CeremonyError
from ceremony.pg.session import Session

LOCK_TIMEOUT = "lock-timeout"

#: Not ``pg_blocking_pids``: we no longer wait. Those who held on for longer than we waited still
#: hold a lock on a table, and pg_locks shows that to every role (fields of others' sessions may be
#: hidden). A prepared transaction has no process.
_HOLDERS = """
SELECT l.pid, a.application_name, a.usename::text, a.state, a.xact_start,
       pg_catalog.array_agg(DISTINCT l.relation::pg_catalog.regclass::text)
FROM pg_catalog.pg_locks AS l
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.granted AND l.relation >= 16384
  AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_catalog.pg_database
                    WHERE datname = pg_catalog.current_database())
  AND l.relation IN (SELECT oid FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'm', 'v'))
GROUP BY 1, 2, 3, 4, 5 ORDER BY a.xact_start NULLS LAST, l.pid LIMIT 5
"""


def with_blockers(outcome: StepOutcome, session: Session) -> StepOutcome:
    """The outcome with the sessions that hold locks on tables, when it ended in a lock timeout.

    Call it when the step was rolled back. Where the server does not answer, nobody is named.
    """
    problem = outcome.problem
    if problem is None or problem.code != LOCK_TIMEOUT or session.wire.lost:
        return outcome
    try:
        holders = "; ".join(_words(*row) for row in session.ask(_HOLDERS))
    except CeremonyError:
        return outcome
    told = f"Locks on tables are held by {holders}." if holders else "Nobody holds a lock now."
    return replace(outcome, problem=replace(problem, happened=f"{problem.happened}\n{told}"))


def _words(
    pid: int | None,
    application: str | None,
    user: str | None,
    state: str | None,
    since: datetime | None,
    tables: list[str],
) -> str:
    words = [f"process {pid}" if pid else "a prepared transaction (pg_prepared_xacts)"]
    if application:
        words.append(f'"{application}"')
    if user:
        words.append(f'as "{user}"')
    if state:
        words.append(state)
    if since:
        words.append(f"transaction open since {since:%Y-%m-%d %H:%M:%S%z}")
    return f"{', '.join(words)} (on {', '.join(tables)})"
