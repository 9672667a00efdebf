"""The link breaks between any two messages: what was in flight is named, no COMMIT is guessed."""

import psycopg

from ceremony.core.ledger_row import Event
from ceremony.core.outcome import StatementState, StepState
from tests.pg.making import running, step


def runs():
    return [
        step("CREATE TABLE t1 ()", "SELECT 1", version="0001"),
        step("CREATE TABLE t2 ()", version="0002"),
    ]


def applied(conninfo):
    with psycopg.connect(conninfo, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT attempt FROM ceremony_ledger WHERE event = 'applied' ORDER BY sequence"
        ).fetchall()
    return {row[0] for row in rows}


def test_cut_before_every_message(target, proxied):
    with proxied(target) as (proxy, through), running(through) as (executor, _):
        proxy.reset()
        executor.run(runs())
        total = proxy.units
    seen = set()
    for number in range(1, total + 1):
        with psycopg.connect(target, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        with proxied(target) as (proxy, through), running(through) as (executor, _):
            proxy.reset()
            proxy.at = (number, lambda: None)
            outcomes = executor.run(runs())
        # Whoever gets the lock knows that the server is done with the lost session.
        with running(target, wait=30):
            inside = applied(target)
        for outcome in outcomes:
            seen.add(outcome.state)
            if outcome.state is StepState.DONE:
                assert outcome.attempt in inside, number
            elif outcome.state is not StepState.UNKNOWN:
                assert outcome.attempt not in inside, number
    assert seen == {StepState.DONE, StepState.FAILED, StepState.UNKNOWN, StepState.NOT_STARTED}


def test_the_statement_in_flight_is_named(target):
    kill = "SELECT pg_terminate_backend(pg_backend_pid())"
    quit_ = (
        "DO $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); END $$"
    )
    with running(target) as (executor, _):
        (outcome,) = executor.run([step("CREATE TABLE t ()", quit_, kill)])
    assert outcome.state is StepState.FAILED
    assert outcome.problem.code == "connection-lost"
    assert outcome.problem.server.statement == 2


def test_a_lost_commit_is_unknown(target, proxied):
    with proxied(target) as (proxy, through), running(through) as (executor, _):
        proxy.reset()
        (first,) = executor.run([step("CREATE TABLE t1 ()")])
        assert first.state is StepState.DONE
        reset_and_sync = 10  # the reset's nine messages and a Sync, behind the COMMIT
        commit = proxy.units - reset_and_sync
        proxy.reset()
        proxy.at = (commit, lambda: None)
        (second,) = executor.run([step("CREATE TABLE t2 ()", version="0002")])
    assert second.state is StepState.UNKNOWN
    assert second.problem.code == "outcome-unknown"
    assert second.problem.happened.endswith(" broke while shop/0002_x was being committed.")
    assert second.problem.state.startswith(
        "It is either in as a whole or not at all; the ledger in "
    )
    assert second.problem.next_step == ("apply_sql shop")
    assert second.statements[0].state is StatementState.DONE
    with running(target, wait=30) as (_, ledger):
        assert [r.version for r in ledger.rows() if r.event is Event.APPLIED] == ["0001"]
