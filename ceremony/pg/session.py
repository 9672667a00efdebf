"""A session: a connection to a target, pinned, identified, refused where it cannot be trusted."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, cast

import psycopg
from psycopg import pq

from ceremony.errors import NOTHING_CHANGED, Refused
from ceremony.pg.errors import QueryFailed, failure
from ceremony.pg.queries import query
from ceremony.pg.wire import Wire

MINIMUM_VERSION = 140000
"""The oldest server that is supported, as PostgreSQL counts (14.0)."""

#: A link that died without a word is found within a minute (manual, 34.1.2, keepalives_idle).
_KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
_CHECK_CONNECTION = "client_connection_check_interval"
_INVALID_VALUE = "22023"
_MARKING = "pg_catalog.set_config('ceremony.session', %s, false)"
_LOOK = "pg_catalog.current_setting('ceremony.session', true), pg_catalog.pg_backend_pid()"
_PINS = (
    "SELECT pins.name, pins.setting, {look}, clean.*"
    " FROM pg_catalog.pg_settings AS pins, ({settings}) AS clean WHERE pins.name = ANY (%s)"
)


@dataclass(frozen=True)
class SessionSettings:
    """How a session is pinned. Timeouts are milliseconds, 0 for none.

    ``run`` is shown in ``application_name`` behind the product's name. ``check_connection`` is how
    often the server looks whether its client still lives (``client_connection_check_interval``,
    PostgreSQL 14 and later, not on every system). ``keep_detail`` says whether DETAIL and CONTEXT
    of errors, which may quote rows, are kept.
    """

    run: str = ""
    search_path: str = "public"
    lock_timeout: int = 5_000
    statement_timeout: int = 0
    idle_timeout: int = 600_000
    check_connection: int = 500
    connect_timeout: int = 10
    keep_detail: bool = True

    @property
    def application_name(self) -> str:
        """``ceremony <run>``; PostgreSQL keeps 63 ASCII characters (manual, application_name)."""
        name = f"ceremony {self.run}".strip()
        return name.encode("ascii", "replace")[:63].decode()

    def pins(self) -> dict[str, str]:
        """Settings of the startup packet, so that RESET ALL returns to them (manual, RESET)."""
        return {
            "search_path": self.search_path,
            "lock_timeout": str(self.lock_timeout),
            "statement_timeout": str(self.statement_timeout),
            "idle_in_transaction_session_timeout": str(self.idle_timeout),
            "idle_session_timeout": "0",
            "DateStyle": "ISO, MDY",
            "IntervalStyle": "postgres",
            "standard_conforming_strings": "on",
            "client_min_messages": "notice",
            "synchronous_commit": "on",
            "bytea_output": "hex",
            "extra_float_digits": "1",
            "check_function_bodies": "on",
            "default_transaction_isolation": "read committed",
        }


@dataclass(frozen=True)
class Identity:
    """Which database this is.

    ``system_identifier`` and ``database_oid`` tell a clone or a restore from the original.
    """

    system_identifier: str
    database: str
    database_oid: int
    server_version: int
    current_user: str
    session_user: str
    superuser: bool
    in_recovery: bool
    read_only: bool
    started_at: datetime
    backend_pid: int
    host: str
    port: str

    @property
    def place(self) -> str:
        """``database "shop" on db.example:5432``, for messages."""
        return f'database "{self.database}" on {self.host or "the local socket"}:{self.port}'


class Session:
    """An open, pinned connection. ``with`` closes it.

    ``wire`` sends batches; ``ask`` is for single questions between transactions. ``clean`` is the
    session's state (settings, role, leftovers) as it was when it was opened.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        settings: SessionSettings,
        identity: Identity,
        checks_connection: bool,
    ) -> None:
        self.connection = connection
        self.settings = settings
        self.identity = identity
        self.checks_connection = checks_connection
        self.wire = Wire(connection)
        self.clean: tuple[str | None, ...] = ()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, text: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """The rows of one query, in autocommit.

        Raises CeremonyError for what the server refuses.
        """
        return _ask(self.connection, text, parameters)

    def close(self) -> None:
        """Ends the connection; the server rolls back what is open and lets the lock go."""
        self.connection.close()


