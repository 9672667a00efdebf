"""Transactional steps: what is in, what is recorded, and how a failure is told."""

from dataclasses import replace

import psycopg
import pytest

from ceremony.core.header import Header
from ceremony.core.ledger_row import Event
from ceremony.core.outcome import StatementState, StepState
from ceremony.core.version import Version
from tests.pg.making import CONTEXT, Heard, check, exists, fail, running, step, values


def test_done_means_effects_and_row_are_in(target):
    heard = Heard()
    runs = [step("CREATE TABLE a ()", version="0001"), step("CREATE TABLE b ()", version="0002")]
    with running(target, listener=heard) as (executor, ledger):
        outcomes = executor.run(runs)
        rows = ledger.rows()
    assert [o.state for o in outcomes] == [StepState.DONE, StepState.DONE]
    assert [(r.event, r.version, r.attempt) for r in rows[1:]] == [
        (Event.APPLIED, "0001", runs[0].attempt),
        (Event.APPLIED, "0002", runs[1].attempt),
    ]
    assert [(o.ledger_sequence, o.ledger_hash) for o in outcomes] == [
        (r.sequence, r.hash) for r in rows[1:]
    ]
    assert exists(target, "a")
    assert exists(target, "b")
    assert heard.calls == [
        ("step", "0001"),
        ("statement", "0001", 1),
        ("finished", "0001", "done"),
        ("step", "0002"),
        ("statement", "0002", 1),
        ("finished", "0002", "done"),
    ]


def test_a_failure_stops_the_run_and_undoes_its_own_step_only(target):
    runs = [
        step("CREATE TABLE a ()", version="0001"),
        step("CREATE TABLE b ()", "SELECT nonsense", version="0002"),
        step("CREATE TABLE c ()", version="0003"),
    ]
    heard = Heard()
    with running(target, listener=heard) as (executor, ledger):
        outcomes = executor.run(runs)
        rows = ledger.rows()
    assert [o.state for o in outcomes] == [StepState.DONE, StepState.FAILED, StepState.NOT_STARTED]
    assert heard.outcomes == list(outcomes)
    assert [r.version for r in rows] == ["", "0001"]
    assert (exists(target, "a"), exists(target, "b"), exists(target, "c")) == (True, False, False)


def test_the_session_goes_on_after_a_failure(target):
    with running(target) as (executor, ledger):
        executor.run([step("SELECT nonsense")])
        (outcome,) = executor.run([step("CREATE TABLE a ()")])
        assert outcome.state is StepState.DONE
        assert [r.sequence for r in ledger.rows()] == [1, 2]


def test_the_failing_statement_is_named_exactly(target):
    outcome = fail(
        target,
        "CREATE TABLE t (\n  id int PRIMARY KEY\n)",
        "INSERT INTO t\nSELECT x FROM t",
        "SELECT 1",
    )
    problem, error = outcome.problem, outcome.problem.server
    assert problem.code == "statement-failed"
    assert problem.happened == (
        'Statement 2 of 3 (shop/0001_x.sql:5:8) failed: column "x" does not exist (42703).'
    )
    assert problem.state == "shop/0001_x was rolled back: nothing of it is in the database."
    assert problem.next_step == (
        "Which dependency is missing? Find the migration that creates it, name it in "
        "shop/0001_x.sql with a line `-- Depends: …`, then: apply_sql shop"
    )
    assert (error.statement, error.line, error.column) == (2, 5, 8)
    assert error.source_line == "SELECT x FROM t;"
    assert [s.state for s in outcome.statements] == [
        StatementState.DONE,
        StatementState.FAILED,
        StatementState.NOT_RUN,
    ]


def test_detail_constraint_and_hint_are_kept(target):
    outcome = fail(
        target,
        "CREATE TABLE t (id int CONSTRAINT t_key PRIMARY KEY)",
        "INSERT INTO t VALUES (1)",
        "INSERT INTO t VALUES (1)",
    )
    error = outcome.problem.server
    assert (error.sqlstate, error.constraint, error.schema, error.table) == (
        "23505",
        "t_key",
        "public",
        "t",
    )
    assert error.detail == "Key (id)=(1) already exists."


