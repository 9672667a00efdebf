"""Halting a target while a run is at work on it: real runners, stopped by another session."""

import contextlib
import json
import threading
import time
from dataclasses import replace
from uuid import UUID, uuid4

import psycopg
import pytest

from ceremony.core.halting import halted_detail, open_halt, resumed_detail
from ceremony.core.history import History, chain_fault
from ceremony.core.ledger_row import Event
from ceremony.core.outcome import StatementState, StepState
from ceremony.core.script import Probe, ProbeTarget
from ceremony.errors import Failed, LockedByOther
from ceremony.pg.halt import write_halted
from ceremony.pg.ledger import Facts, Ledger
from ceremony.pg.lock import lock_key
from ceremony.pg.session import SessionSettings, open_session
from tests.pg.making import CONTEXT, SCHEMA, libpq, running, step
from tests.pg.scenarios import concurrently

BY = replace(CONTEXT, recorded_by="mia@desk")
NO_PROBE = ProbeTarget(Probe.NONE)
WAIT = 20


class Runner(threading.Thread):
    """A run in a session of its own; ``outcomes`` when it is over."""

    def __init__(self, target, runs, listener=None):
        super().__init__(daemon=True)
        self._target, self._runs, self._listener = target, runs, listener
        self.outcomes = ()
        self.start()

    def run(self):
        context = replace(CONTEXT, target="shop")
        with running(self._target, context=context, listener=self._listener) as (executor, _):
            self.outcomes = executor.run(self._runs)

    def ended(self):
        self.join(WAIT)
        assert not self.is_alive()
        return self.outcomes


class Gate:
    """A listener that waits at the end of the first migration."""

    def __init__(self):
        self.reached, self.open = threading.Event(), threading.Event()

    def step_started(self, run):
        pass

    def statement_started(self, run, statement):
        pass

    def step_finished(self, outcome):
        if not self.reached.is_set():
            self.reached.set()
            assert self.open.wait(WAIT)


@contextlib.contextmanager
def halter(target, **settings):
    with open_session(libpq(target), SessionSettings(run="halt", **settings)) as session:
        yield session, Ledger(session, SCHEMA)


def halt(target, text="Wrong figures.", halt_id=None, **options):
    detail = halted_detail(halt_id or uuid4(), "halt-by-hand", text)
    with halter(target) as (session, ledger):
        facts = Facts(Event.HALTED, detail=detail)
        return write_halted(session, ledger, facts, BY, **options)


def rows(target):
    with halter(target) as (_, ledger):
        return ledger.rows()


def events(target):
    return [row.event.value for row in rows(target)]


def until(target, wanted, text):
    question = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE %s AND state = 'active'"
        " AND datname = current_database() AND pid <> pg_backend_pid()"
    )
    give_up = time.monotonic() + WAIT
    with psycopg.connect(target, autocommit=True) as connection:
        while connection.execute(question, (text,)).fetchone()[0] != wanted:
            assert time.monotonic() < give_up, text
            time.sleep(0.01)


def ledger_made(target):
    with running(target):
        pass


def test_the_running_statement_is_cancelled_and_nothing_more_starts(target):
    ledger_made(target)
    runner = Runner(
        target,
        [
            step("CREATE TABLE t (a int)", version="0001"),
            step("CREATE TABLE u (a int)", "SELECT pg_sleep(60)", version="0002"),
            step("CREATE TABLE v (a int)", version="0003"),
        ],
    )
    until(target, 1, "SELECT pg_sleep%")
    began = time.monotonic()
    written = halt(target, halt_id=UUID(int=5))
    outcomes = runner.ended()
    assert time.monotonic() - began < 5
    assert [o.state for o in outcomes] == [
        StepState.DONE,
        StepState.FAILED,
        StepState.NOT_STARTED,
    ]
    problem = outcomes[1].problem
    assert (problem.code, problem.happened, problem.state, problem.next_step) == (
        "run-halted",
        "The target was halted by mia@desk: Wrong figures.\nStatement 2 of 2 "
        "(shop/0002_x.sql:2:1) was cancelled in the server by somebody else (pg_cancel_backend).",
        "shop/0002_x was rolled back: nothing of it is in the database.",
        "manage.py resume_sql --database shop",
    )
    assert events(target) == ["opened", "applied", "halted"]
    assert chain_fault(rows(target)) == ""
    assert json.loads(written.row.detail) == {
        "ceremony": 0,
        "condition": "halt-by-hand",
        "halt": str(UUID(int=5)),
        "text": "Wrong figures.",
    }
    assert (written.row.recorded_by, written.still, written.forbidden) == (
        "mia@desk",
        False,
        False,
    )
    assert written.stopped > 0
    with psycopg.connect(target) as connection:
        assert connection.execute("SELECT to_regclass('t'), to_regclass('u')").fetchone() == (
            "t",
            None,
        )