def open_session(parameters: Mapping[str, str], settings: SessionSettings) -> Session:
    """Connect with libpq's keywords and check that ceremonies can be held here.

    Raises Refused: connect-failed, server-too-old, target-read-only, pooled-connection,
    session-pin-failed. No password is in any message.
    """
    connection = connect(parameters, settings)
    try:
        return _checked(connection, parameters, settings)
    except BaseException:
        connection.close()
        raise


def _checked(
    connection: psycopg.Connection[Any], parameters: Mapping[str, str], settings: SessionSettings
) -> Session:
    version = connection.info.server_version
    if version < MINIMUM_VERSION:
        raise Refused(
            "server-too-old",
            f"The server is PostgreSQL {version // 10000}; ceremonies need "
            f"{MINIMUM_VERSION // 10000} or newer.",
            next_step="Upgrade the server (https://www.postgresql.org/support/versioning/), then "
            "try again.",
        )
    # The mark travels with the first question, and the looks at it with others: opening a session
    # has a budget of round trips.
    mark = uuid.uuid4().hex
    ((*row, _),) = _ask(connection, f"{query('identity')}, {_MARKING}", (mark,))
    columns = [field.name for field in fields(Identity)]
    host_and_port = (connection.info.host, str(connection.info.port))
    identity = Identity(**dict(zip(columns, (*row, *host_and_port), strict=True)))
    _refuse_read_only(identity)
    checks_connection, look = _set_check_interval(connection, settings.check_connection)
    asked = _PINS.format(look=_LOOK, settings=query("settings-now"))
    pins = _ask(connection, asked, (list(_wanted(settings)),))
    looks = {look, *(row[2:4] for row in pins)}
    pooled = looks != {(mark, identity.backend_pid)}
    if pooled or _shared(connection, parameters, settings, identity):
        raise _pooled(identity)
    _compare_pins({name: value for name, value, *_ in pins}, settings)
    session = Session(connection, settings, identity, checks_connection)
    session.clean = tuple(str(value) for value in pins[0][4:])
    return session


def connect(parameters: Mapping[str, str], settings: SessionSettings) -> psycopg.Connection[Any]:
    """A pinned connection in autocommit mode, and nothing checked about it.

    Raises Refused (connect-failed).
    """
    options = [parameters.get("options", "")]
    options += [f"-c {name}={_escaped(value)}" for name, value in settings.pins().items()]
    arguments: dict[str, Any] = {
        "connect_timeout": settings.connect_timeout,
        **_KEEPALIVE,
        **parameters,
        "options": " ".join(option for option in options if option),
        "application_name": settings.application_name,
        "client_encoding": "UTF8",
    }
    try:
        return psycopg.connect(**arguments, autocommit=True, prepare_threshold=None)
    except psycopg.Error as error:
        raise _connect_failed(parameters, error) from None


def _connect_failed(parameters: Mapping[str, str], error: psycopg.Error) -> Refused:
    """Libpq gives no SQLSTATE for a failed start.

    PQping and the password flags tell the cases apart.
    """
    host = parameters.get("host") or "the local socket"
    port = parameters.get("port") or "5432"
    database, user = parameters.get("dbname", ""), parameters.get("user", "")
    where = f"{host}:{port}"
    happened = f'Could not connect to database "{database}" on {where} as "{user}": '
    # Who did not answer in time would let PQping wait as long once more.
    timed_out = isinstance(error, psycopg.errors.ConnectionTimeout)
    ping = pq.Ping.NO_RESPONSE if timed_out else _ping(parameters)
    pgconn = error.pgconn
    if ping in (pq.Ping.NO_RESPONSE, pq.Ping.NO_ATTEMPT):
        what = "no PostgreSQL server answers there."
        step = f"Check that the server runs: pg_isready -h {host} -p {port}"
    elif ping == pq.Ping.REJECT:
        what = "the server is up, but takes no connections now (it starts, stops or recovers)."
        step = f"Wait until it is ready: pg_isready -h {host} -p {port}"
    elif pgconn is not None and pgconn.needs_password:
        what = "the server wants a password and none was given."
        step = "Put the password in the target's settings (or in ~/.pgpass), then try again."
    elif pgconn is not None and pgconn.used_password:
        what = "the server answered and refused the password, the database or the role."
        step = f"Check all three: psql -h {host} -p {port} -U {user} {database}"
    else:
        what = (
            "the server answered and refused the database, the role or a setting of the connection."
        )
        step = f"Look with: psql -h {host} -p {port} -U {user} {database}"
    return Refused("connect-failed", happened + what, next_step=step)