def test_without_detail_no_row_data_is_kept(target):
    outcome = fail(target, "SELECT 'secret-value'::int", settings={"keep_detail": False})
    error = outcome.problem.server
    assert error.message == 'invalid input syntax for type integer: "…"'
    assert "secret-value" not in repr(outcome.problem)
    assert (error.detail, error.context, error.source_line) == ("", "", "")


def test_a_body_s_own_line_becomes_the_file_s(target):
    outcome = fail(target, "SELECT 1", "DO $$\nBEGIN\n  PERFORM 1;\n  PERFORM 1/0;\nEND\n$$")
    error = outcome.problem.server
    assert (error.sqlstate, error.line, error.source_line) == ("22012", 5, "  PERFORM 1/0;")


def test_a_deferred_violation_is_found_before_commit(target):
    outcome = fail(
        target,
        "CREATE TABLE p (id int PRIMARY KEY)",
        "CREATE TABLE c (p int CONSTRAINT c_p REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO c VALUES (1)",
    )
    assert outcome.problem.happened == (
        "The check of deferred constraints of shop/0001_x failed: insert or update on table "
        '"c" violates foreign key constraint "c_p" (23503).'
    )
    assert outcome.problem.server.doing == "the check of deferred constraints"
    assert outcome.problem.server.constraint == "c_p"


def test_the_file_s_deferred_violation_is_not_blamed_on_a_check(target):
    outcome = fail(
        target,
        "CREATE TABLE p (id int PRIMARY KEY)",
        "CREATE TABLE c (p int CONSTRAINT c_p REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO c VALUES (1)",
        after=[check("INSERT INTO c VALUES (2)", "error foreign_key_violation on c_p")],
    )
    assert outcome.problem.server.doing == "the check of deferred constraints"


def test_messages_belong_to_their_statement(target):
    def notice(text):
        return f"DO $$ BEGIN RAISE NOTICE '{text}'; END $$"

    warning = "DO $$ BEGIN RAISE WARNING 'careful' USING HINT = 'look', DETAIL = 'more'; END $$"
    with running(target) as (executor, _):
        (outcome,) = executor.run([step(notice("one"), "SELECT 1", warning, notice("four"))])
    assert [(m.statement, m.severity, m.text, m.hint, m.detail) for m in outcome.messages] == [
        (1, "NOTICE", "one", "", ""),
        (3, "WARNING", "careful", "look", "more"),
        (4, "NOTICE", "four", "", ""),
    ]


def test_tags_rows_and_seconds(target):
    with running(target) as (executor, _):
        (outcome,) = executor.run(
            [
                step(
                    "CREATE TABLE t (a int)",
                    "INSERT INTO t VALUES (1), (2)",
                    "SELECT pg_sleep(0.2)",
                )
            ]
        )
    assert [(s.tag, s.rows) for s in outcome.statements] == [
        ("CREATE TABLE", None),
        ("INSERT 0 2", 2),
        ("SELECT 1", 1),
    ]
    assert outcome.statements[0].seconds < 0.2 <= outcome.statements[2].seconds


def test_a_statement_that_is_not_sent(target):
    run = step("SELECT nonsense", "SELECT 1")
    script = run.step.script
    kept = replace(script.statements[0], not_sent="the file's own BEGIN")
    quiet = replace(script, statements=(kept, script.statements[1]))
    with running(target) as (executor, _):
        (outcome,) = executor.run([replace(run, step=replace(run.step, script=quiet))])
    assert [s.state for s in outcome.statements] == [StatementState.NOT_SENT, StatementState.DONE]


def test_a_superseded_step_writes_its_row_alone(target):
    run = step("SELECT nonsense")
    run = replace(run, step=replace(run.step, script=None, event=Event.SUPERSEDED))
    with running(target) as (executor, ledger):
        (outcome,) = executor.run([run])
        assert outcome.state is StepState.DONE
        assert ledger.rows()[-1].event is Event.SUPERSEDED


