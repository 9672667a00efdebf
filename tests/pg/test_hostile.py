"""What a file could do to escape its transaction, its session or the ledger, past every lint."""

import psycopg
import pytest

from ceremony.core.ledger_row import Event
from ceremony.core.outcome import StepState
from ceremony.pg.ledger_ddl import GUARD
from tests.pg.making import running, step

COMMIT_IN_DO = "DO $$ BEGIN COMMIT; END $$"

ESCAPES = {
    "rollback and chain": (["ROLLBACK AND CHAIN", "CREATE TABLE u ()"], "tx-broken"),
    "rollback; begin": (["ROLLBACK", "BEGIN", "CREATE TABLE u ()"], "tx-broken"),
    "commit in do": ([COMMIT_IN_DO], "tx-ended-by-script"),
    "execute commit": (["DO $$ BEGIN EXECUTE 'commit'; END $$"], "statement-failed"),
    "read only": (["SET TRANSACTION READ ONLY", "SELECT 1"], None),
    "role": (["DO $$ BEGIN EXECUTE 'SET ROLE pg_monitor'; END $$"], "session-drift"),
    "session authorization": (
        ["SET SESSION AUTHORIZATION pg_monitor", "SELECT 1"],
        "session-drift",
    ),
    "replication role": (["SET session_replication_role = replica"], "session-drift"),
    "strings": (["SET standard_conforming_strings = off"], "session-drift"),
    "encoding": (["SET client_encoding = 'LATIN1'"], "session-drift"),
    "unlock": (["SELECT pg_advisory_unlock_all()"], "runner-lock-lost"),
    "unlock behind operators of its own": (
        [
            "CREATE SCHEMA evil",
            "CREATE FUNCTION evil.lock(text, text) RETURNS boolean LANGUAGE sql"
            " AS 'SELECT $1 OPERATOR(pg_catalog.=) ''virtualxid'''",
            "CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.lock)",
            "CREATE FUNCTION evil.differs(text, text) RETURNS boolean LANGUAGE sql"
            " AS 'SELECT false'",
            "CREATE OPERATOR evil.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.differs)",
            "CREATE FUNCTION evil.same(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "CREATE OPERATOR evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = evil.same)",
            "CREATE FUNCTION evil.one(smallint, integer) RETURNS boolean LANGUAGE sql"
            " AS 'SELECT true'",
            "CREATE OPERATOR evil.= (LEFTARG = smallint, RIGHTARG = integer, FUNCTION = evil.one)",
            "SET search_path = evil, pg_catalog",
            "SELECT pg_advisory_unlock_all()",
        ],
        "runner-lock-lost",
    ),
    "delete": (["DELETE FROM public.ceremony_ledger"], "ledger-touched"),
    "delete nothing": (["DELETE FROM public.ceremony_ledger WHERE false"], "ledger-touched"),
    "update": (["UPDATE public.ceremony_ledger SET hash = hash"], "ledger-touched"),
    "truncate": (["TRUNCATE public.ceremony_ledger"], "ledger-touched"),
    "delete as replica": (
        ["SET session_replication_role = replica", "DELETE FROM public.ceremony_ledger"],
        "ledger-touched",
    ),
    "drop": (["DROP TABLE public.ceremony_ledger"], "ledger-touched"),
    "drop and make again": (
        [
            "CREATE TABLE copy AS TABLE public.ceremony_ledger",
            "DROP TABLE public.ceremony_ledger",
            "ALTER TABLE copy RENAME TO ceremony_ledger",
        ],
        "ledger-touched",
    ),
    "disable trigger": (
        ["ALTER TABLE public.ceremony_ledger DISABLE TRIGGER ALL"],
        "ledger-touched",
    ),
    "rule": (
        ["CREATE RULE r AS ON INSERT TO public.ceremony_ledger DO INSTEAD NOTHING"],
        "ledger-touched",
    ),
    "row security": (
        ["ALTER TABLE public.ceremony_ledger ENABLE ROW LEVEL SECURITY"],
        "ledger-touched",
    ),
    "own row": (
        [
            "INSERT INTO public.ceremony_ledger SELECT sequence + 1, series, version, name, event, "
            "bytes_digest, meaning_digest, checks_digest, rollback_digest, attempt, "
            "manifest_digest, statement, detail, recorded_by, recorded_at, tool_version, "
            "audit_sequence, "
            "audit_hash, hash, repeat('e', 64) FROM public.ceremony_ledger ORDER BY "
            "sequence DESC LIMIT 1"
        ],
        "ledger-touched",
    ),
    "timeouts": (["SET lock_timeout = 0", "SET statement_timeout = 0"], None),
    "search path": (["SELECT set_config('search_path', '', false)"], None),
    "synchronous commit": (["SET synchronous_commit = off"], None),
    "temporary ledger": (["CREATE TEMP TABLE ceremony_ledger (x int)"], None),
    "leftovers": (
        [
            "LISTEN somebody",
            "PREPARE p AS SELECT 1",
            "CREATE TEMP TABLE mine (x int)",
            "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
            "SET work_mem = '17MB'",
            "SET TIME ZONE 'Asia/Tokyo'",
            "SET DateStyle = 'German'",
        ],
        None,
    ),
    "deallocate": (["DEALLOCATE ALL"], None),
    "deallocate in do": (["DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"], "session-drift"),
    "replace what is prepared": (
        [
            """
            DO $$
            DECLARE one record;
            BEGIN
                FOR one IN SELECT * FROM pg_prepared_statements WHERE name LIKE 'ceremony%' LOOP
                    EXECUTE format('DEALLOCATE %I', one.name);
                    EXECUTE format('PREPARE %I AS %s', one.name, one.statement);
                END LOOP;
            END $$
            """
        ],
        "session-drift",
    ),
    "prepare in do": (["DO $$ BEGIN EXECUTE 'PREPARE p AS SELECT 1'; END $$"], None),
    "own savepoints": (["SAVEPOINT a", "CREATE TABLE w ()", "ROLLBACK TO a", "RELEASE a"], None),
    "begin alone": (["BEGIN", "CREATE TABLE w ()"], None),
}


