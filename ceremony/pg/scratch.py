"""Scratch databases: made for one rehearsal, dropped after it, also when its process was killed.

Who makes one keeps a session open in the server's maintenance database, its *guard*, for as long
as the scratch database is wanted. The guard takes an advisory lock whose number comes from the
scratch database's name *before* it creates it, and creates and drops it itself. A session's locks
go when its server process ends (manual, 13.3.5), however the client ended, and never before its
last statement is through. So a scratch database whose lock nobody holds has no owner any more, and
never will have one again: names are used once. pg_locks shows advisory locks of all databases
(manual, 53.13), so it does not matter which maintenance database an owner was connected to.

While a guard creates or drops, it holds a second lock, the same for all. A sweep first waits until
nobody holds that one: what a killed client's server process is still busy with is over then, and
either visible or gone.
"""

import hashlib
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from ceremony.core.sql.dump import preamble
from ceremony.core.sql.source import understand
from ceremony.errors import CeremonyError, Refused
from ceremony.pg.errors import QueryFailed
from ceremony.pg.names import literal, quoted
from ceremony.pg.queries import query
from ceremony.pg.schema_dump import dump_schema
from ceremony.pg.session import Session, SessionSettings, open_session

PREFIX = "ceremony_scratch_"
"""What the names of all scratch databases begin with; the time (UTC, the server's), the process
that asked and a random part follow.
"""

_PRODUCT = "ceremony:scratch:v1:"
_BUSY_SECONDS = 30.0
_PAUSE_SECONDS = 0.05
_NO_RIGHT = "42501"
_IN_USE = "55006"
_GONE = "3D000"
#: pg_database.datlocprovider, since PostgreSQL 15 (manual, 52.15).
_PROVIDERS = {"b": "builtin", "c": "libc", "i": "icu"}


@dataclass(frozen=True)
class Origin:
    """What a scratch database begins as.

    ``template`` is copied and must have no other connections while it is. ``options`` are further
    ones of CREATE DATABASE, keyword to value: encoding and locale, which only ``template0`` lets
    one choose (manual, CREATE DATABASE).
    """

    template: str = "template0"
    options: tuple[tuple[str, str], ...] = ()

    def clause(self) -> str:
        """The options of CREATE DATABASE."""
        options = [f"{keyword} {literal(value)}" for keyword, value in self.options]
        return " ".join([f"TEMPLATE {quoted(self.template)}", *options])


@contextmanager
def scratch_database(
    server: Mapping[str, str], origin: Origin | None = None
) -> Iterator[dict[str, str]]:
    """The parameters of a new database, which is dropped at the end, whatever happened.

    ``server`` are those of the server's maintenance database (``postgres``, usually), with a role
    that may create databases. What killed owners left behind is dropped first.

    Raises Refused: scratch-no-right, scratch-template-missing, scratch-template-in-use, and what
    ``open_session`` raises.
    """
    settings = SessionSettings(run="scratch", lock_timeout=60_000)
    with open_session(server, settings) as guard:
        _refuse_without_right(guard)
        _sweep(guard, server, timedelta(0))
        name = _new_name(guard)
        try:
            _create(guard, name, origin or Origin())
            yield {**server, "dbname": name}
        finally:
            _drop_at_last(guard, server, name)


def sweep(server: Mapping[str, str], *, older_than: timedelta = timedelta(0)) -> tuple[str, ...]:
    """Drop the scratch databases whose owners are gone, and say which they were.

    Only those that this role may drop, and that are older than ``older_than`` by the time in their
    name. Raises what ``open_session`` raises.
    """
    with open_session(server, SessionSettings(run="sweep", lock_timeout=60_000)) as session:
        return _sweep(session, server, older_than)


