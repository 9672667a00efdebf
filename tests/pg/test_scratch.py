"""Scratch databases: there while they are wanted, gone afterwards, however their owner ended."""

import multiprocessing
import os
import signal
import threading
import time
from datetime import timedelta
from functools import partial

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ceremony.errors import Refused
from ceremony.pg.scratch import Origin, load_schema, origin_like, scratch_database, sweep
from ceremony.pg.session import SessionSettings, open_session
from tests.pg.making import libpq

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def maintenance(server):
    """libpq's parameters of the server's own database."""
    return libpq(server.conninfo())


def left(maintenance) -> list[str]:
    with psycopg.connect(**maintenance, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'ceremony\\_scratch%' "
            "AND datname NOT LIKE '%\\_other'"
        )
        return [name for (name,) in rows]


def asked(parameters, text):
    with psycopg.connect(**parameters, autocommit=True) as connection:
        cursor = connection.execute(text)
        return cursor.fetchall() if cursor.description else []


def test_it_is_empty_and_of_its_own(maintenance):
    with scratch_database(maintenance) as first, scratch_database(maintenance) as second:
        assert first["dbname"] != second["dbname"]
        assert sorted(left(maintenance)) == sorted([first["dbname"], second["dbname"]])
        assert {**maintenance, "dbname": ""} == {**first, "dbname": ""}
        assert asked(first, "SELECT count(*) FROM pg_class WHERE oid >= 16384") == [(0,)]
    assert left(maintenance) == []


def test_a_copy_of_a_template(maintenance, databases):
    made = databases.create()
    with made.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT 42 AS x")
    with scratch_database(maintenance, Origin(made.name)) as copy:
        assert asked(copy, "SELECT x FROM t") == [(42,)]
    databases.drop(made.name)


LOCALE = (
    "SELECT pg_encoding_to_char(encoding), datcollate, datctype, to_jsonb(d) ->> 'datlocprovider', "
    "to_jsonb(d) ->> 'datlocale' FROM pg_database AS d WHERE datname = current_database()"
)


@pytest.mark.parametrize("options", ["ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'", ""])
def test_like_a_target(maintenance, databases, server, options):
    provider = "LOCALE_PROVIDER libc" if options and server.version > 14 else ""
    asked(maintenance, f"CREATE DATABASE latin TEMPLATE template0 {provider} {options}")
    target = libpq(server.conninfo("latin"))
    with open_session(target, SessionSettings()) as session:
        origin = origin_like(session)
    with scratch_database(maintenance, origin) as made:
        assert asked(made, LOCALE) == asked(target, LOCALE)
    databases.drop("latin")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_it_is_dropped_whatever_happens(maintenance, error):
    def fail() -> None:
        with (
            scratch_database(maintenance) as made,
            psycopg.connect(make_conninfo("", **made)) as still_open,
        ):
            still_open.execute("SELECT 1")
            raise error

    with pytest.raises(error):
        fail()
    assert left(maintenance) == []


def test_it_is_dropped_without_its_guard(maintenance):
    with scratch_database(maintenance):
        guards = "FROM pg_stat_activity WHERE application_name = 'ceremony scratch'"
        assert asked(maintenance, f"SELECT count(*) {guards}") == [(1,)]
        asked(maintenance, f"SELECT pg_terminate_backend(pid, 5000) {guards}")
    assert left(maintenance) == []


def test_a_subscription_does_not_keep_it(maintenance):
    with scratch_database(maintenance) as made:
        asked(
            made,
            "CREATE SUBSCRIPTION \"S\" CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)",
        )
    assert left(maintenance) == []


@pytest.fixture
def modest(server, maintenance):
    """Call with attributes: parameters of a role that has these and no others."""
    made = []

    def make(attributes: str) -> dict[str, str]:
        name = f"modest{len(made)}"
        made.append(name)
        asked(maintenance, f"CREATE ROLE {name} LOGIN {attributes}")
        return {**maintenance, "user": name}

    yield make
    for name in made:
        asked(maintenance, f"DROP OWNED BY {name}")
        asked(maintenance, f"DROP ROLE {name}")


def refusal(parameters, origin=None) -> str:
    with pytest.raises(Refused) as caught, scratch_database(parameters, origin):
        pass
    return str(caught.value)


def test_without_the_right_there_is_one_refusal(modest, server, maintenance):
    parameters = modest("NOCREATEDB")
    assert refusal(parameters) == (
        'The role "modest0" may not create databases on the server of the database "postgres" on '
        f"{server.socket_dir}:5432, and a rehearsal needs one. [scratch-no-right]\n"
        "Nothing was changed.\n"
        'Next: As a superuser: ALTER ROLE "modest0" CREATEDB; or rehearse on a server of your own.'
    )
    assert left(maintenance) == []


def test_a_role_that_may_create_needs_no_more(modest, maintenance):
    parameters = modest("CREATEDB")
    with scratch_database(parameters) as made:
        asked(made, "CREATE TABLE t ()")
    assert left(maintenance) == []


