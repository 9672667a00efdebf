"""Checks outside a migration: every verdict, and nothing of them stays."""

import os
import signal
import threading

import psycopg
import pytest

from ceremony.core.check import CheckResult
from ceremony.pg.session import SessionSettings, open_session
from ceremony.pg.verify import run_checks
from tests.pg.making import check, libpq


@pytest.fixture
def session(target):
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id int CONSTRAINT t_key PRIMARY KEY)")
    with open_session(libpq(target), SessionSettings()) as opened:
        yield opened


def test_verdicts(session):
    outcomes = run_checks(
        session,
        [
            check("SELECT * FROM t", "no rows"),
            check("SELECT * FROM missing", "no rows"),
            check(
                "INSERT INTO t VALUES (1)",
                "error unique_violation",
                setup=["INSERT INTO t VALUES (1)"],
            ),
            check("SELECT 1", "rows", only_if="SELECT false"),
            check("SELECT 1", "rows", only_if="SELECT NULL::boolean"),
            check("SELECT 1", "rows", only_if="SELECT 1 WHERE false"),
            check("SELECT 1", "rows", only_if="SELECT nonsense"),
            check("INSERT INTO t VALUES (2)", "success"),
        ],
    )
    assert [o.result for o in outcomes] == [
        CheckResult.PASS,
        CheckResult.FAIL,
        CheckResult.PASS,
        CheckResult.NOT_APPLICABLE,
        CheckResult.NOT_APPLICABLE,
        CheckResult.NOT_APPLICABLE,
        CheckResult.NOT_RUN,
        CheckResult.PASS,
    ]
    assert outcomes[1].observed.sqlstate == "42P01"
    assert outcomes[3].explanation == "Its only-if question answered no."
    assert session.ask("SELECT count(*) FROM t") == [(0,)]


def test_none(session):
    assert run_checks(session, []) == ()


def test_a_check_that_takes_the_transaction_down_is_no_pass(session):
    outcomes = run_checks(
        session, [check("COMMIT", "success"), check("SELECT 1", "rows", name="next")]
    )
    assert outcomes[1].result is not CheckResult.PASS
    assert session.ask("SELECT count(*) FROM t") == [(0,)]


def test_a_lost_link_is_not_run(session):
    outcomes = run_checks(
        session,
        [
            check("SELECT 1", "rows"),
            check("SELECT pg_terminate_backend(pg_backend_pid())", "rows"),
            check("SELECT 1", "rows"),
        ],
    )
    assert outcomes[0].result is CheckResult.PASS
    assert outcomes[2].result is CheckResult.NOT_RUN
    assert outcomes[2].explanation == "It was not reached: the connection broke."


def test_ctrl_c(session):
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run_checks(session, [check("SELECT pg_sleep(20)", "rows")])
    timer.join()
    assert session.ask("SELECT 1") == [(1,)]


def test_time_limits_hold(target):
    with open_session(libpq(target), SessionSettings(statement_timeout=200)) as session:
        outcomes = run_checks(session, [check("SELECT pg_sleep(20)", "rows")])
    assert (outcomes[0].result, outcomes[0].observed.sqlstate) == (CheckResult.FAIL, "57014")
