"""What statements wait for locks is measured while they wait, by a second connection."""

import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

import psycopg
import pytest

from ceremony.core.outcome import StatementResult, StatementState
from ceremony.pg.lock_waits import LockWatch
from tests.pg.making import Heard, libpq, running, step, values

NOBODY = UUID(int=0)
PID = "SELECT pid FROM pg_stat_activity WHERE application_name = 'ceremony test'"


class Watched(Heard):
    """A listener that tells a watch what begins, and keeps what the watch tells."""

    watch: LockWatch

    def statement_started(self, run, statement):
        self.watch.statement_started(run.attempt, statement.number)

    def step_finished(self, outcome):
        self.outcomes.append(self.watch.told(outcome))


@contextmanager
def held(target, seconds):
    """Another session holds the table for so long."""
    with psycopg.connect(target) as other:
        other.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        timer = threading.Timer(seconds, other.rollback)
        timer.start()
        yield
        timer.join()


def run(target, *texts, seconds=1.0, **settings):
    """The outcome of a step with these statements while another session holds the table."""
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("CREATE TABLE orders (id int)")
    listener = Watched()
    with running(target, listener=listener, **settings) as (executor, _):
        (pid,) = values(target, PID)
        with LockWatch(libpq(target), pid) as listener.watch, held(target, seconds):
            executor.run([step(*texts)])
    (outcome,) = listener.outcomes
    return outcome


def test_a_wait_is_told_of_the_statement_that_waited(target):
    outcome = run(target, "SELECT pg_sleep(0.4)", "LOCK TABLE orders", "SELECT pg_sleep(0.3)")
    before, waited, after = outcome.statements
    assert (before.waited, after.waited) == (0, 0)
    assert 0.2 < waited.waited <= waited.seconds < 1


def test_a_wait_that_a_lock_timeout_ended_lasted_to_the_end(target):
    outcome = run(
        target,
        "DO $$ BEGIN PERFORM pg_sleep(0.3); LOCK orders; END $$",
        seconds=2,
        lock_timeout=700,
    )
    (one,) = outcome.statements
    assert one.state is StatementState.FAILED
    assert one.waited == pytest.approx(0.7, abs=0.15)
    assert one.seconds == pytest.approx(1.0, abs=0.2)


def test_quick_statements_are_not_looked_at(target):
    with psycopg.connect(target, autocommit=True) as connection:
        count = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%lock watch'"
        with LockWatch(libpq(target), connection.info.backend_pid) as watch:
            for number in range(50):
                watch.statement_started(NOBODY, number)
            assert connection.execute(count).fetchone() == (0,)


def test_its_connection_is_gone_when_its_block_ends(target):
    with psycopg.connect(target, autocommit=True) as connection:
        count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
        asked = (count, ["ceremony lock watch"])
        with LockWatch(libpq(target), connection.info.backend_pid) as watch:
            watch.statement_started(NOBODY, 1)
            deadline = time.monotonic() + 10
            while connection.execute(*asked).fetchone() == (0,):
                assert time.monotonic() < deadline
                time.sleep(0.02)
        deadline = time.monotonic() + 10
        while connection.execute(*asked).fetchone() != (0,):
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_server_that_cannot_be_asked_changes_nothing(target):
    nowhere = {**libpq(target), "host": "/nowhere"}
    with running(target) as (executor, _):
        (outcome,) = executor.run([step("SELECT 1")])
    with LockWatch(nowhere, 1) as watch:
        watch.statement_started(outcome.attempt, 1)
        time.sleep(0.4)
        assert watch.told(outcome) == outcome
        result = StatementResult(1, StatementState.DONE, 0.4)
        assert watch.told(replace(outcome, statements=(result,))).statements == (result,)


def test_where_the_system_gives_no_thread_the_run_goes_on(target, monkeypatch):
    def refused(_):
        raise RuntimeError("can't start new thread")

    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("CREATE TABLE orders (id int)")
    listener = Watched()
    with running(target, listener=listener) as (executor, _):
        monkeypatch.setattr(threading.Thread, "start", refused)
        with LockWatch(libpq(target), 1) as listener.watch:
            executor.run([step("INSERT INTO orders VALUES (1)", "SELECT 1")])
        monkeypatch.undo()
    (outcome,) = listener.outcomes
    assert outcome.problem is None
    assert values(target, "SELECT id FROM orders") == [1]