def test_a_rollback_is_the_same_with_another_event(target):
    with running(target) as (executor, ledger):
        executor.run([step("CREATE TABLE t ()")])
        back = step("DROP TABLE t", back=True)
        back = replace(back, step=replace(back.step, variant="keep_data"))
        (outcome,) = executor.run([back])
        row = ledger.rows()[-1]
    assert outcome.state is StepState.DONE
    assert (row.event, row.detail) == (Event.ROLLED_BACK, '{"variant":"keep_data"}')
    assert not exists(target, "t")


def test_a_way_back_that_fails_leaves_the_change_applied(target):
    with running(target) as (executor, _):
        executor.run([step("CREATE TABLE t ()")])
        (outcome,) = executor.run([step("DROP TABLE t", "DROP TABLE nowhere", back=True)])
    assert outcome.problem is not None
    label = f"{outcome.step.migration.series}/{outcome.step.migration.label}"
    assert outcome.problem.state == f"What the way back did was undone: {label} is still applied."
    assert exists(target, "t")


def test_time_limits_of_the_header_hold_for_its_transaction_alone(target):
    limits = (
        "SELECT current_setting('lock_timeout') AS a, current_setting('statement_timeout') AS b"
    )
    header = Header(lock_timeout=1234, statement_timeout=56789)
    first = step(f"CREATE TABLE l AS {limits}", header=header)
    second = step(f"INSERT INTO l {limits}", version="0002")
    with running(target, lock_timeout=4000) as (executor, _):
        executor.run([first, second])
    assert values(target, "SELECT a || ' ' || b FROM l") == ["1234ms 56789ms", "4s 0"]


def test_two_hundred_statements_with_answers_and_wide_parameters(target):
    texts = ["CREATE TABLE big (x text)"] + [
        f"INSERT INTO big SELECT repeat('x', 5000) RETURNING x || '{'y' * 5000}'"
        for _ in range(200)
    ]
    with running(target) as (executor, _):
        (outcome,) = executor.run([step(*texts)])
    assert outcome.state is StepState.DONE
    assert values(target, "SELECT count(*) FROM big") == [200]


def test_copy_is_streamed(target):
    data = b"".join(b"%d\tn\xc3\xa4me %d\n" % (n, n) for n in range(50_000))
    with running(target) as (executor, _):
        (outcome,) = executor.run(
            [
                step(
                    "CREATE TABLE t (id int, name text)",
                    ("COPY t FROM stdin", data),
                    ("COPY t FROM stdin", b"0\tzero\n"),
                    "CREATE INDEX ON t (id)",
                    after=[check("SELECT count(*) FROM t", "value 50001")],
                )
            ]
        )
    assert outcome.state is StepState.DONE
    assert [s.tag for s in outcome.statements] == [
        "CREATE TABLE",
        "COPY 50000",
        "COPY 1",
        "CREATE INDEX",
    ]


def test_copy_first_in_the_file(target):
    with running(target) as (executor, _):
        executor.run([step("CREATE TABLE t (id int)")])
        (outcome,) = executor.run([step(("COPY t FROM stdin", b"1\n"), version="0002")])
    assert outcome.state is StepState.DONE


def test_bad_copy_data_is_found_in_the_file(target):
    outcome = fail(
        target, "CREATE TABLE t (i int)", ("COPY t FROM stdin", b"1\n2\nx\n4\n"), "SELECT 1"
    )
    error = outcome.problem.server
    assert (error.sqlstate, error.statement, error.line, error.source_line) == ("22P02", 2, 5, "x")
    assert outcome.problem.happened == (
        "Statement 2 of 3 (shop/0001_x.sql:5:1) failed: invalid input syntax for type "
        'integer: "x" (22P02).'
    )


def test_copy_is_never_sent_by_the_simple_protocol(target):
    """There, a second statement in the same string would run."""
    outcome = fail(target, "CREATE TABLE t (i int)", ("COPY t FROM stdin; DROP TABLE t", b"1\n"))
    assert outcome.problem.server.sqlstate == "42601"


