"""Steps and their outcomes as rows of the record, and as acts of the audit trail. Nothing is
written here.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from ceremony.actions import evidence
from ceremony.core.chain import Json
from ceremony.core.history import Event
from ceremony.core.outcome import CheckOutcome, StepOutcome, StepRun, StepState
from ceremony.core.plan import Step
from ceremony.models import Attempt, CheckRecord, MigrationRecord, Outcome, RecordState, Run
from ceremony.models.audit import Act, Action

STATE_AFTER = {
    Event.APPLIED: RecordState.APPLIED,
    Event.ROLLED_BACK: RecordState.ROLLED_BACK,
    Event.BASELINED: RecordState.BASELINED,
    Event.SUPERSEDED: RecordState.SUPERSEDED,
    Event.RETIRED: RecordState.RETIRED,
}
"""What a migration is once the ledger has a row with this event."""

IN_PLACE = {RecordState.APPLIED, RecordState.BASELINED, RecordState.SUPERSEDED, RecordState.PARTLY}
"""States in which a migration, or a part of it, is in the target."""

ENDINGS = {
    StepState.FAILED: Action.STEP_FAILED,
    StepState.PARTLY: Action.PARTLY_APPLIED,
    StepState.UNKNOWN: Action.OUTCOME_UNKNOWN,
}


def attempt_row(run: Run, step_run: StepRun, now: datetime) -> Attempt:
    """The intent of one step."""
    step = step_run.step
    change = step.migration.script
    way_back = step.migration.rollbacks.get(step.variant)
    return Attempt(
        id=step_run.attempt,
        run_id=run.pk,
        number=step.number,
        series=step.migration.series,
        version=step.migration.version.text,
        name=step.migration.name,
        path=evidence.clean(step.migration.path),
        direction=step.direction.value,
        event=step.event.value,
        variant=step.variant,
        transactional=step.transactional,
        bytes_digest=change.bytes_digest,
        meaning_digest=change.meaning_digest,
        checks_digest=step.migration.verify_digest,
        rollback_digest=way_back.bytes_digest if way_back else "",
        planned_at=now,
    )


def outcome_row(outcome: StepOutcome, *, keep_detail: bool) -> Outcome:
    """What came of one attempt."""
    return Outcome(
        attempt_id=outcome.attempt,
        state=outcome.state.value,
        started_at=outcome.started_at,
        finished_at=outcome.finished_at,
        seconds=outcome.seconds,
        statements=evidence.statements(outcome.statements, outcome.step.script),
        messages=evidence.messages(outcome.messages, keep_detail=keep_detail),
        problem=evidence.problem(outcome.problem, keep_detail=keep_detail),
        ledger_sequence=outcome.ledger_sequence,
        ledger_hash=outcome.ledger_hash,
    )


def check_row(run: Run, series: str, version: str, found: CheckOutcome) -> CheckRecord:
    """The verdict on one check, with the bounded sample of rows."""
    check = found.check
    return CheckRecord(
        run_id=run.pk,
        series=series,
        version=version,
        name=evidence.clean(check.name),
        path=evidence.clean(check.path),
        line=check.line,
        when=check.when.value,
        severity=check.severity.value,
        expectation=evidence.clean(check.expectation.text),
        result=found.result.value,
        observed=evidence.observation(found.observed),
        explanation=evidence.bounded(found.explanation),
        seconds=found.seconds,
    )


def check_rows(run: Run, outcome: StepOutcome) -> list[CheckRecord]:
    """The checks of one attempt."""
    migration = outcome.step.migration
    rows = [
        check_row(run, migration.series, migration.version.text, found) for found in outcome.checks
    ]
    for row in rows:
        row.attempt_id = outcome.attempt
    return rows


def record_row(run: Run, outcome: StepOutcome) -> MigrationRecord | None:
    """What the outcome makes of the migration on this target; ``None`` where the ledger did not
    move.
    """
    state = _state_after(outcome)
    if state is None:
        return None
    migration = outcome.step.migration
    in_place = state in IN_PLACE
    return MigrationRecord(
        target_id=run.target_id,
        series=migration.series,
        version=migration.version.text,
        name=migration.name,
        path=evidence.clean(migration.path),
        state=state,
        bytes_digest=migration.script.bytes_digest,
        meaning_digest=migration.script.meaning_digest,
        last_attempt_id=outcome.attempt,
        ledger_sequence=outcome.ledger_sequence,
        applied_at=outcome.finished_at if in_place else None,
        applied_by=run.actor if in_place else "",
    )


def intents_act(run: Run, target: str, step_runs: Sequence[StepRun]) -> Act:
    """One event for all intents of a plan: how many, the first and the last, and every file's
    digest.
    """
    steps = [step_run.step for step_run in step_runs]
    detail: dict[str, Json] = {
        "run": run.pk,
        "plan": run.plan_digest,
        "count": len(steps),
        "first": _label(steps[0]),
        "last": _label(steps[-1]),
        "steps": [
            [step.number, step.migration.version.text, step.migration.script.bytes_digest]
            for step in steps
        ],
    }
    return Act(Action.STEPS_PLANNED, run.actor, target, run.series, f"Run {run.pk}", detail)


def outcome_acts(run: Run, target: str, outcomes: Sequence[StepOutcome]) -> list[Act]:
    """One event per step that started, and one for all that did not."""
    started = [o for o in outcomes if o.state is not StepState.NOT_STARTED]
    acts = [_outcome_act(run, target, outcome) for outcome in started]
    waiting = [o.step for o in outcomes if o.state is StepState.NOT_STARTED]
    if waiting:
        detail: dict[str, Json] = {
            "run": run.pk,
            "count": len(waiting),
            "first": _label(waiting[0]),
            "last": _label(waiting[-1]),
        }
        subject = f"Run {run.pk}"
        acts.append(Act(Action.NOT_STARTED, run.actor, target, run.series, subject, detail))
    return acts


def _outcome_act(run: Run, target: str, outcome: StepOutcome) -> Act:
    migration = outcome.step.migration
    problem = outcome.problem
    server = problem.server if problem else None
    detail: dict[str, Json] = {
        "run": run.pk,
        "attempt": str(outcome.attempt),
        "step": outcome.step.number,
        "microseconds": round(outcome.seconds * 1_000_000),
        "bytes": migration.script.bytes_digest,
        "meaning": migration.script.meaning_digest,
        "checks": dict(Counter(check.result.value for check in outcome.checks)),
        "ledger_sequence": outcome.ledger_sequence,
        "ledger_hash": outcome.ledger_hash,
    }
    if problem:
        detail |= {"problem": problem.code, "sqlstate": server.sqlstate if server else ""}
    action = ENDINGS.get(outcome.state) or Action(outcome.step.event.value)
    return Act(action, run.actor, target, migration.series, _label(outcome.step), detail)


def _state_after(outcome: StepOutcome) -> RecordState | None:
    if outcome.state is StepState.DONE:
        return STATE_AFTER[outcome.step.event]
    return RecordState.PARTLY if outcome.state is StepState.PARTLY else None


def _label(step: Step) -> str:
    return step.migration.label