@pytest.mark.parametrize("name", ESCAPES)
def test_a_file_that_tries_to_escape(target, name):
    texts, code = ESCAPES[name]
    with running(target) as (executor, ledger):
        before = ledger.rows()
        hostile, following = executor.run(
            [step(*texts), step("CREATE TABLE after_it AS SELECT 1 AS x", version="0002")]
        )
        if code is None:
            assert hostile.state is StepState.DONE, hostile.problem
            assert following.state is StepState.DONE, following.problem
            return
        assert hostile.state is StepState.FAILED
        assert hostile.problem.code == code, hostile.problem
        assert following.state is StepState.NOT_STARTED
    with running(target) as (executor, ledger):
        assert ledger.rows() == before
        (again,) = executor.run([step("CREATE TABLE after_it AS SELECT 1 AS x", version="0002")])
        assert again.state is StepState.DONE


OWN_COMMITS = {
    "commit": (["CREATE TABLE t ()", "COMMIT", "CREATE TABLE u ()"], "is in"),
    "commit and chain": (["CREATE TABLE t ()", "COMMIT AND CHAIN", "CREATE TABLE u ()"], "is in"),
    "commit; begin": (["CREATE TABLE t ()", "COMMIT", "BEGIN", "CREATE TABLE u ()"], "is in"),
    "rollback": (["CREATE TABLE t ()", "ROLLBACK", "CREATE TABLE u ()"], "was rolled back"),
}


@pytest.mark.parametrize("name", ["deallocate in do", "replace what is prepared"])
def test_what_is_prepared_belongs_to_the_run(target, name):
    texts, _ = ESCAPES[name]
    with running(target) as (executor, _):
        (hostile,) = executor.run([step(*texts)])
    problem = hostile.problem
    assert (problem.happened, problem.state) == (
        "shop/0001_x.sql deallocated or replaced what ceremony had prepared in the session.",
        "shop/0001_x was rolled back: nothing of it is in the database.",
    )
    assert problem.next_step.startswith(
        "Take that out of shop/0001_x.sql and out of what it calls; then: "
    )


@pytest.mark.parametrize("name", OWN_COMMITS)
def test_a_file_that_ends_its_transaction_is_never_applied(target, name):
    """The reader of files refuses these. If one came through, the ledger must not say applied."""
    texts, words = OWN_COMMITS[name]
    with running(target) as (executor, ledger):
        hostile, following = executor.run([step(*texts), step("SELECT 1", version="0002")])
        rows = ledger.rows()
    assert hostile.state is StepState.PARTLY
    assert following.state is StepState.NOT_STARTED
    assert hostile.problem.code == "tx-broken"
    assert hostile.problem.happened == (
        "shop/0001_x.sql ended or replaced the transaction it ran in."
    )
    assert hostile.problem.state == (
        f"What shop/0001_x.sql did before its own COMMIT or ROLLBACK {words}; what stands behind "
        "it ran outside the transaction and may be in. The ledger says failed."
    )
    assert (rows[-1].event, rows[-1].attempt) == (Event.FAILED, hostile.attempt)


def test_a_prepared_transaction_is_named(target):
    try:
        with running(target) as (executor, _):
            (outcome,) = executor.run([step("CREATE TABLE t ()", "PREPARE TRANSACTION 'it''s'")])
    finally:
        with psycopg.connect(target, autocommit=True) as connection:
            connection.execute("ROLLBACK PREPARED 'it''s'")
    assert outcome.state is StepState.PARTLY
    assert outcome.problem.state == (
        "Prepared transactions hold parts of shop/0001_x and their locks: 'it''s'."
    )
    assert outcome.problem.next_step == (
        "End them (ROLLBACK PREPARED 'it''s';), take PREPARE TRANSACTION out of shop/0001_x.sql, "
        "then: apply_sql shop"
    )