@pytest.mark.parametrize(
    ("text", "sqlstate", "code"),
    [
        ("CREATE TABLE ceremony_ledger ()", "42P07", "statement-failed"),
        ("SELECT * FROM missing", "42P01", "statement-failed"),
        ("SELECT missing()", "42883", "statement-failed"),
        ("SELECT 1; SELECT 2", "42601", "statement-failed"),
        ("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$", "40P01", "deadlock"),
        ("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", "40001", "deadlock"),
        ("DO $$ BEGIN RAISE SQLSTATE '53100'; END $$", "53100", "server-resources"),
        ("DO $$ BEGIN RAISE SQLSTATE '53200'; END $$", "53200", "server-resources"),
        ("DO $$ BEGIN RAISE SQLSTATE '25006'; END $$", "25006", "target-read-only"),
    ],
)
def test_codes_by_sqlstate(target, text, sqlstate, code):
    outcome = fail(target, text)
    assert (outcome.problem.server.sqlstate, outcome.problem.code) == (sqlstate, code)
    assert outcome.problem.next_step.endswith("apply_sql shop")


def test_a_name_that_is_there_already_is_asked_about(target):
    outcome = fail(target, "CREATE TABLE ceremony_ledger ()")
    assert outcome.problem.next_step == (
        "Was it applied under another name, or made by hand? Compare the object with "
        "shop/0001_x.sql; then drop it, or change the file, and: apply_sql shop"
    )


def test_permission_denied_names_the_role(target, role):
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("CREATE TABLE t ()")
        connection.execute(f"GRANT CREATE ON SCHEMA public TO {role}")
    with running(psycopg.conninfo.make_conninfo(target, user=role)) as (executor, _):
        (outcome,) = executor.run([step("ALTER TABLE t ADD a int")])
    assert outcome.problem.code == "permission-denied"
    assert outcome.problem.happened == (
        "Statement 1 of 1 (shop/0001_x.sql:1:1) failed: must be owner of table t (42501)."
    )
    assert outcome.problem.next_step == (
        f'Give "{role}" the right (GRANT …, or ownership of the object), then: apply_sql shop'
    )


def test_another_writer_of_the_ledger(target):
    with running(target) as (executor, ledger):
        assert ledger.head[0] == 1
        with psycopg.connect(target, autocommit=True) as other:
            other.execute(
                "INSERT INTO ceremony_ledger SELECT 2, series, version, name, event, bytes_digest, "
                "meaning_digest, checks_digest, rollback_digest, attempt, manifest_digest, "
                "statement, detail, recorded_by, recorded_at, tool_version, audit_sequence, "
                "audit_hash, hash, "
                "repeat('e', 64) FROM ceremony_ledger"
            )
        (outcome,) = executor.run([step("CREATE TABLE t ()")])
    assert outcome.problem.code == "ledger-moved"
    assert outcome.problem.happened == "Row 2 of the ledger was written by somebody else meanwhile."
    assert not exists(target, "t")


def test_an_error_of_the_listener_is_passed_on_and_nothing_is_left_open(target):
    class Broken(Heard):
        def statement_started(self, run, statement):
            raise RuntimeError("no terminal")

    with (
        running(target, listener=Broken()) as (executor, _),
        pytest.raises(RuntimeError, match="no terminal"),
    ):
        executor.run([step("CREATE TABLE t ()")])
    assert not exists(target, "t")


def test_versions_are_written_as_they_stand_in_the_name(target):
    run = step("SELECT 1")
    migration = replace(run.step.migration, version=Version((13, 5), "0013_5"))
    with running(target, context=CONTEXT) as (executor, ledger):
        executor.run([replace(run, step=replace(run.step, migration=migration))])
        assert ledger.rows()[-1].version == "0013_5"


def test_nothing_to_do(target):
    with running(target) as (executor, _):
        assert executor.run([]) == ()