def test_a_halt_between_two_migrations_keeps_the_next_from_starting(target):
    ledger_made(target)
    gate = Gate()
    steps = [step(f"CREATE TABLE t{n} ()", version=f"{n:04d}", transactional=n != 1)
             for n in (1, 2)]  # fmt: skip
    runner = Runner(target, steps, gate)
    assert gate.reached.wait(WAIT)
    written = halt(target, ending=0)
    gate.open.set()
    first, second = runner.ended()
    assert written.still
    assert (first.state, second.state) == (StepState.DONE, StepState.FAILED)
    assert second.problem.code == "run-halted"
    assert second.problem.happened == (
        "The target was halted by mia@desk: Wrong figures.\n"
        "Row 6 of the ledger was written by somebody else meanwhile."
    )
    assert events(target)[-2:] == ["applied", "halted"]


def test_a_halt_before_a_step_outside_a_transaction(target):
    """The step reads the ledger to take up what an earlier attempt left: it must not go on from a
    row that it did not expect.
    """
    ledger_made(target)
    gate = Gate()
    steps = [step(f"CREATE TABLE t{n} ()", version=f"{n:04d}", transactional=n != 2)
             for n in (1, 2)]  # fmt: skip
    runner = Runner(target, steps, gate)
    assert gate.reached.wait(WAIT)
    halt(target, ending=0)
    gate.open.set()
    first, second = runner.ended()
    assert (first.state, second.state) == (StepState.DONE, StepState.FAILED)
    assert second.problem.code == "run-halted"
    assert events(target) == ["opened", "applied", "halted"]


def test_outside_a_transaction_what_is_in_stays_and_is_said(target):
    ledger_made(target)
    run = step(
        "CREATE TABLE t (a int)", "SELECT pg_sleep(60)", "CREATE TABLE u ()", transactional=False
    )
    runner = Runner(target, [concurrently(run, 2, NO_PROBE, "select_stmt")])
    until(target, 1, "SELECT pg_sleep%")
    halt(target)
    (outcome,) = runner.ended()
    assert outcome.state is StepState.PARTLY
    assert [s.state for s in outcome.statements] == [
        StatementState.DONE,
        StatementState.FAILED,
        StatementState.NOT_RUN,
    ]
    assert outcome.problem.code == "run-halted"
    assert outcome.problem.state == "Of the 3 statements of shop/0001_x these are in: 1."
    assert outcome.problem.next_step.startswith(
        "manage.py resume_sql --database shop   What is left to do for this migration: "
    )
    found = rows(target)
    assert sorted(row.event for row in found[-2:]) == [Event.FAILED, Event.HALTED]
    (partly,) = History(found).partly("shop").values()
    assert partly.done == {1}
    assert partly.intents[2].refused
    assert chain_fault(found) == ""


def test_a_statement_that_is_in_is_said_behind_the_halt(target):
    """The halt comes while the statement is at work, and cannot cancel it."""
    ledger_made(target)
    run = step("CREATE TABLE t ()", "SELECT pg_sleep(1)", "SELECT 2", transactional=False)
    runner = Runner(target, [concurrently(run, 2, NO_PROBE, "select_stmt")])
    until(target, 1, "SELECT pg_sleep%")
    write(target)
    (outcome,) = runner.ended()
    assert outcome.state is StepState.PARTLY
    assert outcome.problem.code == "run-halted"
    assert [s.state for s in outcome.statements] == [
        StatementState.DONE,
        StatementState.DONE,
        StatementState.NOT_RUN,
    ]
    found = rows(target)
    assert [(r.event.value, r.statement) for r in found[4:]] == [("halted", 0), ("statement", 2)]
    (partly,) = History(found).partly("shop").values()
    assert partly.done == {1, 2}


def write(target):
    """The row of a halt, by a session that cannot cancel anybody."""
    with halter(target) as (_, ledger):
        detail = halted_detail(uuid4(), "halt-by-hand", "Stop.")
        return ledger.append(Facts(Event.HALTED, detail=detail), BY)


def test_many_small_migrations_are_stopped_too(target):
    ledger_made(target)
    steps = [step(f"CREATE TABLE t{n} ()", version=f"{n:04d}") for n in range(1, 600)]
    runner = Runner(target, steps)
    give_up = time.monotonic() + WAIT
    while len(events(target)) < 5:
        assert time.monotonic() < give_up
    halt(target)
    outcomes = runner.ended()
    states = [o.state for o in outcomes]
    done = states.count(StepState.DONE)
    assert 0 < done < len(steps)
    assert states == [
        *[StepState.DONE] * done,
        StepState.FAILED,
        *[StepState.NOT_STARTED] * (len(steps) - done - 1),
    ]
    assert outcomes[done].problem.code == "run-halted"
    assert events(target) == ["opened", *["applied"] * done, "halted"]
    assert chain_fault(rows(target)) == ""