def origin_like(target: Session) -> Origin:
    """An empty database with the encoding and the locale of the target."""
    encoding, collate, ctype, provider, locale = target.ask(query("database-locale"))[0]
    wanted = {"ENCODING": encoding, "LC_COLLATE": collate, "LC_CTYPE": ctype}
    if provider is not None:
        wanted["LOCALE_PROVIDER"] = _PROVIDERS[provider]
    if locale is not None:
        wanted[f"{_PROVIDERS[provider].upper()}_LOCALE"] = locale
    return Origin(options=tuple(wanted.items()))


def load_schema(
    target: Session,
    parameters: Mapping[str, str],
    scratch: Mapping[str, str],
    *,
    pg_bin: str,
    flags: Sequence[str] = (),
) -> None:
    """Build the target's schema, without a row, in the empty scratch database, in one transaction.

    ``parameters`` are the target's, for pg_dump; ``flags`` go to it as they are. Subscriptions are
    left out: a copy must not draw on a publisher. Raises Refused (dump-failed,
    scratch-schema-failed).
    """
    version = target.identity.server_version
    flags = ("--no-subscriptions", *flags)
    text = dump_schema(parameters, pg_bin=pg_bin, server_version=version, flags=flags)
    trees = understand(text).trees
    # Settings of the dump's own, which a server older than pg_dump may not know.
    left_out = preamble(trees)
    sent = [tree.statement for tree in trees if tree.statement.number not in left_out]
    one_transaction = ";\n".join(statement.text for statement in sent)
    with open_session(scratch, SessionSettings(run="scratch", lock_timeout=0)) as session:
        try:
            session.ask(one_transaction)
        except QueryFailed as error:
            raise Refused(
                "scratch-schema-failed",
                f"The schema of the {target.identity.place} could not be built in a scratch "
                f"database of the {session.identity.place}: {error.happened}",
                next_step="Give the scratch server what the schema needs (roles, extensions, the "
                "same major version), then run the command again.",
            ) from None


def _refuse_without_right(guard: Session) -> None:
    if not guard.ask(query("may-create-databases"))[0][0]:
        role = guard.identity.current_user
        raise Refused(
            "scratch-no-right",
            f'The role "{role}" may not create databases on the server of the '
            f"{guard.identity.place}, and a rehearsal needs one.",
            next_step=f"As a superuser: ALTER ROLE {quoted(role)} CREATEDB; or rehearse on a "
            "server of your own.",
        )


def _new_name(guard: Session) -> str:
    """A name that was never used, with its lock held."""
    stamp = guard.ask(query("scratch-stamp"))[0][0]
    name = f"{PREFIX}{stamp}_{os.getpid()}_{secrets.token_hex(4)}"
    guard.ask("SELECT pg_catalog.pg_advisory_lock(%s)", (_key(name),))
    # An orphan of ours, in the middle of a long copy, sees that its client is gone. Not every
    # system lets the server look.
    with suppress(QueryFailed):
        guard.ask("SET client_connection_check_interval = '200ms'")
    return name


def _create(guard: Session, name: str, origin: Origin) -> None:
    try:
        with _busy(guard):
            guard.ask(f"CREATE DATABASE {quoted(name)} {origin.clause()}")
    except QueryFailed as error:
        raise _creation_refused(guard, origin, error) from None


def _creation_refused(guard: Session, origin: Origin, error: QueryFailed) -> CeremonyError:
    if error.sqlstate == _IN_USE and origin.template == guard.identity.database:
        return Refused(
            "scratch-template-in-use",
            f'The database "{origin.template}" cannot be copied while others are connected to it, '
            "and a rehearsal for it is connected to it itself.",
            next_step="Begin with its schema (--from target), or name a copy of it as the template",
        )
    if error.sqlstate == _IN_USE:
        return Refused(
            "scratch-template-in-use",
            f'The database "{origin.template}" cannot be copied while others are connected to it.',
            next_step="Wait until they are gone, or name another template. Who they are: SELECT "
            "pid, application_name FROM pg_stat_activity WHERE datname = "
            f"{literal(origin.template)}",
        )
    if error.sqlstate == _GONE:
        return Refused(
            "scratch-template-missing",
            f'There is no database "{origin.template}" on the server of the '
            f"{guard.identity.place}.",
            next_step="Name a template that is there: SELECT datname FROM pg_database",
        )
    if error.sqlstate == _NO_RIGHT:
        return Refused(
            "scratch-no-right",
            f'The role "{guard.identity.current_user}" may not copy the database '
            f'"{origin.template}".',
            next_step=f"Make it a template: ALTER DATABASE {quoted(origin.template)} IS_TEMPLATE "
            "true; or name another one.",
        )
    return error