def _ping(parameters: Mapping[str, str]) -> int:
    """A ``pq.Ping``: whether a server is there (libpq's PQping, which sends no password)."""
    shown = {
        k: v for k, v in parameters.items() if k in {"host", "hostaddr", "port", "dbname", "user"}
    }
    return pq.PGconn.ping(psycopg.conninfo.make_conninfo(**shown, connect_timeout=5).encode())


def answers(parameters: Mapping[str, str]) -> bool:
    """Whether a server answers there and takes connections, ours or not."""
    return _ping(parameters) == pq.Ping.OK


def _refuse_read_only(identity: Identity) -> None:
    if identity.in_recovery:
        raise Refused(
            "target-read-only",
            f"The {identity.place} is a standby: it is in recovery and takes no changes.",
            next_step="Point the target at the primary server, then try again.",
        )
    if identity.read_only:
        raise Refused(
            "target-read-only",
            f'Transactions of "{identity.session_user}" in the {identity.place} are read only '
            "(default_transaction_read_only is on).",
            next_step=f'Use a role that may write, or: ALTER ROLE "{identity.session_user}" '
            "RESET default_transaction_read_only",
        )


def _shared(
    connection: psycopg.Connection[Any],
    parameters: Mapping[str, str],
    settings: SessionSettings,
    identity: Identity,
) -> bool:
    """Whether a second connection gets the same server process.

    Asked only where another process answers than the one that the connection began with: then
    there is a pooler between.
    """
    if connection.pgconn.backend_pid == identity.backend_pid:
        return False
    with connect(parameters, settings) as other:
        return bool(_ask(other, f"SELECT {_LOOK}")[0][1] == identity.backend_pid)


def _pooled(identity: Identity) -> Refused:
    """A transaction pooler gives a transaction another server process, or two clients the same."""
    return Refused(
        "pooled-connection",
        f"The connection to the {identity.place} goes through a pooler that gives each "
        "transaction another server process, so the lock and the settings of this session "
        "would not hold.",
        next_step="Give this target the address of PostgreSQL itself, or a pool in session mode.",
    )


def _set_check_interval(
    connection: psycopg.Connection[Any], milliseconds: int
) -> tuple[bool, tuple[Any, ...]]:
    """Whether the server can look for a dead client, and a look at the mark.

    Some systems cannot, and the setting is then refused.
    """
    text = f"SELECT {_LOOK}, pg_catalog.set_config(%s, %s, false)"
    try:
        looked = _ask(connection, text, (_CHECK_CONNECTION, str(milliseconds)))[0]
    except QueryFailed as refused:
        if refused.sqlstate != _INVALID_VALUE:
            raise
        return False, _ask(connection, f"SELECT {_LOOK}")[0]
    return milliseconds > 0, looked[:2]


def _wanted(settings: SessionSettings) -> dict[str, str]:
    return {**settings.pins(), "client_encoding": "UTF8"}


def _compare_pins(found: Mapping[str, str], settings: SessionSettings) -> None:
    for name, value in _wanted(settings).items():
        if found.get(name) != value:
            raise Refused(
                "session-pin-failed",
                f"The session must run with {name} = {value}, but the server gives it "
                f"{found.get(name, 'no such setting')}.",
                next_step="Find what takes the startup options away (a pooler's "
                "ignore_startup_parameters?) and give this target the address of PostgreSQL "
                "itself.",
            )


def _ask(
    connection: psycopg.Connection[Any], text: str, parameters: tuple[Any, ...] = ()
) -> list[tuple[Any, ...]]:
    try:
        cursor = connection.execute(cast(Any, text), parameters or None)
        return cursor.fetchall() if cursor.description else []
    except psycopg.Error as error:
        raise failure(error, state=NOTHING_CHANGED) from None


def _escaped(value: str) -> str:
    """A value for libpq's ``options``: blanks and backslashes need a backslash (manual, 32.1.2)."""
    return value.replace("\\", "\\\\").replace(" ", "\\ ")
