"""Steps outside a transaction: what is in is known statement by statement."""

import threading
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest

from ceremony.core.check import When
from ceremony.core.history import History
from ceremony.core.ledger_row import Event
from ceremony.core.outcome import StatementState, StepState
from ceremony.core.script import Probe, ProbeTarget
from ceremony.pg.step_rows import step_facts
from tests.pg.making import CONTEXT, Heard, check, index_probe, running, step
from tests.pg.scenarios import concurrently

INDEX = index_probe("CREATE INDEX CONCURRENTLY t_a ON t (a)")
NO_PROBE = ProbeTarget(Probe.NONE)


def outside(*texts, **options):
    return step(*texts, transactional=False, **options)


def events(ledger):
    return [(r.event.value, r.statement, r.detail) for r in ledger.rows()[1:]]


def by_hand(target, *texts):
    with psycopg.connect(target, autocommit=True) as connection:
        for text in texts:
            connection.execute(text)


def index_run(texts=("CREATE INDEX CONCURRENTLY t_a ON t (a)",), **options):
    return concurrently(outside(*texts, **options), len(texts), index_probe(texts[-1]))


def test_statement_by_statement(target):
    heard = Heard()
    run = concurrently(
        outside(
            "CREATE TABLE t (a int)",
            "CREATE INDEX CONCURRENTLY t_a ON t (a)",
            ("COPY t FROM stdin", b"1\n2\n"),
            after=[check("SELECT count(*) FROM t", "value 2")],
        ),
        2,
        INDEX,
    )
    with running(target, listener=heard) as (executor, ledger):
        outcomes = executor.run([run, step("CREATE TABLE u ()", version="0002")])
        assert [o.state for o in outcomes] == [StepState.DONE, StepState.DONE], outcomes[0].problem
        rows = ledger.rows()
        assert events(ledger) == [
            ("started", 0, '{"direction":"apply"}'),
            ("statement", 1, '{"state":"done"}'),
            ("statement", 2, '{"existed":false,"state":"intent"}'),
            ("statement", 2, '{"state":"done"}'),
            ("statement", 3, '{"state":"done"}'),
            ("finished", 0, "{}"),
            ("applied", 0, "{}"),
            ("applied", 0, "{}"),
        ]
    assert (outcomes[0].ledger_sequence, outcomes[0].ledger_hash) == (8, rows[7].hash)
    assert [s.tag for s in outcomes[0].statements] == ["CREATE TABLE", "CREATE INDEX", "COPY 2"]
    assert outcomes[0].checks[0].result == "PASS"
    assert heard.calls[:5] == [
        ("step", "0001"),
        ("statement", "0001", 1),
        ("statement", "0001", 2),
        ("statement", "0001", 3),
        ("finished", "0001", "done"),
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("VACUUM t", "vacuum_stmt"),
        ("REINDEX TABLE CONCURRENTLY t", "reindex_stmt"),
        ("ALTER SYSTEM RESET work_mem", "alter_system_stmt"),
        ("DROP INDEX CONCURRENTLY i", "drop_stmt"),
    ],
)
def test_statements_that_cannot_run_in_a_transaction(target, text, kind):
    by_hand(target, "CREATE TABLE t (a int)", "CREATE INDEX i ON t (a)")
    run = concurrently(outside("SELECT 1", text), 2, ProbeTarget(Probe.REPEATABLE), kind)
    with running(target) as (executor, _):
        (outcome,) = executor.run([run])
    assert outcome.state is StepState.DONE, outcome.problem


def test_the_first_statement_failed_so_nothing_is_in(target):
    with running(target) as (executor, ledger):
        (outcome,) = executor.run([outside("SELECT nonsense", "SELECT 1")])
        assert events(ledger)[-1] == (
            "failed",
            0,
            '{"code":"statement-failed","done":[],"sqlstate":"42703"}',
        )
    assert outcome.state is StepState.FAILED
    assert outcome.problem.state == "No statement of shop/0001_x is in the database."


