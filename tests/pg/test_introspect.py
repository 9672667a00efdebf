"""The snapshot of a catalog: what is in, what is left out, and what never makes two differ."""

import threading

import psycopg
import pytest

from ceremony.core.catalog import Aspect, ObjectKey, ObjectKind, diff
from ceremony.pg import introspect
from ceremony.pg.introspect import SnapshotUnknown, take
from ceremony.pg.session import SessionSettings, open_session
from tests.pg.making import libpq

PLAIN = """
CREATE TABLE teams (id int PRIMARY KEY, name text NOT NULL, size int NOT NULL DEFAULT 1);
CREATE TABLE people (id int PRIMARY KEY, team int NOT NULL REFERENCES teams, mail text NOT NULL,
                     CONSTRAINT people_mail_check CHECK (mail LIKE '%@%'));
CREATE INDEX people_team ON people (team);
CREATE TABLE visits (id int NOT NULL, day date NOT NULL, note text,
                     CONSTRAINT visits_pkey PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE INDEX visits_day ON visits (day);
CREATE TABLE visits_p20261120 PARTITION OF visits FOR VALUES FROM ('2026-11-20') TO ('2026-11-21');
CREATE TABLE visits_p20261121 PARTITION OF visits FOR VALUES FROM ('2026-11-21') TO ('2026-11-22');
CREATE TABLE visits_rest PARTITION OF visits DEFAULT;
"""
ANOTHER_WAY = """
CREATE TABLE people (mail text, gone int, id int);
ALTER TABLE people DROP gone;
ALTER TABLE people ADD team int;
CREATE TABLE teams (size int DEFAULT 1, id int, name varchar);
ALTER TABLE teams ALTER name TYPE text;
ALTER TABLE teams ALTER name SET NOT NULL, ALTER size SET NOT NULL, ADD PRIMARY KEY (id);
ALTER TABLE people ALTER mail SET NOT NULL, ALTER team SET NOT NULL, ADD PRIMARY KEY (id);
ALTER TABLE people ADD CONSTRAINT people_mail_check CHECK (mail LIKE '%@%') NOT VALID;
ALTER TABLE people VALIDATE CONSTRAINT people_mail_check;
ALTER TABLE people ADD CONSTRAINT people_team_fkey FOREIGN KEY (team) REFERENCES teams;
CREATE INDEX CONCURRENTLY people_team ON people USING btree (team ASC NULLS LAST);
CREATE TABLE visits (day date NOT NULL, id int NOT NULL, note text) PARTITION BY RANGE (day);
CREATE TABLE visits_p20270101 (note text, id int, day date, CONSTRAINT own PRIMARY KEY (id, day));
CREATE INDEX a_name_of_its_own ON visits_p20270101 (day);
CREATE TABLE visits_rest (id int NOT NULL, day date NOT NULL, note text);
ALTER TABLE visits ADD CONSTRAINT visits_pkey PRIMARY KEY (id, day);
CREATE INDEX visits_day ON visits (day);
ALTER TABLE visits ATTACH PARTITION visits_p20270101
    FOR VALUES FROM ('2027-01-01') TO ('2027-01-02');
ALTER TABLE visits ATTACH PARTITION visits_rest DEFAULT;
CREATE TABLE visits_p20270102 PARTITION OF visits FOR VALUES FROM ('2027-01-02') TO ('2027-01-03');
"""
RENAMED_NOT_NULL = """
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT conrelid::regclass AS t, conname FROM pg_constraint WHERE contype = 'n'
                  AND conrelid = 'teams'::regclass LOOP
        EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', one.t, one.conname,
                       'called_' || one.conname);
    END LOOP;
END $$
"""


def run(target, *texts):
    with psycopg.connect(target, autocommit=True) as connection:
        for text in texts:
            connection.execute(text)


def look(target, ledger_schema="public"):
    with open_session(libpq(target), SessionSettings()) as session:
        return take(session, ledger_schema=ledger_schema)


def key(kind, name):
    return ObjectKey(ObjectKind(kind), name)


