"""Opening a session: pinned, identified, refused where it cannot be trusted; no secret shown."""

import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ceremony.errors import Refused
from ceremony.pg import session as session_module
from ceremony.pg.errors import failure
from ceremony.pg.session import SessionSettings, open_session
from tests.pg.making import libpq

CANARY = "s3cr3t-canary"
FAKE = Path(__file__).with_name("fake_server.py")


def refused(conninfo: str, settings=None, **changes) -> Refused:
    parameters = libpq(make_conninfo(conninfo, **changes))
    with pytest.raises(Refused) as caught, open_session(parameters, settings or SessionSettings()):
        pytest.fail("it was opened")
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


def by_hand(conninfo, *texts):
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for text in texts:
            connection.execute(text)


def test_the_identity(target, server):
    with open_session(libpq(target), SessionSettings(run="42 by pat")) as session:
        identity = session.identity
        (name,) = session.ask("SELECT current_setting('application_name')")[0]
        (system,) = session.ask("SELECT system_identifier::text FROM pg_control_system()")[0]
    assert name == "ceremony 42 by pat"
    assert identity.system_identifier == system
    assert identity.server_version // 10000 == server.version
    assert (identity.superuser, identity.in_recovery, identity.read_only) == (True, False, False)
    assert identity.database in target
    assert identity.backend_pid > 0


def test_the_pins_beat_what_role_and_database_say(target):
    name = libpq(target)["dbname"]
    by_hand(
        target,
        f"ALTER DATABASE {name} SET search_path = elsewhere",
        f"ALTER DATABASE {name} SET standard_conforming_strings = off",
        f"ALTER DATABASE {name} SET lock_timeout = 0",
        f"ALTER DATABASE {name} SET DateStyle = 'German'",
    )
    settings = SessionSettings(search_path="app, public", lock_timeout=2500)
    with open_session(libpq(target), settings) as session:
        session.ask("SELECT set_config('lock_timeout', '0', false)")
        session.ask("RESET ALL")
        found = session.ask(
            "SELECT current_setting('search_path'), "
            "current_setting('standard_conforming_strings'), "
            "current_setting('lock_timeout'), current_setting('datestyle')"
        )
    assert found == [("app, public", "on", "2500ms", "ISO, MDY")]


def test_options_of_the_caller_are_kept_but_do_not_unpin(target):
    parameters = libpq(make_conninfo(target, options="-c work_mem=7MB -c lock_timeout=0"))
    with open_session(parameters, SessionSettings(lock_timeout=2500)) as session:
        found = session.ask("SELECT current_setting('work_mem'), current_setting('lock_timeout')")
    assert found == [("7MB", "2500ms")]


def test_the_application_name_fits_in_63_bytes(target):
    with open_session(libpq(target), SessionSettings(run="ü" * 80)) as session:
        (name,) = session.ask("SELECT current_setting('application_name')")[0]
    assert name == "ceremony " + "?" * 54


def test_nobody_listens(target):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = refused(target, host="127.0.0.1", port=port, password=CANARY, dbname="shop", user="pat")
    assert str(error) == (
        f'Could not connect to database "shop" on 127.0.0.1:{port} as "pat": no PostgreSQL server '
        "answers there. [connect-failed]\nNothing was changed.\n"
        f"Next: Check that the server runs: pg_isready -h 127.0.0.1 -p {port}"
    )


def test_no_such_database(target, server):
    error = refused(target, dbname="no_such_database", password=CANARY)
    assert error.code == "connect-failed"
    assert error.happened == (
        f'Could not connect to database "no_such_database" on {server.socket_dir}:5432 as '
        '"postgres": the server answered and refused the database, the role or a setting of the '
        "connection."
    )
    assert error.next_step == (
        f"Look with: psql -h {server.socket_dir} -p 5432 -U postgres no_such_database"
    )


def error_message(sqlstate: str, text: str) -> bytes:
    fields = b"SFATAL\0VFATAL\0C" + sqlstate.encode() + b"\0M" + text.encode() + b"\0\0"
    return b"E" + (len(fields) + 4).to_bytes(4, "big") + fields


PASSWORD_PLEASE = b"R" + (8).to_bytes(4, "big") + (3).to_bytes(4, "big")


