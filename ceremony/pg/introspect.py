"""The snapshot of a target's catalog, in one round trip.

All questions travel together in one read-only transaction at REPEATABLE READ, so that they see one
state. The functions that write definitions (``pg_get_viewdef`` and others) look at the newest state
all the same and take ACCESS SHARE locks: a session that holds ACCESS EXCLUSIVE makes them wait, and
something dropped meanwhile gives XX000. Then it is asked again, and if that does not help, the
snapshot is *unknown*, which is never *equal*.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar, cast

import psycopg

from ceremony.core.catalog.dated import gathered
from ceremony.core.catalog.snapshot import ALGORITHM, Snapshot
from ceremony.errors import NOTHING_CHANGED, Refused
from ceremony.pg.catalog_queries import questions
from ceremony.pg.catalog_rows import Reader
from ceremony.pg.errors import failure
from ceremony.pg.session import Session

LOCK_TIMEOUT = 1_000
"""How long a question waits for a lock, in milliseconds."""

ATTEMPTS = 3

#: What texts of definitions depend on. ``jit`` costs seconds here and saves none.
_PINS = {
    "search_path": "",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "lc_monetary": "C",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}
_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
#: A lock, an object dropped meanwhile, a deadlock or a cancel: the catalog itself is not to blame.
_MOVING = frozenset({"55P03", "XX000", "40P01", "40001", "57014", "42P01", "42704", "42883"})


class SnapshotUnknown(Refused):
    """The catalog could not be read as a whole: nothing can be said about it."""


Result: TypeAlias = tuple[list[str], list[Any]]
"""An answer: the names of its columns, and its rows."""

Outcome = TypeVar("Outcome")


def take(session: Session, *, ledger_schema: str) -> Snapshot:
    """The catalog of the session's database, without the ledger's own objects.

    The session must be outside a transaction. Takes one round trip. Raises SnapshotUnknown
    (snapshot-unknown) when objects are locked or go away while they are read, and Failed when the
    connection breaks.
    """
    return attempt(session, lambda: _taken(session, ledger_schema))


def attempt(session: Session, reading: Callable[[], Outcome]) -> Outcome:
    """What a reading of the catalog gives, tried again when the catalog moved meanwhile.

    Raises SnapshotUnknown and Failed.
    """
    error: psycopg.Error | None = None
    for _ in range(ATTEMPTS):
        try:
            with _nothing_collected():
                return reading()
        except psycopg.Error as raised:
            error = raised
            if raised.sqlstate not in _MOVING:
                raise failure(raised, state=NOTHING_CHANGED, doing="The snapshot") from None
            session.connection.rollback()
    if error is None:
        raise ValueError("no attempt was made")
    raise _unknown(session, error)


def asked(connection: psycopg.Connection[Any], texts: Sequence[str]) -> list[Result]:
    """The answers to ``texts``, which travel together in one round trip.

    Raises the first error of them.
    """
    answers: list[Result] = []
    for cursor in _sent(connection, texts):
        columns = [column.name for column in cursor.description or ()]
        answers.append((columns, cursor.fetchall() if columns else []))
        cursor.close()
    return answers


def _sent(connection: psycopg.Connection[Any], texts: Sequence[str]) -> list[psycopg.Cursor[Any]]:
    cursors: list[psycopg.Cursor[Any]] = []
    error: psycopg.Error | None = None
    try:
        with connection.pipeline():
            try:
                cursors += [connection.execute(cast(Any, text)) for text in texts]
            except psycopg.Error as raised:
                # Leaving the pipeline with this one at hand, psycopg would log that others follow.
                error = raised
    except psycopg.Error as raised:
        error = error or raised
    if error is not None:
        raise error
    return cursors


def begin() -> tuple[str, str]:
    """The statements that begin a reading, with everything pinned that definitions depend on."""
    pins = {**_PINS, "lock_timeout": str(LOCK_TIMEOUT)}
    calls = [f"pg_catalog.set_config('{name}', '{value}', true)" for name, value in pins.items()]
    return _BEGIN, f"SELECT {', '.join(calls)}"


def _taken(session: Session, ledger_schema: str) -> Snapshot:
    major = session.identity.server_version // 10_000
    listed = questions(major)
    texts = (*begin(), *(question.text for question in listed), "COMMIT")
    answers = asked(session.connection, texts)[2:-1]
    reader = Reader(ledger_schema)
    for question, (columns, rows) in zip(listed, answers, strict=True):
        reader.read(question.name, columns, rows)
    reader.finish()
    return Snapshot(ALGORITHM, major, gathered(reader.objects, reader.bounded))


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Without the cyclic garbage collector, which would go through the objects of a large catalog
    again and again while they are made; none of them is garbage.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _unknown(session: Session, error: psycopg.Error) -> SnapshotUnknown:
    said = error.diag.message_primary or "no answer"
    return SnapshotUnknown(
        "snapshot-unknown",
        f"The catalog of the {session.identity.place} could not be read: {said} "
        f"({error.sqlstate}).",
        state="Nothing was changed, and nothing is known about differences.",
        next_step="Look who holds locks (SELECT pid, application_name, query FROM "
        "pg_stat_activity WHERE state <> 'idle'), wait until they are done, then run the same "
        "command again.",
    )
