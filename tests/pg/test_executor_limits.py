"""Steps that are ended from outside: by limits of time, by a cancel, by the end of the session."""

import threading

import psycopg
import pytest

from ceremony.core.header import Header
from tests.pg.making import check, fail, running, step


def test_lock_timeout(target):
    with psycopg.connect(target) as blocker:
        with psycopg.connect(target, autocommit=True) as other:
            other.execute("CREATE TABLE t ()")
        blocker.execute("SELECT * FROM t")
        outcome = fail(target, "ALTER TABLE t ADD a int", settings={"lock_timeout": 150})
        pid = blocker.info.backend_pid
    assert outcome.problem.code == "lock-timeout"
    first, blocked_by = outcome.problem.happened.split("\n")
    assert first.endswith("failed: canceling statement due to lock timeout (55P03).")
    assert blocked_by.startswith(f"Locks on tables are held by process {pid}, ")
    assert blocked_by.endswith(" (on t).")


def test_statement_timeout(target):
    outcome = fail(target, "SELECT pg_sleep(5)", header=Header(statement_timeout=200))
    assert outcome.problem.code == "statement-timeout"
    assert outcome.problem.happened == (
        "Statement 1 of 1 (shop/0001_x.sql:1:1) took longer than its limit of 200 ms."
    )


@pytest.mark.parametrize(
    "expect", ["rows", "error check_violation"], ids=["behind checks", "before must-fail checks"]
)
def test_statement_timeout_of_a_deferred_trigger(target, expect):
    """Its time arrives with the answers of messages before it that nobody asked to flush."""
    outcome = fail(
        target,
        "CREATE TABLE t (i int)",
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_sleep(5); RETURN NULL; END'",
        "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION slow()",
        "INSERT INTO t VALUES (1)",
        after=[check("SELECT 1", expect)],
        header=Header(statement_timeout=200),
    )
    assert outcome.problem.code == "statement-timeout"
    assert outcome.problem.happened == (
        "The check of deferred constraints of shop/0001_x took longer than its limit of 200 ms."
    )


def test_statement_timeout_in_a_check(target):
    slow = check("SELECT pg_sleep(5)", "success", setup=["SELECT 1"])
    outcome = fail(target, "SELECT 1", after=[slow], header=Header(statement_timeout=200))
    assert outcome.problem.code == "statement-timeout"
    assert outcome.problem.happened == (
        'The check "a check" (shop/0001_x.verify.sql:1) took longer than its limit of 200 ms.'
    )


def test_the_seconds_of_a_check_are_its_own(target):
    slow, quick = check("SELECT pg_sleep(0.3)", "success"), check("SELECT 1", "rows")
    with running(target) as (executor, _):
        (outcome,) = executor.run([step("SELECT 1", after=[quick, slow, quick])])
    first, second, third = (one.seconds for one in outcome.checks)
    assert max(first, third) < 0.2 <= second


def cancel_soon(target, function="pg_cancel_backend"):
    def act():
        with psycopg.connect(target, autocommit=True) as connection:
            connection.execute(
                f"SELECT {function}(pid) FROM pg_stat_activity "
                "WHERE application_name = 'ceremony test'"
            )

    timer = threading.Timer(0.3, act)
    timer.start()
    return timer


def test_cancelled_by_somebody_else(target):
    timer = cancel_soon(target)
    outcome = fail(target, "SELECT pg_sleep(5)")
    timer.join()
    assert outcome.problem.code == "cancelled"
    assert outcome.problem.happened == (
        "Statement 1 of 1 (shop/0001_x.sql:1:1) was cancelled in the server by somebody else "
        "(pg_cancel_backend)."
    )


def test_a_cancel_inside_a_must_fail_check_ends_the_step(target):
    timer = cancel_soon(target)
    outcome = fail(
        target,
        "CREATE TABLE t ()",
        after=[
            check("SELECT pg_sleep(5)", "error query_canceled", name="slow"),
            check("SELECT 1", "rows"),
        ],
    )
    timer.join()
    assert outcome.problem.code == "cancelled"
    assert outcome.problem.happened == (
        'The check "slow" (shop/0001_x.verify.sql:1) was cancelled in the server by somebody else '
        "(pg_cancel_backend)."
    )


def test_terminated(target):
    timer = cancel_soon(target, "pg_terminate_backend")
    with running(target) as (executor, _):
        outcomes = executor.run(
            [
                step("SELECT 1"),
                step("SELECT pg_sleep(5)", version="0002"),
                step("SELECT 1", version="0003"),
            ]
        )
    timer.join()
    assert [o.state.value for o in outcomes] == ["done", "failed", "not started"]
    assert outcomes[1].problem.code == "connection-lost"
    assert outcomes[1].problem.server.sqlstate == "57P01"