def test_two_halts_at_once_are_one(target):
    ledger_made(target)
    runner = Runner(target, [step("SELECT pg_sleep(60)")])
    until(target, 1, "SELECT pg_sleep%")
    found = []
    halts = [
        threading.Thread(target=lambda n=n: found.append(halt(target, text=f"Halt {n}.")))
        for n in (1, 2)
    ]
    for one in halts:
        one.start()
    for one in halts:
        one.join(WAIT)
    (outcome,) = runner.ended()
    assert outcome.problem.code == "run-halted"
    assert sorted(one.row is None for one in found) == [False, True]
    assert events(target) == ["opened", "halted"]


def test_a_halt_where_nobody_is_at_work(target):
    ledger_made(target)
    written = halt(target)
    assert (written.stopped, written.still) == (0, False)
    assert written.row.sequence == 2
    again = halt(target)
    assert (again.row, again.stopped) == (None, 0)
    assert open_halt(rows(target)).text == "Wrong figures."


def test_a_run_on_a_halted_target_is_stopped_by_a_second_row(target):
    """Such a run is what was decided about the halt; it can go wrong, too."""
    ledger_made(target)
    same = uuid4()
    halt(target, halt_id=same)
    runner = Runner(target, [step("SELECT pg_sleep(60)")])
    until(target, 1, "SELECT pg_sleep%")
    written = halt(target, halt_id=same, text="And now this.")
    (outcome,) = runner.ended()
    assert outcome.problem.code == "run-halted"
    assert outcome.problem.happened.startswith("The target was halted by mia@desk: And now this.")
    assert written.row.sequence == 3


def test_a_cancel_of_somebody_else_on_a_halted_target_is_no_new_halt(target):
    ledger_made(target)
    halt(target)
    runner = Runner(target, [step("SELECT pg_sleep(60)")])
    until(target, 1, "SELECT pg_sleep%")
    with psycopg.connect(target, autocommit=True) as other:
        other.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE"
            " 'SELECT pg_sleep(60)%' AND datname = current_database()"
        )
    (outcome,) = runner.ended()
    assert outcome.problem.code == "cancelled"


def test_a_run_that_cannot_be_cancelled_loses_its_session(target):
    """The second migration's row is in, and its COMMIT not sent: no statement is at work."""
    ledger_made(target)
    gate = Gate()
    runner = Runner(target, [step("CREATE TABLE t ()"), step("SELECT 1", version="0002")], gate)
    assert gate.reached.wait(WAIT)
    written = halt(target, patience=4)
    assert (written.row.sequence, written.still) == (3, False)
    gate.open.set()
    first, second = runner.ended()
    # It was told by a COMMIT that had no answer; the ledger says what became of it.
    assert (first.state, second.state) == (StepState.DONE, StepState.UNKNOWN)
    assert events(target) == ["opened", "applied", "halted"]


def test_a_role_that_may_not_cancel_gives_up(target, role):
    ledger_made(target)
    gate = Gate()
    with psycopg.connect(target, autocommit=True) as other:
        other.execute(f"GRANT SELECT, INSERT ON ceremony_ledger TO {role}")
        runner = Runner(target, [step("CREATE TABLE t ()"), step("SELECT 1", version="0002")], gate)
        assert gate.reached.wait(WAIT)
        with pytest.raises(Failed) as raised:
            halt(f"{target} user={role}", patience=1)
        assert raised.value.code in {"lock-timeout", "ledger-moved"}
        assert raised.value.state == 'The row "halted" is not in the ledger.'
        gate.open.set()
        assert [o.state for o in runner.ended()] == [StepState.DONE, StepState.DONE]
        written = halt(f"{target} user={role}")
        assert written.row.sequence == 4


def test_a_halt_waits_for_the_one_before_it(target):
    ledger_made(target)
    with psycopg.connect(target, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (lock_key(f"{SCHEMA}\0halts"),))
        with pytest.raises(LockedByOther) as raised:
            halt(target, patience=0.2)
    assert raised.value.code == "locked-by"
    assert raised.value.happened.startswith("Another halt of the database ")


def test_resumed_is_the_last_word(target):
    ledger_made(target)
    one = uuid4()
    halt(target, halt_id=one)
    with halter(target) as (_, ledger):
        ledger.append(Facts(Event.RESUMED, detail=resumed_detail(one, "accept", "Fine.")), BY)
        assert open_halt(ledger.rows()) is None
    with running(target) as (executor, _):
        (outcome,) = executor.run([step("SELECT 1")])
    assert outcome.state is StepState.DONE