@contextmanager
def _busy(guard: Session) -> Iterator[None]:
    """The lock that a sweep waits for; it stays with the server process if the client dies here."""
    guard.ask("SELECT pg_catalog.pg_advisory_lock_shared(%s)", (_BUSY,))
    try:
        yield
    finally:
        with suppress(CeremonyError):
            guard.ask("SELECT pg_catalog.pg_advisory_unlock_shared(%s)", (_BUSY,))


def _drop_at_last(guard: Session, server: Mapping[str, str], name: str) -> None:
    """With the guard, else with a new session: the guard's link may have broken."""
    try:
        _drop(guard, server, name)
    except QueryFailed:
        if not guard.connection.closed:
            raise
        with open_session(server, SessionSettings(run="scratch", lock_timeout=60_000)) as session:
            _drop(session, server, name)


def _drop(session: Session, server: Mapping[str, str], name: str) -> None:
    """Its other sessions are ended (manual, DROP DATABASE, FORCE). Dropped already is fine."""
    with _busy(session):
        try:
            session.ask(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")
        except QueryFailed as error:
            if error.sqlstate != _IN_USE:
                raise
            _drop_subscriptions({**server, "dbname": name})
            session.ask(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")


def _drop_subscriptions(scratch: Mapping[str, str]) -> None:
    """A migration's subscriptions hold their database; what they would read from is left alone."""
    with open_session(scratch, SessionSettings(run="scratch")) as session:
        for (name,) in session.ask(query("subscriptions")):
            session.ask(f"ALTER SUBSCRIPTION {name} DISABLE")
            session.ask(f"ALTER SUBSCRIPTION {name} SET (slot_name = NONE)")
            session.ask(f"DROP SUBSCRIPTION {name}")


def _sweep(session: Session, server: Mapping[str, str], older_than: timedelta) -> tuple[str, ...]:
    _wait_for_the_busy(session)
    dropped = []
    for (name,) in session.ask(query("scratch-databases"), (PREFIX, older_than)):
        if not _owned(session, name):
            _drop(session, server, name)
            dropped.append(name)
    return tuple(dropped)


def _wait_for_the_busy(session: Session) -> None:
    """Until no creation or drop that was under way when we came is still under way.

    One that takes longer than half a minute is left to the next sweep.
    """
    until = time.monotonic() + _BUSY_SECONDS
    waiting = _holders(session, _BUSY)
    while waiting and time.monotonic() < until:
        time.sleep(_PAUSE_SECONDS)
        waiting &= _holders(session, _BUSY)


def _owned(session: Session, name: str) -> bool:
    return bool(_holders(session, _key(name)))


def _holders(session: Session, key: int) -> frozenset[int]:
    """The server processes that hold an advisory lock, whichever database they are in."""
    number = key & 0xFFFFFFFFFFFFFFFF
    rows = session.ask(query("advisory-holders"), (number >> 32, number & 0xFFFFFFFF))
    return frozenset(pid for (pid,) in rows)


def _key(name: str) -> int:
    """An advisory lock's number: the first 8 bytes of the SHA-256 of the name, signed."""
    digest = hashlib.sha256((_PRODUCT + name).encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


_BUSY = _key("busy")
