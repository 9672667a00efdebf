"""Checks of a step: verdicts, what was observed, and what a failed one means."""

from ceremony.core.check import CheckResult, CheckSeverity, When
from ceremony.core.outcome import StatementState, StepState
from ceremony.core.report import Verdict, verdict_on
from tests.pg.making import check, fail, running, step, values


def test_verdicts_and_what_was_observed(target):
    with running(target) as (executor, _):
        (outcome,) = executor.run(
            [
                step(
                    "CREATE TABLE t (id int CONSTRAINT t_key PRIMARY KEY)",
                    after=[
                        check("SELECT * FROM t", "no rows"),
                        check(
                            "INSERT INTO t VALUES (1)",
                            "error unique_violation on t_key",
                            setup=["INSERT INTO t VALUES (1)"],
                        ),
                        check("SELECT 7", "value 7"),
                        check("SELECT 1/0", "success", only_if="SELECT false"),
                        check("SELECT 1", "success", only_if="SELECT true"),
                        check("INSERT INTO t VALUES (1), (2)", "success"),
                    ],
                )
            ]
        )
    assert outcome.state is StepState.DONE
    assert [c.result for c in outcome.checks] == [
        CheckResult.PASS,
        CheckResult.PASS,
        CheckResult.PASS,
        CheckResult.NOT_APPLICABLE,
        CheckResult.PASS,
        CheckResult.PASS,
    ]
    assert outcome.checks[2].observed.rows == (("7",),)
    assert verdict_on(outcome.checks) is Verdict.PARTIAL
    assert values(target, "SELECT count(*) FROM t") == [0]


def test_a_plan_that_uses_an_index(target):
    with running(target) as (executor, _):
        (outcome,) = executor.run(
            [
                step(
                    "CREATE TABLE t (id int)",
                    "CREATE INDEX t_id ON t (id)",
                    after=[
                        check(
                            "SELECT * FROM t WHERE id = 7",
                            "plan uses index t_id",
                            setup=[
                                "INSERT INTO t SELECT generate_series(1, 5000)",
                                "ANALYZE t",
                            ],
                        )
                    ],
                )
            ]
        )
    assert outcome.checks[0].result is CheckResult.PASS, outcome.checks[0].explanation


def test_a_broken_check_refuses_and_keeps_the_rows(target):
    outcome = fail(
        target,
        "CREATE TABLE t AS SELECT generate_series(1, 50) AS n, repeat('x', 500) AS x",
        after=[check("SELECT * FROM t", "no rows", name="empty")],
    )
    assert outcome.problem.code == "check-failed"
    assert outcome.problem.happened == (
        'A check of shop/0001_x did not hold. "empty" (shop/0001_x.verify.sql:1): expected no '
        "rows, got 50 rows."
    )
    assert outcome.problem.state == "shop/0001_x was rolled back: nothing of it is in the database."
    observed = outcome.checks[0].observed
    assert (observed.row_count, len(observed.rows), observed.columns) == (50, 20, ("n", "x"))
    assert len(observed.rows[0][1]) == 200


def test_warn_and_info_do_not_refuse(target):
    with running(target) as (executor, _):
        (outcome,) = executor.run(
            [
                step(
                    "SELECT 1",
                    after=[
                        check("SELECT 1", "no rows", severity=CheckSeverity.WARN),
                        check("SELECT nonsense", "success", severity=CheckSeverity.INFO),
                    ],
                )
            ]
        )
    assert outcome.state is StepState.DONE
    assert [c.result for c in outcome.checks] == [CheckResult.FAIL, CheckResult.FAIL]


def test_an_only_if_that_fails_is_not_run_and_refuses(target):
    outcome = fail(target, "SELECT 1", after=[check("SELECT 1", "rows", only_if="SELECT nonsense")])
    assert outcome.checks[0].result is CheckResult.NOT_RUN
    assert outcome.checks[0].explanation == (
        'Its only-if question failed: column "nonsense" does not exist (42703).'
    )


def test_each_check_has_its_own_verdict_behind_a_failed_one(target):
    outcome = fail(
        target,
        "SELECT 1",
        after=[
            check("SELECT nonsense", "success", name="first"),
            check("SELECT 1", "rows", name="second"),
            check("SELECT 2", "value 3", name="third", setup=["SELECT also_nonsense"]),
        ],
    )
    assert [c.result for c in outcome.checks] == [
        CheckResult.FAIL,
        CheckResult.PASS,
        CheckResult.FAIL,
    ]
    assert outcome.checks[2].observed.failed_at == 1
    assert outcome.problem.happened.startswith("2 checks of shop/0001_x did not hold. ")


def test_a_deferred_constraint_cannot_hide_from_a_must_fail_check(target):
    with running(target) as (executor, _):
        (outcome,) = executor.run(
            [
                step(
                    "CREATE TABLE t (a int CONSTRAINT t_a UNIQUE DEFERRABLE INITIALLY DEFERRED)",
                    "INSERT INTO t VALUES (1)",
                    after=[check("INSERT INTO t VALUES (1)", "error unique_violation on t_a")],
                )
            ]
        )
    assert outcome.checks[0].result is CheckResult.PASS, outcome.checks[0].explanation


def test_a_before_check_refuses_before_the_statements_run(target):
    outcome = fail(
        target,
        "SELECT pg_sleep(60)",
        before=[check("SELECT 1", "no rows", when=When.BEFORE)],
        settings={"statement_timeout": 5000},
    )
    assert outcome.problem.code == "check-failed"
    assert outcome.statements[0].state is StatementState.NOT_RUN
    assert outcome.seconds < 4


def test_before_and_after_keep_their_places(target):
    with running(target) as (executor, _):
        (outcome,) = executor.run(
            [
                step(
                    "CREATE TABLE t ()",
                    before=[check("SELECT to_regclass('t') IS NULL", "value true")],
                    after=[check("SELECT to_regclass('t') IS NULL", "value false")],
                )
            ]
        )
    assert [c.result for c in outcome.checks] == [CheckResult.PASS, CheckResult.PASS]


def test_checks_behind_a_failed_statement_were_not_run(target):
    outcome = fail(target, "SELECT nonsense", after=[check("SELECT 1", "rows")] * 3)
    assert [c.result for c in outcome.checks] == [CheckResult.NOT_RUN] * 3
    assert outcome.checks[0].explanation == "It was not reached."
