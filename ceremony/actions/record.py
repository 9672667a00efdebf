"""The record in control: runs, intents, outcomes, checks; each with its audit event, in one
transaction.

Every function that writes commits a transaction of its own and raises ``RuntimeError`` inside
another one: an intent must be durable before the target is touched. The head of the audit trail is
locked first, so that what a function finds already written stays so until it commits; repeating a
call after a crash writes nothing twice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from ceremony.actions import evidence
from ceremony.actions.actor import Actor
from ceremony.actions.migration_records import store_records
from ceremony.actions.outcome_rows import (
    attempt_row,
    check_row,
    check_rows,
    intents_act,
    outcome_acts,
    outcome_row,
    record_row,
)
from ceremony.core.chain import Json
from ceremony.core.finding import Finding
from ceremony.core.outcome import CheckOutcome, Problem, StepOutcome, StepRun, StepState
from ceremony.core.report import Verdict
from ceremony.models import (
    Attempt,
    AuditHead,
    CheckRecord,
    MigrationRecord,
    Outcome,
    Run,
    RunKind,
    RunOutcome,
    Target,
)
from ceremony.models.attempt import FINAL
from ceremony.models.audit import Act, Action
from ceremony.models.bulk import copy_in

Within = Callable[[AuditHead, Run], object]
"""What is written in the transaction that opens or closes a run: the head is locked, the run is
there. What it raises undoes the transaction.
"""


@dataclass(frozen=True)
class RunFacts:
    """What is known when a run begins. ``command_line`` must hold no secret; ``started_at`` is
    UTC.
    """

    kind: RunKind
    target: Target
    series: str
    actor: Actor
    tool_version: str
    started_at: datetime
    command_line: str = ""
    git_commit: str = ""
    plan_digest: str = ""


def open_run(facts: RunFacts, admit: Within | None = None) -> Run:
    """Record that a run begins; the event ``run opened``.

    ``admit`` lets it through, in the same transaction: what that refuses was never opened.
    """
    with recording() as head:
        run = Run.objects.create(
            kind=facts.kind,
            target=facts.target,
            series=facts.series,
            command_line=evidence.clean(facts.command_line),
            actor=evidence.clean(facts.actor.name),
            host=evidence.clean(facts.actor.host),
            pid=facts.actor.pid,
            git_commit=facts.git_commit,
            tool_version=facts.tool_version,
            plan_digest=facts.plan_digest,
            started_at=facts.started_at,
        )
        detail: dict[str, Json] = {
            "run": run.pk,
            "kind": str(run.kind),
            "command_line": run.command_line,
            "host": run.host,
            "pid": run.pid,
            "git_commit": run.git_commit,
            "tool_version": run.tool_version,
            "plan": run.plan_digest,
        }
        head.append([_act(run, Action.RUN_OPENED, detail)])
        if admit is not None:
            admit(head, run)
    return run


def record_intents(run: Run, step_runs: Sequence[StepRun], *, planned_at: datetime) -> None:
    """Record every step of a plan before the first is sent; one event, ``steps planned``.

    Intents that are recorded already are left as they are.
    """
    with recording() as head:
        ids = [step_run.attempt for step_run in step_runs]
        known = set(Attempt.objects.filter(pk__in=ids).values_list("pk", flat=True))
        new = [step_run for step_run in step_runs if step_run.attempt not in known]
        if new:
            copy_in(attempt_row(run, one, planned_at) for one in new)
            head.append([intents_act(run, run.target.alias, new)])


@dataclass(frozen=True)
class PreparedOutcome:
    """An outcome with its rows, made while the target is at work on the next step."""

    outcome: StepOutcome
    row: Outcome
    checks: Sequence[CheckRecord]
    record: MigrationRecord | None


def prepare_outcome(run: Run, outcome: StepOutcome, *, keep_error_detail: bool) -> PreparedOutcome:
    """The rows of one outcome; nothing is written.

    ``keep_error_detail``: whether DETAIL and CONTEXT of the server, which may quote row data, are
    kept.
    """
    return PreparedOutcome(
        outcome,
        outcome_row(outcome, keep_detail=keep_error_detail),
        check_rows(run, outcome),
        record_row(run, outcome),
    )


def record_outcomes(run: Run, outcomes: Sequence[StepOutcome], *, keep_error_detail: bool) -> None:
    """As ``record_prepared``, for outcomes that are not prepared yet."""
    record_prepared(
        run, [prepare_outcome(run, one, keep_error_detail=keep_error_detail) for one in outcomes]
    )


def record_prepared(run: Run, prepared: Sequence[PreparedOutcome]) -> None:
    """Record what came of attempts: outcomes, checks, migration records, one event per step.

    An attempt takes one final outcome, and before it at most one ``unknown``; what is recorded
    already is skipped.
    """
    with recording() as head:
        known = _known_outcomes(one.outcome.attempt for one in prepared)
        new = [
            one
            for one in prepared
            if (one.outcome.attempt, one.outcome.state is StepState.UNKNOWN) not in known
        ]
        outcomes = [one.outcome for one in new]
        copy_in(one.row for one in new)
        copy_in(check for one in new for check in one.checks)
        store_records(one.record for one in new if one.record is not None)
        _ledger_moved(run, outcomes)
        head.append(outcome_acts(run, run.target.alias, outcomes))


def record_checks(run: Run, found: Mapping[str, Sequence[CheckOutcome]]) -> None:
    """Record checks that ran outside a migration, by version; one event, ``checks recorded``.

    Versions that this run has recorded already are left as they are.
    """
    with recording() as head:
        known = set(run.check_records.values_list("version", flat=True))
        rows = [
            check_row(run, run.series, version, outcome)
            for version, outcomes in found.items()
            if version not in known
            for outcome in outcomes
        ]
        if rows:
            copy_in(rows)
            results = [row.result for row in rows]
            counts = {result: results.count(result) for result in sorted(set(results))}
            head.append([_act(run, Action.CHECKS_RECORDED, {"run": run.pk, "results": counts})])


def close_run(
    run: Run,
    verdict: Verdict,
    *,
    finished_at: datetime,
    problem: Problem | None = None,
    findings: Sequence[Finding] = (),
    settled_by: Run | None = None,
    keep_error_detail: bool = False,
    conclude: Within | None = None,
) -> None:
    """Record how a run ended; the event ``run closed``. A run that is closed stays as it is.

    ``conclude`` says what that means for its ceremony, in the same transaction.
    """
    with recording() as head:
        if RunOutcome.objects.filter(run=run).exists():
            return
        seconds = (finished_at - run.started_at).total_seconds()
        RunOutcome.objects.create(
            run=run,
            verdict=verdict.value,
            finished_at=finished_at,
            seconds=seconds,
            problem=evidence.problem(problem, keep_detail=keep_error_detail),
            findings=evidence.findings(findings),
            settled_by=settled_by,
        )
        detail: dict[str, Json] = {
            "run": run.pk,
            "verdict": verdict.value,
            "microseconds": round(seconds * 1_000_000),
            "problem": problem.code if problem else "",
            "settled_by": settled_by.pk if settled_by else None,
        }
        head.append([_act(run, Action.RUN_CLOSED, detail)])
        if conclude is not None:
            conclude(head, run)


def open_attempts(target: Target) -> list[Attempt]:
    """Attempts on ``target`` that have no final outcome, oldest first, with their runs.

    Only with the target's lock in hand does this mean that nobody works at them any more.
    """
    final = Outcome.objects.filter(FINAL, attempt=OuterRef("pk"))
    return list(
        Attempt.objects.filter(~Exists(final), run__target=target)
        .select_related("run")
        .order_by("run_id", "number")
    )


def open_runs(target: Target) -> list[Run]:
    """Runs on ``target`` that were never closed, oldest first; the caller's own is among them.

    Those that hold the lock while they work: a verification or a watch takes none, and may be about
    to close itself.
    """
    left = target.runs.filter(outcome=None).exclude(kind__in=[RunKind.VERIFY, RunKind.WATCH])
    return list(left.order_by("pk"))


def audit_head() -> AuditHead:
    """The newest event's ``sequence`` and ``hash``, for a ledger row to carry."""
    return AuditHead.current()