def test_a_later_failure_is_partly_and_goes_on_where_it_stopped(target):
    broken = outside(
        "CREATE TABLE t (a int)", "INSERT INTO t SELECT x FROM source", "INSERT INTO t VALUES (9)"
    )
    with running(target) as (executor, _):
        (outcome,) = executor.run([broken])
        assert outcome.state is StepState.PARTLY
        assert outcome.problem.code == "statement-failed"
        assert outcome.problem.state == "Of the 3 statements of shop/0001_x these are in: 1."
        assert [s.state for s in outcome.statements] == [
            StatementState.DONE,
            StatementState.FAILED,
            StatementState.NOT_RUN,
        ]
        by_hand(target, "CREATE TABLE source AS SELECT 1 AS x")
        (again,) = executor.run([broken])
    assert again.state is StepState.DONE
    assert [s.state for s in again.statements] == [
        StatementState.ALREADY_IN,
        StatementState.DONE,
        StatementState.DONE,
    ]


def test_an_invalid_index_is_found_and_named(target):
    by_hand(target, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (1)")
    run = index_run(("CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)",))
    with running(target) as (executor, _):
        (outcome,) = executor.run([run])
        assert outcome.state is StepState.PARTLY
        assert outcome.problem.code == "index-invalid"
        assert outcome.problem.happened == (
            'Statement 1 of 1 (shop/0001_x.sql:1:1) failed: could not create unique index "t_a" '
            '(23505). The index "public"."t_a" is there but INVALID: queries do not use it, and '
            "every write pays for it."
        )
        assert outcome.problem.next_step == (
            "Mend the rows that are not unique (Detail names a key). "
            'Then: DROP INDEX CONCURRENTLY "public"."t_a";   then: apply_sql shop'
        )
        assert outcome.problem.server.detail == "Key (a)=(1) is duplicated."
        (stuck,) = executor.run([run])
        assert stuck.problem.code == "index-invalid"
        assert stuck.problem.happened.startswith(
            "Statement 1 of shop/0001_x.sql (CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)) was "
            "begun by an earlier attempt. The index"
        )
        by_hand(target, 'DROP INDEX CONCURRENTLY "public"."t_a"', "TRUNCATE t")
        (again,) = executor.run([run])
    assert again.state is StepState.DONE


def test_if_not_exists_over_an_invalid_index_is_no_success(target):
    by_hand(target, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        by_hand(target, "CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)")
    run = index_run(("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS t_a ON t (a)",))
    with running(target) as (executor, _):
        (outcome,) = executor.run([run])
    assert outcome.problem.code == "index-invalid"


class Dies(Heard):
    """Ends the run as a crash would, when this statement is about to begin."""

    def __init__(self, number):
        super().__init__()
        self.number = number

    def statement_started(self, run, statement):
        if statement.number == self.number:
            raise RuntimeError("crash")


def crashed(target, run, number):
    """A run that wrote the intent of a statement; what the statement did is the test's business."""
    with running(target) as (executor, ledger), pytest.raises(RuntimeError, match="crash"):
        type(executor)(executor._session, ledger, CONTEXT, Dies(number)).run([run])
    with running(target) as (executor, ledger):
        facts = {"statement": number, "state": "intent", "existed": False}
        ledger.append(step_facts(run.step, run.attempt, Event.STATEMENT, **facts), CONTEXT)


def test_an_intent_whose_index_is_there_is_in(target):
    by_hand(target, "CREATE TABLE t (a int)")
    run = index_run()
    crashed(target, run, 1)
    by_hand(target, "CREATE INDEX CONCURRENTLY t_a ON t (a)")
    with running(target) as (executor, ledger):
        (outcome,) = executor.run([run])
        assert ("statement", 1, '{"found":true,"state":"done"}') in events(ledger)
    assert outcome.state is StepState.DONE
    assert outcome.statements[0].state is StatementState.ALREADY_IN


def test_an_intent_without_an_effect_is_run(target):
    by_hand(target, "CREATE TABLE t (a int)")
    run = index_run()
    crashed(target, run, 1)
    with running(target) as (executor, _):
        (outcome,) = executor.run([run])
    assert outcome.statements[0].state is StatementState.DONE


def test_an_index_of_that_name_on_another_table(target):
    by_hand(target, "CREATE TABLE t (a int)", "CREATE TABLE other (a int)")
    run = index_run()
    crashed(target, run, 1)
    by_hand(target, "CREATE INDEX t_a ON other (a)")
    with running(target) as (executor, _):
        (outcome,) = executor.run([run])
    assert outcome.state is StepState.FAILED
    assert outcome.problem.code == "index-differs"
    assert outcome.problem.happened == (
        "Statement 1 of shop/0001_x.sql (CREATE INDEX CONCURRENTLY t_a ON t (a)) was begun by an "
        'earlier attempt, but the name "public"."t_a" belongs to another index: CREATE INDEX t_a '
        "ON public.other USING btree (a)."
    )


def test_another_index_of_that_name_on_the_same_table(target):
    by_hand(target, "CREATE TABLE t (a int, b int)")
    run = index_run()
    crashed(target, run, 1)
    by_hand(target, "CREATE INDEX t_a ON t (b)")
    with running(target) as (executor, ledger):
        (outcome,) = executor.run([run])
        assert "applied" not in [event for event, _, _ in events(ledger)]
    assert outcome.problem.code == "index-differs"
    assert outcome.problem.happened == (
        "Statement 1 of shop/0001_x.sql (CREATE INDEX CONCURRENTLY t_a ON t (a)) was begun by an "
        'earlier attempt, but the name "public"."t_a" belongs to another index: CREATE INDEX t_a '
        "ON public.t USING btree (b)."
    )


def test_a_comparison_that_has_to_wait_is_no_answer(target):
    by_hand(target, "CREATE TABLE t (a int)")
    run = index_run()
    crashed(target, run, 1)
    by_hand(target, "CREATE INDEX t_a ON t (a)")
    with psycopg.connect(target) as other, running(target, lock_timeout=100) as (executor, _):
        other.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        (outcome,) = executor.run([replace(run, attempt=uuid4())])
        assert outcome.problem.code == "lock-timeout"
        other.rollback()
        (again,) = executor.run([replace(run, attempt=uuid4())])
    assert again.statements[0].state is StatementState.ALREADY_IN


def test_without_a_probe_a_person_decides(target):
    run = concurrently(
        outside("CREATE TABLE t (a int)", "CREATE DATABASE nobody_knows"),
        2,
        NO_PROBE,
        "createdb_stmt",
    )
    crashed(target, run, 2)
    with running(target) as (executor, _):
        (outcome,) = executor.run([run])
    assert outcome.state is StepState.PARTLY
    assert outcome.problem.code == "needs-decision"
    assert outcome.problem.happened == (
        "Statement 2 of shop/0001_x.sql (CREATE DATABASE nobody_knows) was begun by an earlier "
        "attempt, and nothing in the catalog tells whether it is in."
    )


def test_a_pending_detach_is_named(target):
    by_hand(
        target,
        "CREATE TABLE p (a int) PARTITION BY LIST (a)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)",
    )
    probe = ProbeTarget(Probe.DETACHED, None, "p1", None, "p")
    run = concurrently(
        outside("ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY"), 1, probe, "alter_table_stmt"
    )
    crashed(target, run, 1)
    by_hand(target, "UPDATE pg_inherits SET inhdetachpending = true")
    with running(target) as (executor, _):
        (outcome,) = executor.run([run])
        assert outcome.problem.code == "detach-pending"
        assert outcome.problem.next_step == (
            'ALTER TABLE "p" DETACH PARTITION "p1" FINALIZE;   then: apply_sql shop'
        )
        by_hand(target, "UPDATE pg_inherits SET inhdetachpending = false")
        (again,) = executor.run([run])
    assert again.state is StepState.DONE, again.problem


def test_checks_around_it(target):
    refused = outside(
        "CREATE TABLE t ()",
        before=[check("SELECT 1", "no rows", when=When.BEFORE, name="first")],
        after=[check("SELECT 1", "rows")],
    )
    broken = outside("CREATE TABLE t ()", after=[check("SELECT 1", "no rows", name="last")])
    with running(target) as (executor, ledger):
        (outcome,) = executor.run([refused])
        assert outcome.state is StepState.FAILED
        assert [c.result.value for c in outcome.checks] == ["FAIL", "NOT RUN"]
        assert [e for e, _, _ in events(ledger)] == ["failed"]
        (outcome,) = executor.run([broken])
        assert outcome.state is StepState.PARTLY
        assert outcome.problem.code == "check-failed"
        assert [e for e, _, _ in events(ledger)][-2:] == ["finished", "failed"]
        fixed = replace(broken, step=replace(broken.step, checks_after=()))
        (again,) = executor.run([fixed])
        assert again.state is StepState.DONE


def test_a_concurrent_build_has_no_lock_timeout(target):
    """It would leave an INVALID index; everything else has one."""
    by_hand(target, "CREATE TABLE t (a int)")
    with psycopg.connect(target) as writer, running(target, lock_timeout=100) as (executor, _):
        writer.execute("INSERT INTO t VALUES (1)")
        timer = threading.Timer(0.6, writer.commit)
        timer.start()
        (outcome,) = executor.run([index_run()])
        timer.join()
        assert outcome.state is StepState.DONE, outcome.problem
        assert outcome.seconds > 0.4
        writer.execute("LOCK TABLE t")
        (outcome,) = executor.run([outside("ALTER TABLE t ADD b int", version="0002")])
        assert outcome.problem.code == "lock-timeout"


def test_a_lock_that_is_gone_stops_before_the_next_statement(target):
    run = concurrently(
        outside("SELECT 1", "SELECT pg_advisory_unlock_all()", "SELECT 2"),
        2,
        NO_PROBE,
        "select_stmt",
    )
    with running(target) as (executor, _):
        (outcome,) = executor.run([run])
    assert outcome.problem.code == "runner-lock-lost"
    assert outcome.problem.happened == (
        "Before statement 3 of shop/0001_x.sql the lock of this run was gone."
    )


def test_what_the_server_refused_is_run_again(target):
    """No probe tells whether a database was made, but an error of the server does."""
    run = concurrently(outside("CREATE DATABASE d TEMPLATE nowhere"), 1, NO_PROBE, "createdb_stmt")
    later = concurrently(
        outside("CREATE TABLE t ()", "CREATE DATABASE d TEMPLATE nowhere", version="0002"),
        2,
        NO_PROBE,
        "createdb_stmt",
    )
    with running(target) as (executor, _):
        for attempt in (run, run, later, later):
            (outcome,) = executor.run([attempt])
            assert outcome.problem.server.sqlstate == "3D000"


def test_a_check_that_refuses_to_begin_leaves_no_trace(target):
    refused = outside("CREATE TABLE t ()", before=[check("SELECT 1", "no rows", when=When.BEFORE)])
    with running(target) as (executor, ledger):
        executor.run([refused])
        assert History(ledger.rows()).partly("shop") == {}


def test_another_way_back_than_was_begun_runs_from_its_first_statement(target):
    by_hand(target, "CREATE TABLE t (a int)", "CREATE INDEX t_a ON t (a)")
    begun = outside("DROP INDEX t_a", "SELECT 1/0", back=True)
    keeps = outside("CREATE TABLE kept AS TABLE t", "DROP TABLE t", back=True)
    script = replace(keeps.step.script, bytes_digest="sha256:" + "9" * 64)
    keeps = replace(keeps, step=replace(keeps.step, script=script))
    with running(target) as (executor, _):
        (outcome,) = executor.run([begun])
        assert outcome.state is StepState.PARTLY
        (outcome,) = executor.run([keeps])
    assert [s.state for s in outcome.statements] == [StatementState.DONE, StatementState.DONE]
