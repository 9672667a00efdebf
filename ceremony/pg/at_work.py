"""Who works on a target under its lock, at what, and who is in the way: one short look.

PostgreSQL's own books (manual, 27.2.3 pg_stat_activity, 53.13 pg_locks) tell it; nothing is locked
and no transaction is left open, which a concurrent index build would wait for.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg

from ceremony.pg.lock import lock_halves
from ceremony.pg.progress import Progress, progress_on
from ceremony.pg.session import SessionSettings, connect

MILLISECONDS = 1_500
"""How long the look may take, connecting aside: a page waits for it."""

_AT_WORK = """
SELECT a.pid, a.state, a.query, a.wait_event_type,
       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - a.query_start)::float8,
       pg_catalog.pg_blocking_pids(a.pid)
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_catalog.pg_database
                    WHERE datname = pg_catalog.current_database())
  AND l.classid = %s::int8::oid AND l.objid = %s::int8::oid
"""

_BLOCKERS = """
SELECT pid, application_name, usename::text, state,
       pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - xact_start)::float8
FROM pg_catalog.pg_stat_activity WHERE pid = ANY (%s) ORDER BY xact_start NULLS LAST, pid LIMIT 5
"""


@dataclass(frozen=True)
class Blocker:
    """Who holds what is waited for. Fields that this role may not see are empty. ``seconds`` is how
    long its transaction has been open.
    """

    pid: int
    application: str = ""
    user: str = ""
    state: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class AtWork:
    """The session that holds the target's lock. ``query`` is its statement, as much of it as the
    server keeps (``track_activity_query_size``), ``""`` while none runs or where this role may not
    see it; ``seconds`` since when. ``waits``: it waits for a lock, which ``blockers`` hold.
    """

    pid: int
    query: str = ""
    seconds: float = 0.0
    waits: bool = False
    blockers: tuple[Blocker, ...] = ()
    progress: Progress | None = None


def look_at_work(parameters: Mapping[str, str], schema: str) -> AtWork | None:
    """Who holds the lock of the ledger in ``schema``; ``None`` for nobody.

    Raises Refused (connect-failed) and psycopg.Error where the server does not answer.
    """
    settings = SessionSettings(
        run="follow",
        lock_timeout=MILLISECONDS,
        statement_timeout=MILLISECONDS,
        connect_timeout=2,
    )
    with closing(connect({**parameters, "connect_timeout": "2"}, settings)) as connection:
        row = connection.execute(_AT_WORK, lock_halves(schema)).fetchone()
        return _at_work(connection, row) if row else None


def _at_work(connection: psycopg.Connection[Any], row: tuple[Any, ...]) -> AtWork:
    pid, state, query, waits_for, seconds, blocking = row
    busy = state == "active"
    return AtWork(
        pid,
        (query or "") if busy else "",
        max(seconds or 0.0, 0.0) if busy else 0.0,
        busy and waits_for == "Lock",
        _blockers(connection, blocking or []),
        progress_on(connection, pid) if busy else None,
    )


def _blockers(connection: psycopg.Connection[Any], pids: list[int]) -> tuple[Blocker, ...]:
    """By process; what was prepared for two-phase commit has none, and counts as 0."""
    if not pids:
        return ()
    rows = connection.execute(_BLOCKERS, (pids,)).fetchall()
    found = [
        Blocker(pid, app or "", user or "", state or "", s) for pid, app, user, state, s in rows
    ]
    return (*found, *([Blocker(0)] if 0 in pids else []))