def control_identity() -> UUID:
    """Who this control database is: random, made once, carried by every ledger's ``opened`` row."""
    return AuditHead.current().control


@contextmanager
def recording() -> Iterator[AuditHead]:
    """A transaction of its own with the head of the trail locked. RuntimeError inside another
    one.
    """
    with transaction.atomic(durable=True):
        yield AuditHead.lock()


def _known_outcomes(attempts: Iterator[UUID]) -> set[tuple[UUID, bool]]:
    """Attempts with an outcome, each with whether that one is ``unknown``."""
    rows = Outcome.objects.filter(attempt__in=list(attempts)).values_list("attempt_id", "state")
    known = {(attempt, state == StepState.UNKNOWN.value) for attempt, state in rows}
    # What is settled cannot become unknown again.
    return known | {(attempt, True) for attempt, _ in known}


def _ledger_moved(run: Run, outcomes: Sequence[StepOutcome]) -> None:
    newest = max(outcomes, key=lambda outcome: outcome.ledger_sequence, default=None)
    if newest and newest.ledger_sequence:
        Target.objects.filter(pk=run.target_id, ledger_sequence__lt=newest.ledger_sequence).update(
            ledger_sequence=newest.ledger_sequence, ledger_hash=newest.ledger_hash
        )


def _act(run: Run, action: Action, detail: Mapping[str, Json]) -> Act:
    return Act(action, run.actor, run.target.alias, run.series, f"Run {run.pk}", detail)