def test_somebody_elses_database_is_no_template(modest, databases):
    parameters = modest("CREATEDB")
    made = databases.create()
    assert refusal(parameters, Origin(made.name)) == (
        f'The role "modest0" may not copy the database "{made.name}". [scratch-no-right]\n'
        "Nothing was changed.\n"
        f'Next: Make it a template: ALTER DATABASE "{made.name}" IS_TEMPLATE true; or name '
        "another one."
    )
    databases.drop(made.name)


def test_a_template_in_use(maintenance, database):
    with database.connect():
        assert refusal(maintenance, Origin(database.name)) == (
            f'The database "{database.name}" cannot be copied while others are connected to it. '
            "[scratch-template-in-use]\nNothing was changed.\n"
            "Next: Wait until they are gone, or name another template. Who they are: SELECT pid, "
            f"application_name FROM pg_stat_activity WHERE datname = '{database.name}'"
        )
    assert left(maintenance) == []


def test_the_target_itself_is_no_template(maintenance, database):
    """Who rehearses for a target has a session there: to wait for its end would be no advice."""
    with database.connect():
        assert refusal(libpq(database.conninfo), Origin(database.name)) == (
            f'The database "{database.name}" cannot be copied while others are connected to it, '
            "and a rehearsal for it is connected to it itself. [scratch-template-in-use]\n"
            "Nothing was changed.\n"
            "Next: Begin with its schema (--from target), or name a copy of it as the template"
        )
    assert left(maintenance) == []


def test_a_template_that_is_not_there(maintenance, server):
    assert refusal(maintenance, Origin("nothing")) == (
        'There is no database "nothing" on the server of the database "postgres" on '
        f"{server.socket_dir}:5432. [scratch-template-missing]\nNothing was changed.\n"
        "Next: Name a template that is there: SELECT datname FROM pg_database"
    )


# What a kill leaves.


def hold(parameters, begun) -> None:
    """In a process of its own: keeps a scratch database until it is killed."""
    with scratch_database(parameters):
        begun.set()
        signal.pause()


def killed_while_holding(maintenance) -> str:
    begun = FORK.Event()
    process = FORK.Process(target=hold, args=(maintenance, begun))
    process.start()
    assert begun.wait(20)
    (name,) = left(maintenance)
    process.kill()
    process.join()
    return name


def until_the_lock_is_gone(maintenance) -> None:
    """A server process sees that its client is gone a moment after the kill."""
    guards = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'ceremony scratch'"
    while asked(maintenance, guards):
        time.sleep(0.02)


def test_what_a_kill_left_goes_with_the_next_call(maintenance):
    orphan = killed_while_holding(maintenance)
    until_the_lock_is_gone(maintenance)
    with scratch_database(maintenance) as made:
        assert left(maintenance) == [made["dbname"]]
        assert made["dbname"] != orphan
    assert left(maintenance) == []


def test_the_living_keep_theirs(maintenance, databases):
    with scratch_database(maintenance) as made:
        elsewhere = databases.create()
        assert sweep(maintenance) == ()
        assert sweep({**maintenance, "dbname": elsewhere.name}) == ()
        assert left(maintenance) == [made["dbname"]]
        databases.drop(elsewhere.name)


def test_young_ones_can_be_spared(maintenance):
    orphan = killed_while_holding(maintenance)
    until_the_lock_is_gone(maintenance)
    assert sweep(maintenance, older_than=timedelta(hours=1)) == ()
    assert sweep(maintenance) == (orphan,)


def test_other_peoples_databases_are_left_alone(maintenance, databases):
    name = "ceremony_scratch_of_pat_other"
    asked(maintenance, f"CREATE DATABASE {name}")
    assert sweep(maintenance) == ()
    assert asked(maintenance, f"SELECT 1 FROM pg_database WHERE datname = '{name}'") == [(1,)]
    databases.drop(name)


def one_rehearsal(parameters) -> None:
    with scratch_database(parameters) as made:
        asked(made, "CREATE TABLE t AS SELECT generate_series(1, 1000) AS x")


def kill(process) -> None:
    process[0].kill()


def test_killed_before_each_message(maintenance, proxied, server):
    """Also before CREATE DATABASE, and before DROP DATABASE."""
    with proxied(server.conninfo()) as (proxy, through):
        one_rehearsal(libpq(through))
        total = proxy.units
    for number in range(1, total + 1):
        with proxied(server.conninfo()) as (proxy, through):
            process = []
            proxy.at = (number, partial(kill, process))
            process.append(FORK.Process(target=one_rehearsal, args=(libpq(through),)))
            process[0].start()
            process[0].join()
            assert proxy.reached
        until_the_lock_is_gone(maintenance)
        sweep(maintenance)
        assert left(maintenance) == [], f"killed before message {number}"


