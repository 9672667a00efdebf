"""Runs, intents, outcomes and checks: recorded once, however often a crash repeats the call."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from ceremony.actions import outcome_buffer, record
from ceremony.actions.outcome_buffer import FLUSH_OUTCOMES, OutcomeBuffer
from ceremony.actions.record import RunFacts
from ceremony.core.check import CheckResult
from ceremony.core.expectations import Observation
from ceremony.core.finding import Finding
from ceremony.core.history import Event
from ceremony.core.outcome import Message, Problem, StepState
from ceremony.core.plan import Direction
from ceremony.core.report import Verdict
from ceremony.models import (
    Attempt,
    AuditEvent,
    CheckRecord,
    MigrationRecord,
    Outcome,
    Run,
    RunKind,
    RunOutcome,
)
from ceremony.models.audit import ChainState, verify_chain
from tests.django import factories
from tests.django.factories import ACTOR, NOON

TABLES = [Run, RunOutcome, Attempt, Outcome, CheckRecord, MigrationRecord, AuditEvent]

pytestmark = pytest.mark.django_db


def counts():
    return {model.__name__: model.objects.count() for model in TABLES}


def actions():
    return list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))


@pytest.fixture
def run():
    facts = RunFacts(
        RunKind.APPLY, factories.TargetFactory(alias="db1"), "shop", ACTOR, "0.1.0", NOON
    )
    return record.open_run(facts)


@pytest.fixture
def step_runs(run):
    planned = factories.StepRunFactory.create_batch(3)
    record.record_intents(run, planned, planned_at=NOON)
    return planned


def outcome(step_run, **changes):
    return factories.StepOutcomeFactory(step_run=step_run, **changes)


def test_a_run_is_opened_with_its_event(run):
    event = AuditEvent.objects.get(sequence=2)
    assert (event.action, event.actor, event.target, event.series) == (
        "run opened",
        "lena",
        "db1",
        "shop",
    )
    assert event.subject == f"Run {run.pk}"
    assert event.detail()["host"] == "build-1"


def test_what_a_command_line_may_hold_is_made_visible():
    facts = RunFacts(
        RunKind.APPLY,
        factories.TargetFactory(),
        "shop",
        ACTOR,
        "0.1.0",
        NOON,
        command_line="apply_sql a\0b \udcff",
    )
    assert record.open_run(facts).command_line == "apply_sql a\N{SYMBOL FOR NULL}b \\udcff"


def test_intents_name_every_step_and_its_digests(run, step_runs):
    attempt = Attempt.objects.get(pk=step_runs[0].attempt)
    migration = step_runs[0].step.migration
    assert (attempt.version, attempt.name, attempt.bytes_digest) == (
        migration.version.text,
        "orders",
        factories.digest("a"),
    )
    detail = AuditEvent.objects.get(action="steps planned").detail()
    assert (detail["count"], detail["first"], detail["last"]) == (
        3,
        step_runs[0].step.migration.label,
        step_runs[2].step.migration.label,
    )
    assert [step[1] for step in detail["steps"]] == [
        one.step.migration.version.text for one in step_runs
    ]


def test_a_rollback_intent_carries_the_digest_of_the_way_back_that_runs(run):
    keep = factories.ScriptFactory(bytes_digest=factories.digest("f"))
    migration = factories.MigrationFactory(rollbacks={"keep_data": keep})
    step = factories.StepFactory(
        migration=migration,
        direction=Direction.ROLL_BACK,
        event=Event.ROLLED_BACK,
        script=keep,
        variant="keep_data",
    )
    step_run = factories.StepRunFactory(step=step)
    record.record_intents(run, [step_run], planned_at=NOON)
    attempt = Attempt.objects.get(pk=step_run.attempt)
    assert attempt.rollback_digest == factories.digest("f")
    assert attempt.bytes_digest == factories.digest("a")


def test_a_done_step_is_recorded_whole(run, step_runs):
    record.record_outcomes(run, [outcome(step_runs[0])], keep_error_detail=True)
    row = Outcome.objects.get()
    assert (row.state, row.seconds, row.ledger_sequence) == ("done", 0.25, 2)
    assert row.statements == [
        {
            "number": 1,
            "line": 1,
            "summary": "CREATE TABLE orders (id int)",
            "state": "done",
            "seconds": 0.2,
            "tag": "CREATE TABLE",
            "rows": None,
        }
    ]
    check = CheckRecord.objects.first()
    assert (check.attempt_id, check.expectation, check.result) == (
        step_runs[0].attempt,
        "no rows",
        "PASS",
    )
    assert check.observed == {"columns": ["id"]}
    known = MigrationRecord.objects.get()
    assert (known.state, known.applied_by, known.applied_at) == (
        "applied",
        "lena",
        NOON + timedelta(milliseconds=250),
    )
    run.target.refresh_from_db()
    assert (run.target.ledger_sequence, run.target.ledger_hash) == (2, "c" * 64)
    detail = AuditEvent.objects.get(action="applied").detail()
    assert detail["checks"] == {"PASS": 2}
    assert detail["microseconds"] == 250_000


def test_a_failed_step_keeps_the_whole_error(run, step_runs):
    record.record_outcomes(run, [outcome(step_runs[0], failed=True)], keep_error_detail=True)
    problem = Outcome.objects.get().problem
    assert problem["code"] == "statement-failed"
    assert problem["server"]["sqlstate"] == "23505"
    assert problem["server"]["detail"] == "Key (email)=(secret@example.org) already exists."
    assert not MigrationRecord.objects.exists()
    assert actions()[-1] == "step failed"


def test_row_data_in_errors_is_withheld_where_settings_say_so(run, step_runs):
    failed = outcome(
        step_runs[0],
        failed=True,
        messages=(Message(1, "NOTICE", "00000", "seen", detail="Row secret@example.org"),),
    )
    record.record_outcomes(run, [failed], keep_error_detail=False)
    row = Outcome.objects.get()
    assert "secret@example.org" not in str((row.problem, row.messages))
    assert "secret@example.org" not in "".join(AuditEvent.objects.values_list("payload", flat=True))
    assert row.problem["server"]["withheld"] is True
    assert row.messages[0]["withheld"] is True


def test_steps_that_did_not_start_are_one_act(run, step_runs):
    outcomes = [outcome(step_runs[0], failed=True)] + [
        outcome(one, state=StepState.NOT_STARTED, ledger_sequence=0, checks=(), statements=())
        for one in step_runs[1:]
    ]
    record.record_outcomes(run, outcomes, keep_error_detail=True)
    assert Outcome.objects.filter(state="not started").count() == 2
    assert actions()[-2:] == ["step failed", "not started"]
    assert AuditEvent.objects.first().detail()["count"] == 2


def test_partly_applied_is_a_state_of_its_own(run, step_runs):
    partly = outcome(step_runs[0], state=StepState.PARTLY, ledger_sequence=0, ledger_hash="")
    record.record_outcomes(run, [partly], keep_error_detail=True)
    assert MigrationRecord.objects.get().state == "partly applied"
    assert actions()[-1] == "partly applied"


def test_everything_twice_is_everything_once(run, step_runs):
    outcomes = [outcome(one, ledger_sequence=2 + n) for n, one in enumerate(step_runs)]

    def all_of_it():
        record.record_intents(run, step_runs, planned_at=NOON)
        record.record_outcomes(run, outcomes, keep_error_detail=True)
        record.record_checks(run, {"0001": [factories.CheckOutcomeFactory()]})
        record.close_run(run, Verdict.PASS, finished_at=NOON + timedelta(seconds=3))

    all_of_it()
    before = counts()
    all_of_it()
    assert counts() == before
    assert verify_chain() == ChainState(checked=before["AuditEvent"])


def test_half_a_batch_recorded_before_a_crash_is_completed(run, step_runs):
    outcomes = [outcome(one, ledger_sequence=2 + n) for n, one in enumerate(step_runs)]
    record.record_outcomes(run, outcomes[:1], keep_error_detail=True)
    record.record_outcomes(run, outcomes, keep_error_detail=True)
    assert Outcome.objects.count() == 3
    assert CheckRecord.objects.count() == 6
    assert actions().count("applied") == 3


def test_unknown_leaves_an_attempt_open_until_it_is_settled_once(run, step_runs):
    unknown = outcome(step_runs[0], state=StepState.UNKNOWN, ledger_sequence=0, checks=())
    record.record_outcomes(run, [unknown], keep_error_detail=True)
    assert [one.pk for one in record.open_attempts(run.target)] == [
        one.attempt for one in step_runs
    ]
    record.record_outcomes(run, [outcome(step_runs[0])], keep_error_detail=True)
    record.record_outcomes(run, [unknown], keep_error_detail=True)
    states = Outcome.objects.filter(attempt=step_runs[0].attempt).values_list("state", flat=True)
    assert list(states) == ["unknown", "done"]
    assert [one.pk for one in record.open_attempts(run.target)] == [
        one.attempt for one in step_runs[1:]
    ]


def test_open_attempts_are_those_of_the_target(run, step_runs):
    assert record.open_attempts(factories.TargetFactory()) == []


def test_an_older_outcome_changes_no_newer_record(run, step_runs):
    newer, older = outcome(step_runs[0], ledger_sequence=9), outcome(step_runs[1])
    older = replace(older, step=newer.step)
    record.record_outcomes(run, [newer], keep_error_detail=True)
    record.record_outcomes(run, [older], keep_error_detail=True)
    assert MigrationRecord.objects.get().last_attempt_id == newer.attempt


def test_rolling_back_takes_the_name_of_who_applied_it_away(run, step_runs):
    record.record_outcomes(run, [outcome(step_runs[0])], keep_error_detail=True)
    step = replace(
        step_runs[0].step, number=99, event=Event.ROLLED_BACK, direction=Direction.ROLL_BACK
    )
    back = factories.StepRunFactory(step=step)
    record.record_intents(run, [back], planned_at=NOON)
    record.record_outcomes(run, [outcome(back, ledger_sequence=7)], keep_error_detail=True)
    known = MigrationRecord.objects.get()
    assert (known.state, known.applied_at, known.applied_by) == ("rolled back", None, "")


def test_rows_that_broke_a_check_are_kept_and_bounded(run):
    rows = tuple((str(n), "x" * 5_000, None) for n in range(100))
    broken = factories.CheckOutcomeFactory(
        result=CheckResult.FAIL, observed=Observation(("a", "b", "c"), rows, row_count=100)
    )
    record.record_checks(run, {"0001": [broken]})
    observed = CheckRecord.objects.get().observed
    assert (len(observed["rows"]), observed["row_count"]) == (20, 100)
    assert observed["rows"][0][1:] == ["x" * 1_999 + "…", None]
    assert AuditEvent.objects.first().detail()["results"] == {"FAIL": 1}


def test_messages_are_bounded_and_the_bound_is_said(run, step_runs):
    many = tuple(Message(1, "NOTICE", "00000", str(n)) for n in range(250))
    record.record_outcomes(run, [outcome(step_runs[0], messages=many)], keep_error_detail=True)
    messages = Outcome.objects.get().messages
    assert len(messages) == 201
    assert messages[-1]["text"] == "50 more messages were not kept."


def test_a_run_is_closed_with_its_verdict_and_findings(run):
    finding = Finding("shop/0001_a.sql", 0, 0, "file-reworded", "Reworded.", "Nothing to do.")
    problem = Problem("lock-timeout", "Waited 5 s.", "Nothing was changed.", "Try again.")
    record.close_run(
        run,
        Verdict.FAIL,
        finished_at=NOON + timedelta(seconds=3),
        problem=problem,
        findings=[finding],
    )
    closed = RunOutcome.objects.get()
    assert (closed.verdict, closed.seconds, closed.problem["code"]) == ("FAIL", 3.0, "lock-timeout")
    assert closed.findings[0]["place"] == "shop/0001_a.sql"
    assert record.open_runs(run.target) == []


def test_a_verification_at_work_is_not_taken_for_a_run_that_was_cut_off(run):
    """It holds no lock, so whoever has the lock cannot know."""
    verification = factories.RunFactory(target=run.target, kind=RunKind.VERIFY)
    assert record.open_runs(run.target) == [run]
    record.close_run(verification, Verdict.PASS, finished_at=NOON)
    assert verification.outcome.verdict == "PASS"


def test_the_record_is_never_written_inside_another_transaction(control):
    with (
        pytest.raises(RuntimeError, match="durable atomic block cannot be nested"),
        transaction.atomic(),
        record.recording(),
    ):
        pass


def test_the_control_identity_stays(run):
    identity = record.control_identity()
    assert record.control_identity() == identity
    assert record.audit_head().sequence == AuditEvent.objects.count()


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


def test_outcomes_wait_in_a_buffer_until_it_is_full_or_late(run, step_runs):
    clock = Clock()
    with OutcomeBuffer(run, keep_error_detail=True, clock=clock) as buffer:
        buffer.add(outcome(step_runs[0]))
        assert Outcome.objects.count() == 0
        clock.seconds = 1.0
        buffer.add(outcome(step_runs[1], ledger_sequence=3))
        assert Outcome.objects.count() == 2
        buffer.add(outcome(step_runs[2], ledger_sequence=4))
        assert Outcome.objects.count() == 2
    assert Outcome.objects.count() == 3


def test_a_failure_is_recorded_at_once(run, step_runs):
    with OutcomeBuffer(run, keep_error_detail=True, clock=Clock()) as buffer:
        buffer.add(outcome(step_runs[0]))
        buffer.add(outcome(step_runs[1], failed=True))
        assert Outcome.objects.count() == 2


def test_five_hundred_outcomes_are_a_batch(run):
    planned = factories.StepRunFactory.create_batch(FLUSH_OUTCOMES)
    record.record_intents(run, planned, planned_at=NOON)
    with OutcomeBuffer(run, keep_error_detail=True, clock=Clock()) as buffer:
        for one in planned:
            buffer.add(outcome(one))
        assert Outcome.objects.count() == FLUSH_OUTCOMES == 500


def test_a_buffer_is_flushed_when_the_run_is_interrupted(run, step_runs):
    def interrupted():
        with OutcomeBuffer(run, keep_error_detail=True, clock=Clock()) as buffer:
            buffer.add(outcome(step_runs[0]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert Outcome.objects.count() == 1


def test_an_interrupted_recording_is_made_up_for_at_the_end(run, step_runs, monkeypatch):
    real = record.prepare_outcome

    def pressed(*arguments, **options):
        monkeypatch.setattr(outcome_buffer, "prepare_outcome", real)
        raise KeyboardInterrupt

    monkeypatch.setattr(outcome_buffer, "prepare_outcome", pressed)
    with OutcomeBuffer(run, keep_error_detail=True, clock=Clock()) as buffer:
        with pytest.raises(KeyboardInterrupt):
            buffer.add(outcome(step_runs[0]))
        buffer.add(outcome(step_runs[1]))
    assert Outcome.objects.count() == 2