def test_the_same_schema_built_two_ways_is_the_same(databases):
    one, other = databases.create(), databases.create()
    run(one.conninfo, *PLAIN.split(";\n"))
    run(other.conninfo, *ANOTHER_WAY.split(";\n"), RENAMED_NOT_NULL)

    first, second = look(one.conninfo), look(other.conninfo)

    assert {d.aspect for d in diff(first, second)} == {Aspect.COSMETIC}
    assert first.digest == second.digest
    assert first.rights_digest == second.rights_digest
    told = [d.sentence for d in diff(first, second)]
    assert told[:2] == [
        "Table public.people: column order was id, team, mail, is now mail, id, team.",
        "Table public.teams: column order was id, name, size, is now size, id, name.",
    ]
    for made in (one, other):
        databases.drop(made.name)


def test_one_dated_partition_less_is_told(target):
    run(target, PLAIN)
    before = look(target)
    run(target, "DROP TABLE visits_p20261121")

    found = [d for d in diff(before, look(target)) if d.aspect is Aspect.STRUCTURE]

    assert [d.sentence for d in found] == [
        "Table public.visits_p*: partition count was 2, is now 1."
    ]


def test_a_dated_partition_that_is_not_like_the_others_is_told(target):
    run(target, PLAIN)
    before = look(target)
    run(target, "CREATE INDEX ON visits_p20261121 (note)")

    found = diff(before, look(target))

    assert [(d.sentence, d.aspect) for d in found] == [
        ("Index public.visits_p*_note_idx appeared.", Aspect.STRUCTURE)
    ]
    index = look(target).objects[key("index", "public.visits_p*_note_idx")]
    assert index.structure["only in"] == "public.visits_p20261121"


@pytest.mark.parametrize("pattern", ["public.visits_p*", "table public.visits_p*"])
def test_partitions_are_left_out_by_pattern(target, pattern):
    run(target, PLAIN)
    before = look(target)
    run(
        target,
        "CREATE TABLE visits_p20261122 PARTITION OF visits"
        " FOR VALUES FROM ('2026-11-22') TO ('2026-11-23')",
    )

    after = look(target)

    assert diff(before.without([pattern]), after.without([pattern])) == ()
    assert before.without([pattern]).digest == after.without([pattern]).digest
    assert diff(before, after) != ()


def test_it_takes_one_round_trip(target, proxied):
    run(target, PLAIN)
    with (
        proxied(target, delay=0.004) as (proxy, through),
        open_session(libpq(through), SessionSettings()) as session,
    ):
        proxy.reset()
        take(session, ledger_schema="public")
        assert proxy.turns == 1


def test_the_session_is_as_it_was(target):
    with open_session(libpq(target), SessionSettings()) as session:
        before = session.ask("SELECT name, setting FROM pg_settings WHERE source = 'session'")
        take(session, ledger_schema="public")
        after = session.ask("SELECT name, setting FROM pg_settings WHERE source = 'session'")
        assert after == before
        assert session.wire.transaction_status.name == "IDLE"