@pytest.mark.parametrize("statement", ["CREATE DATABASE", "DROP DATABASE"])
def test_killed_in_the_middle(maintenance, databases, statement):
    """The statement waits in the server while its client dies; the sweep waits for its end."""
    template = databases.create()
    blocker = psycopg.connect(**maintenance)
    begun = FORK.Event()
    order = (maintenance, template.name, statement, begun)
    if statement == "CREATE DATABASE":
        blocker.execute(f"COMMENT ON DATABASE {template.name} IS 'held'")
    process = FORK.Process(target=rehearse_until_blocked, args=order)
    process.start()
    if statement == "DROP DATABASE":
        assert begun.wait(20)
        blocker.execute(f"COMMENT ON DATABASE \"{left(maintenance)[0]}\" IS 'held'")
        os.kill(process.pid, signal.SIGUSR1)
    waiting = (
        "SELECT 1 FROM pg_stat_activity "
        f"WHERE wait_event_type = 'Lock' AND query LIKE '{statement}%'"
    )
    while not asked(maintenance, waiting):
        time.sleep(0.02)
    process.kill()
    process.join()
    releasing = threading.Timer(0.3, blocker.close)
    releasing.start()
    sweep(maintenance)
    releasing.join()
    assert left(maintenance) == []
    databases.drop(template.name)


def rehearse_until_blocked(parameters, template, statement, begun) -> None:
    signal.signal(signal.SIGUSR1, lambda *_: None)
    with scratch_database(parameters, Origin(template)):
        begun.set()
        if statement == "DROP DATABASE":
            signal.pause()


def test_killed_at_any_moment(maintenance):
    started = time.monotonic()
    one_rehearsal(maintenance)
    usual = time.monotonic() - started
    for number in range(25):
        process = FORK.Process(target=one_rehearsal, args=(maintenance,))
        process.start()
        process.join(usual * (number + 1) / 20)
        if process.is_alive():
            process.kill()
            process.join()
        until_the_lock_is_gone(maintenance)
        sweep(maintenance)
        assert left(maintenance) == []


# A target's schema.

SCHEMA = """
CREATE SCHEMA shop;
CREATE TYPE shop.mood AS ENUM ('sad', 'fine');
CREATE TABLE shop.customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, m shop.mood);
CREATE TABLE shop."Or;der" (id int, c bigint REFERENCES shop.customer ON DELETE CASCADE);
CREATE FUNCTION shop.f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END; $$;
INSERT INTO shop.customer (m) VALUES ('sad');
"""


def test_the_schema_of_a_target(maintenance, database, server):
    asked(libpq(database.conninfo), SCHEMA)
    with (
        open_session(libpq(database.conninfo), SessionSettings()) as target,
        scratch_database(maintenance, origin_like(target)) as made,
    ):
        parameters = libpq(database.conninfo)
        load_schema(target, parameters, made, pg_bin=str(server.bindir))
        assert asked(made, 'SELECT count(*) FROM shop."Or;der"') == [(0,)]
        assert asked(made, "SELECT shop.f(), (SELECT count(*) FROM shop.customer)") == [(1, 0)]


def test_a_schema_that_cannot_be_built(maintenance, database, server):
    asked(libpq(database.conninfo), "CREATE TABLE t (x int)")
    with (
        open_session(libpq(database.conninfo), SessionSettings()) as target,
        scratch_database(maintenance) as made,
    ):
        asked(made, "CREATE TABLE t (y int)")
        with pytest.raises(Refused) as caught:
            load_schema(target, libpq(database.conninfo), made, pg_bin=str(server.bindir))
    assert str(caught.value) == (
        f'The schema of the database "{database.name}" on {server.socket_dir}:5432 could not be '
        f'built in a scratch database of the database "{made["dbname"]}" on '
        f"{server.socket_dir}:5432: A question to the server failed: "
        'relation "t" already exists (42P07). [scratch-schema-failed]\nNothing was changed.\n'
        "Next: Give the scratch server what the schema needs (roles, extensions, the same major "
        "version), then run the command again."
    )


def test_pg_dump_is_looked_for_where_settings_say(maintenance, database, tmp_path):
    parameters = libpq(database.conninfo)
    with (
        open_session(parameters, SessionSettings()) as target,
        scratch_database(maintenance) as made,
        pytest.raises(Refused) as caught,
    ):
        load_schema(target, parameters, made, pg_bin=str(tmp_path))
    assert str(caught.value) == (
        "The schema could not be read with pg_dump. pg_dump was not found in "
        f"{tmp_path}. [dump-failed]\nNothing was changed.\n"
        "Next: Install PostgreSQL's client programs, or set CEREMONY['PG_BIN'] to their folder"
    )


def test_no_password_is_shown(maintenance):
    dead = libpq(make_conninfo(host="/nowhere", dbname="x", user="u", password="s3cr3t-canary"))
    assert "s3cr3t" not in refusal(dead)