def test_nothing_of_one_file_reaches_the_next(target):
    texts, _ = ESCAPES["leftovers"]
    found = (
        "CREATE TABLE found AS SELECT current_setting('work_mem') AS a, "
        "current_setting('timezone') AS b, current_setting('datestyle') AS c, "
        "(SELECT count(*) FROM pg_prepared_statements WHERE name NOT LIKE 'ceremony%') AS d, "
        "(SELECT count(*) FROM pg_cursors WHERE name = 'c') AS e, "
        "(SELECT count(*) FROM pg_listening_channels()) AS f, to_regclass('pg_temp.mine') AS g, "
        "current_setting('search_path') AS h, current_setting('synchronous_commit') AS i"
    )
    with running(target) as (executor, _):
        outcomes = executor.run(
            [
                step(
                    *texts,
                    "SELECT set_config('search_path', '', false)",
                    "SET synchronous_commit = off",
                ),
                step(found, version="0002"),
            ]
        )
        assert [o.state for o in outcomes] == [StepState.DONE, StepState.DONE]
    with psycopg.connect(target) as connection:
        zone, memory = connection.execute(
            "SELECT current_setting('timezone'), current_setting('work_mem')"
        ).fetchone()
        row = connection.execute("SELECT * FROM found").fetchone()
    assert row == (memory, zone, "ISO, MDY", 0, 0, 0, None, "public", "on")


def test_the_words_of_a_drift(target):
    with running(target) as (executor, _):
        (outcome,) = executor.run([step("SET ROLE pg_monitor")])
    assert outcome.problem.happened == (
        "shop/0001_x.sql changed the user to pg_monitor (was postgres); role to pg_monitor (was "
        "none) and did not put it back."
    )


def test_the_words_of_a_lost_lock(target):
    with running(target) as (executor, _):
        (outcome,) = executor.run([step("SELECT pg_advisory_unlock_all()")])
    assert outcome.problem.happened == (
        "shop/0001_x.sql released the lock of this run (pg_advisory_unlock_all or the like)."
    )


def test_the_words_of_a_touched_ledger(target):
    with running(target) as (executor, _):
        by_trigger, _ = executor.run(
            [step("DELETE FROM ceremony_ledger"), step("SELECT 1", version="0002")]
        )
        (by_probe,) = executor.run([step("ALTER TABLE ceremony_ledger DISABLE TRIGGER ALL")])
    assert by_trigger.problem.happened == (
        "Statement 1 of 1 (shop/0001_x.sql:1:1) failed: The ledger public.ceremony_ledger is "
        "append-only: DELETE is refused. (42501)."
    )
    assert by_probe.problem.happened == (
        "shop/0001_x.sql changed the ledger, its triggers, rules or policies."
    )


def test_a_ledger_whose_guard_was_replaced(target):
    with running(target):
        pass
    replaced = "CREATE OR REPLACE FUNCTION ceremony_ledger_refuse() RETURNS trigger"
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute(f"{replaced} LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'")
    with running(target) as (executor, _):
        (refused,) = executor.run([step("CREATE TABLE t ()")])
    assert (refused.state, refused.problem.code) == (StepState.NOT_STARTED, "ledger-touched")
    assert refused.problem.next_step.endswith(
        "the body that the function must have is printed by: python -c 'from "
        "ceremony.pg.ledger_ddl import GUARD; print(GUARD)'; then: apply_sql shop"
    )
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute(f"{replaced} LANGUAGE plpgsql AS $body${GUARD}$body$")
    with running(target) as (executor, _):
        (again,) = executor.run([step("CREATE TABLE t ()")])
    assert again.state is StepState.DONE


def test_a_ledger_whose_protection_is_gone(target):
    with running(target):
        pass
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("ALTER TABLE ceremony_ledger DISABLE TRIGGER ALL")
    with running(target) as (executor, _):
        first, second = executor.run([step("CREATE TABLE t ()"), step("SELECT 1", version="0002")])
        assert (first.state, second.state) == (StepState.NOT_STARTED, StepState.NOT_STARTED)
        assert first.problem.code == "ledger-touched"
        assert first.problem.happened == (
            'The ledger "public"."ceremony_ledger" is not protected as it was made: its triggers '
            "must be ENABLE ALWAYS and call the function that was made with them, and it must have "
            "no rules and no row-level security."
        )
        with psycopg.connect(target, autocommit=True) as connection:
            connection.execute(first.problem.next_step.partition(". ")[2].partition(" puts ")[0])
    with running(target) as (executor, _):
        (again,) = executor.run([step("CREATE TABLE t ()")])
    assert again.state is StepState.DONE