def test_temporary_objects_and_those_of_extensions_are_left_out(target):
    with (
        psycopg.connect(target, autocommit=True) as connection,
        open_session(libpq(target), SessionSettings()) as session,
    ):
        before = take(session, ledger_schema="public")
        connection.execute("CREATE TEMP TABLE passing (id serial PRIMARY KEY)")
        connection.execute("CREATE TABLE owned (id int PRIMARY KEY, CHECK (id > 0))")
        connection.execute("CREATE FUNCTION owned() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        connection.execute("ALTER EXTENSION plpgsql ADD TABLE owned")
        connection.execute("ALTER EXTENSION plpgsql ADD FUNCTION owned()")
        assert diff(before, take(session, ledger_schema="public")) == ()


@pytest.mark.parametrize("schema", ["public", "ceremony", 'Odd "one"'])
def test_the_ledger_is_left_out_wherever_it_is(target, schema):
    from_before = look(target, schema)
    quoted = schema.replace('"', '""')
    run(
        target,
        f'CREATE SCHEMA IF NOT EXISTS "{quoted}"',
        f'CREATE TABLE "{quoted}".ceremony_ledger (sequence bigint PRIMARY KEY)',
        f'CREATE FUNCTION "{quoted}".ceremony_ledger_refuse() RETURNS trigger LANGUAGE plpgsql'
        " AS 'BEGIN RETURN NULL; END'",
        f'CREATE TRIGGER rows BEFORE DELETE ON "{quoted}".ceremony_ledger'
        f' FOR EACH ROW EXECUTE FUNCTION "{quoted}".ceremony_ledger_refuse()',
    )
    assert diff(from_before, look(target, schema)) == ()

    run(target, f'CREATE TABLE "{quoted}".somebody_elses (id int)')
    (found,) = diff(from_before, look(target, schema))
    assert found.key.name.endswith(".somebody_elses")


def test_a_role_without_rights_sees_the_same(target):
    run(target, PLAIN, "DROP ROLE IF EXISTS nobody_much", "CREATE ROLE nobody_much LOGIN")
    with open_session({**libpq(target), "user": "nobody_much"}, SessionSettings()) as session:
        seen = take(session, ledger_schema="public")
    assert seen == look(target)


def test_what_names_must_be_quoted_is_quoted(target):
    run(target, 'CREATE SCHEMA "a.b"', 'CREATE TABLE "a.b"."T""x" ("C d" int UNIQUE)')
    found = look(target).objects
    assert key("column", '"a.b"."T""x"."C d"') in found
    assert key("constraint", '"a.b"."T""x"."T""x_C d_key"') in found
    index = found[key("index", '"a.b"."T""x_C d_key"')]
    assert index.structure["definition"] == 'USING btree ("C d")'
    assert index.parent == key("constraint", '"a.b"."T""x"."T""x_C d_key"')


def test_a_locked_catalog_is_unknown(target, monkeypatch, caplog):
    monkeypatch.setattr(introspect, "LOCK_TIMEOUT", 50)
    run(target, PLAIN)
    with (
        psycopg.connect(target) as other,
        open_session(libpq(target), SessionSettings()) as session,
    ):
        other.execute("LOCK TABLE people IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(SnapshotUnknown) as raised:
            take(session, ledger_schema="public")
        other.rollback()
        assert str(raised.value) == (
            f"The catalog of the {session.identity.place} could not be read: "
            "canceling statement due to lock timeout (55P03). [snapshot-unknown]\n"
            "Nothing was changed, and nothing is known about differences.\n"
            "Next: Look who holds locks (SELECT pid, application_name, query FROM "
            "pg_stat_activity WHERE state <> 'idle'), wait until they are done, then run the same "
            "command again."
        )
        assert key("table", "public.people") in take(session, ledger_schema="public").objects
    assert caplog.records == []


def test_it_is_tried_again_when_the_catalog_moves(target, monkeypatch):
    """The lock goes while the first attempt waits for it, or the second."""
    monkeypatch.setattr(introspect, "LOCK_TIMEOUT", 200)
    run(target, PLAIN)
    with (
        psycopg.connect(target) as other,
        open_session(libpq(target), SessionSettings()) as session,
    ):
        other.execute("LOCK TABLE people IN ACCESS EXCLUSIVE MODE")
        threading.Timer(0.3, other.rollback).start()
        assert key("table", "public.people") in take(session, ledger_schema="public").objects


def test_a_lost_connection_is_no_snapshot(target):
    with open_session(libpq(target), SessionSettings()) as session:
        run(target, f"SELECT pg_terminate_backend({session.identity.backend_pid})")
        with pytest.raises(Exception) as raised:
            take(session, ledger_schema="public")
        assert getattr(raised.value, "code", "") == "connection-lost"


DEFAULTS_OUTRIGHT = [
    "GRANT ALL ON TABLE teams TO CURRENT_USER",
    "GRANT ALL ON FUNCTION f TO PUBLIC",
    "GRANT USAGE ON TYPE kind TO PUBLIC",
    "GRANT SELECT ON teams TO CURRENT_USER WITH GRANT OPTION",
]


@pytest.mark.parametrize("grant", DEFAULTS_OUTRIGHT)
def test_defaults_said_outright_are_no_fact(target, grant):
    run(target, PLAIN, "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TYPE kind AS ENUM ('a')")  # fmt: skip
    before = look(target)
    run(target, grant)
    assert diff(before, look(target)) == ()