@pytest.fixture
def fake(tmp_path_factory):
    """Call with the messages that a server answers with: the folder of its socket."""
    started = []

    def start(*answers):
        folder = tmp_path_factory.mktemp("s")
        command = [sys.executable, str(FAKE), str(folder / ".s.PGSQL.5432")]
        process = subprocess.Popen(
            [*command, *(a.hex() for a in answers)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "ready\n"
        started.append(process)
        return str(folder)

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_wrong_password(target, fake):
    """A server may even say the password back: nothing of its text is shown."""
    host = fake(PASSWORD_PLEASE, error_message("28P01", f"no: {CANARY}"))
    error = refused(target, host=host, password=CANARY, dbname="shop", user="pat")
    assert error.happened == (
        f'Could not connect to database "shop" on {host}:5432 as "pat": the server answered and '
        "refused the password, the database or the role."
    )
    assert error.next_step == f"Check all three: psql -h {host} -p 5432 -U pat shop"


def test_a_password_that_was_not_given(target, fake):
    host = fake(PASSWORD_PLEASE)
    error = refused(target, host=host, dbname="shop", user="pat")
    assert error.happened.endswith(": the server wants a password and none was given.")


def test_a_server_that_starts(target, fake):
    host = fake(error_message("57P03", "the database system is starting up"))
    error = refused(target, host=host)
    assert error.happened.endswith(
        ": the server is up, but takes no connections now (it starts, stops or recovers)."
    )


def test_a_server_that_is_too_old(target, monkeypatch):
    monkeypatch.setattr(session_module, "MINIMUM_VERSION", 990000)
    error = refused(target)
    assert error.code == "server-too-old"
    assert "ceremonies need 99 or newer." in error.happened
    assert error.next_step.startswith("Upgrade the server")


def test_a_read_only_role(target):
    by_hand(
        target, f"ALTER DATABASE {libpq(target)['dbname']} SET default_transaction_read_only = on"
    )
    error = refused(target)
    assert error.code == "target-read-only"
    assert error.next_step == (
        'Use a role that may write, or: ALTER ROLE "postgres" RESET default_transaction_read_only'
    )


def test_a_pin_that_does_not_hold(target, monkeypatch):
    """A pooler may drop the startup options; here they are dropped before they are sent."""
    pins = SessionSettings.pins
    monkeypatch.setattr(
        SessionSettings,
        "pins",
        lambda self, calls=[]: pins(self) if calls else calls.append(1) or {},
    )
    error = refused(target)
    assert error.code == "session-pin-failed"
    assert error.happened == (
        'The session must run with search_path = public, but the server gives it "$user", public.'
    )


def test_a_pooler_that_changes_the_server_process(target, monkeypatch):
    answers = iter(range(100_000, 100_100))
    ask = session_module._ask

    def pooled(connection, text, parameters=()):
        rows = ask(connection, text, parameters)
        if text.startswith("SELECT pg_catalog.current_setting('ceremony.session'"):
            return [(rows[0][0], next(answers))]
        return rows

    monkeypatch.setattr(session_module, "_ask", pooled)
    error = refused(target)
    assert error.code == "pooled-connection"
    assert error.next_step == (
        "Give this target the address of PostgreSQL itself, or a pool in session mode."
    )


def test_a_pooler_that_gives_two_clients_one_process(target):
    """As PgBouncer does in transaction mode: it sends a key of its own, and shares the process."""
    with psycopg.connect(target, autocommit=True) as shared:
        pid = shared.info.backend_pid

        class Pooled(psycopg.Connection):
            def execute(self, query, params=None, **options):
                return shared.execute(query, params, **options)

        original = session_module.psycopg.connect
        try:
            session_module.psycopg.connect = Pooled.connect
            error = refused(target)
        finally:
            session_module.psycopg.connect = original
        assert shared.info.backend_pid == pid
    assert error.code == "pooled-connection"


def test_a_dead_client_is_noticed(target):
    """client_connection_check_interval: a statement of a client that is gone does not run on."""
    with open_session(libpq(target), SessionSettings(check_connection=250)) as session:
        assert session.checks_connection
        assert session.ask("SELECT current_setting('client_connection_check_interval')") == [
            ("250ms",)
        ]


@pytest.mark.parametrize(
    "error", [psycopg.ProgrammingError("no such placeholder"), psycopg.DataError("no such type")]
)
def test_a_mistake_of_our_own_is_no_broken_connection(error):
    with pytest.raises(type(error)) as caught:
        failure(error, state="")
    assert caught.value is error


@pytest.mark.parametrize("error", [psycopg.OperationalError(), psycopg.InterfaceError()])
def test_a_connection_that_broke_without_a_word(error):
    found = failure(error, state="Nothing was changed.")
    assert (found.code, found.sqlstate) == ("connection-lost", "08006")
    assert found.happened == "A question to the server failed: the connection broke (08006)."
