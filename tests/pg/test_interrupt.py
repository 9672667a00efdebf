"""Ctrl-C cancels the statement in the server, rolls back and says so; the session lives on."""

import itertools
import os
import signal
import threading
import time

import psycopg
import pytest

from ceremony.core.outcome import StatementState, StepState
from ceremony.core.script import Probe, ProbeTarget
from ceremony.pg.hearing import Hearing
from ceremony.pg.ledger import Ledger
from ceremony.pg.wire import Wire
from tests.pg.making import Heard, check, running, step
from tests.pg.scenarios import concurrently


@pytest.fixture
def ctrl_c():
    """Call with seconds: a SIGINT to this process then."""
    timers = []

    def soon(seconds):
        timers.append(threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)))
        timers[-1].start()

    yield soon
    for timer in timers:
        timer.join()


def test_a_running_statement_is_cancelled(target, ctrl_c):
    runs = [
        step("CREATE TABLE a ()", version="0001"),
        step("CREATE TABLE b ()", "SELECT pg_sleep(30)", version="0002"),
        step("CREATE TABLE c ()", version="0003"),
    ]
    heard = Heard()
    with running(target, listener=heard) as (executor, ledger):
        ctrl_c(0.5)
        began = time.monotonic()
        outcomes = executor.run(runs)
        assert time.monotonic() - began < 10
        assert executor.interrupted
        assert [o.state for o in outcomes] == [
            StepState.DONE,
            StepState.FAILED,
            StepState.NOT_STARTED,
        ]
        assert heard.outcomes == list(outcomes)
        assert outcomes[1].problem.code == "cancelled"
        assert outcomes[1].problem.happened == (
            "Statement 2 of 2 (shop/0002_x.sql:2:1) was interrupted and cancelled in the server."
        )
        assert outcomes[1].problem.next_step == "When you want to go on: apply_sql shop"
        assert outcomes[1].statements[1].state is StatementState.FAILED
        assert [r.version for r in ledger.rows()] == ["", "0001"]
        (again,) = executor.run([step("CREATE TABLE b ()", version="0002")])
        assert again.state is StepState.DONE
        assert not executor.interrupted


def test_inside_a_check_nothing_is_committed(target, ctrl_c):
    """The error stays in the check's savepoint and the server goes on: we must not commit."""
    slow = check("SELECT pg_sleep(30)", "error query_canceled", name="slow")
    with running(target) as (executor, ledger):
        ctrl_c(0.5)
        (outcome,) = executor.run([step("CREATE TABLE a ()", after=[slow, slow, slow])])
        assert outcome.state is StepState.FAILED
        assert outcome.problem.happened == (
            'The check "slow" (shop/0001_x.verify.sql:1) was interrupted and cancelled in the '
            "server."
        )
        assert len(ledger.rows()) == 1


def test_while_copying(target, ctrl_c):
    with psycopg.connect(target) as blocker, running(target, lock_timeout=0) as (executor, _):
        with psycopg.connect(target, autocommit=True) as other:
            other.execute("CREATE TABLE t (i int)")
        blocker.execute("LOCK TABLE t")
        ctrl_c(0.5)
        (outcome,) = executor.run([step(("COPY t FROM stdin", b"1\n" * 100_000))])
        assert outcome.state is StepState.FAILED
        assert outcome.problem.code == "cancelled"
        blocker.rollback()
        (again,) = executor.run([step(("COPY t FROM stdin", b"1\n"))])
        assert again.state is StepState.DONE


def test_outside_a_transaction_the_index_is_named(target, ctrl_c):
    with psycopg.connect(target, autocommit=True) as other:
        other.execute("CREATE TABLE t (i int)")
    run = step("CREATE INDEX CONCURRENTLY t_i ON t (i)", transactional=False)
    run = concurrently(run, 1, ProbeTarget(Probe.INDEX_VALID, None, "t_i", None, "t"))
    with psycopg.connect(target) as writer, running(target) as (executor, _):
        writer.execute("INSERT INTO t VALUES (1)")
        ctrl_c(0.7)
        (outcome,) = executor.run([run])
        assert executor.interrupted
    assert outcome.state is StepState.PARTLY
    assert outcome.problem.code == "index-invalid"
    assert outcome.problem.happened == (
        "Statement 1 of 1 (shop/0001_x.sql:1:1) was interrupted and cancelled in the server. The "
        'index "public"."t_i" is there but INVALID: queries do not use it, and every write pays '
        "for it."
    )


class Presses(Heard):
    """Presses Ctrl-C when it hears something: no answer of the server is awaited then."""

    def __init__(self, *, at: str):
        super().__init__()
        self.at = at

    def step_finished(self, outcome):
        super().step_finished(outcome)
        self._press("finished")

    def step_started(self, run):
        super().step_started(run)
        self._press("started")

    def _press(self, what):
        if what == self.at:
            self.at = ""
            raise KeyboardInterrupt


@pytest.mark.parametrize("at", ["started", "finished"])
def test_while_the_listener_works(target, at):
    heard = Presses(at=at)
    with running(target, listener=heard) as (executor, ledger):
        runs = [step("SELECT 1", version=f"000{n}") for n in (1, 2, 3)]
        outcomes = executor.run(runs)
        rows = ledger.rows()
    assert executor.interrupted
    done = [o for o in outcomes if o.state is StepState.DONE]
    assert [o.attempt for o in done] == [r.attempt for r in rows[1:]]
    assert len(done) == (0 if at == "started" else 1)
    assert [o.attempt for o in outcomes] == [r.attempt for r in runs]


@pytest.mark.parametrize("at", range(1, 60, 2))
def test_no_answer_is_lost_on_its_way(target, monkeypatch, at):
    """The signal may come when an answer was taken from libpq and is not yet in its place."""
    count = 0
    read = Wire._answer

    def interrupted(wire, item, result):
        nonlocal count
        count += 1
        answer = read(wire, item, result)
        if count == at:
            raise KeyboardInterrupt
        return answer

    runs = [step(f"CREATE TABLE t{n} ()", version=f"000{n}") for n in (1, 2)]
    with running(target) as (executor, ledger):
        monkeypatch.setattr(Wire, "_answer", interrupted)
        outcomes = executor.run(runs)
        monkeypatch.undo()
        recorded = {row.version for row in ledger.rows()[1:]}
    done = {o.step.migration.version.text for o in outcomes if o.state is StepState.DONE}
    assert (done, executor.interrupted) == (recorded, count >= at)


class PressesAt:
    """Presses Ctrl-C at one of all the places where it is called, before or after the work."""

    def __init__(self, at=0, *, before=False):
        self.at, self.before, self.count = at, before, 0

    def around(self, work, *arguments):
        self.count += 1
        here = self.count == self.at
        if here and self.before:
            raise KeyboardInterrupt
        result = work(*arguments)
        if here:
            raise KeyboardInterrupt
        return result


class HeardAt(Heard):
    """Calls count when they begin: whoever is interrupted has been told."""

    def __init__(self, presses):
        super().__init__()
        self.presses, self.told = presses, []

    def step_started(self, run):
        self.presses.around(super().step_started, run)

    def statement_started(self, run, statement):
        self.presses.around(super().statement_started, run, statement)

    def step_finished(self, outcome):
        self.told.append(outcome)
        self.presses.around(super().step_finished, outcome)


versions = itertools.count(1)


def some_runs(*, fails):
    """One step of each kind, the second perhaps a failing one."""
    vacuum = step("SELECT 1", "VACUUM", version=f"{next(versions):04}", transactional=False)
    probe = ProbeTarget(Probe.REPEATABLE)
    failing = ("SELECT 1/0",) * fails
    return [
        step(
            "SELECT 1",
            "SELECT 2",
            version=f"{next(versions):04}",
            after=[check("SELECT 1", "rows")],
        ),
        step("SELECT 1", *failing, version=f"{next(versions):04}"),
        concurrently(vacuum, 2, probe, "vacuum_stmt"),
        step("SELECT 1", version=f"{next(versions):04}"),
    ]


def must_be_told(executor, ledger, heard, runs):
    outcomes = executor.run(runs)
    assert [o.attempt for o in outcomes] == [r.attempt for r in runs]
    assert sorted(o.attempt for o in heard.told) == sorted(r.attempt for r in runs)
    assert {o.attempt: o for o in heard.told} == {o.attempt: o for o in outcomes}
    recorded = {row.attempt for row in ledger.rows() if row.event.value == "applied"}
    done = {o.attempt for o in outcomes if o.state is StepState.DONE}
    assert done == recorded & {r.attempt for r in runs}
    begun = {row.attempt for row in ledger.rows()} & {r.attempt for r in runs}
    never = {o.attempt for o in outcomes if o.state is StepState.NOT_STARTED}
    assert never.isdisjoint(begun)
    return outcomes


def everywhere(monkeypatch, owner, name, presses):
    work = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *given: presses.around(work, *given))


PLACES = {"listener": None, "answers": (Hearing, "__call__"), "rows": (Ledger, "append")}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("fails", [False, True], ids=["all well", "one fails"])
def test_every_outcome_is_told_once(target, monkeypatch, place, before, fails):
    """Wherever the signal comes: nothing is told twice, nothing is kept back, nothing is wrong."""
    at, total = 0, 0
    while at <= total:
        presses = PressesAt(at, before=before)
        heard = HeardAt(PressesAt() if PLACES[place] else presses)
        with running(target, listener=heard) as (executor, ledger), monkeypatch.context() as patch:
            if PLACES[place]:
                everywhere(patch, *PLACES[place], presses)
            must_be_told(executor, ledger, heard, some_runs(fails=fails))
            assert executor.interrupted is (at > 0)
        total = total if at else presses.count
        at += 1
    assert total >= (9 if place != "rows" else 0 if fails else 5)
