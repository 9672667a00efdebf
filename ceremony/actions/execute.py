"""Execute: run a plan on a target that is ready, and record every intent before and every
outcome after.

The order is the promise: the gate lets the run through and spends its permit in the transaction
that opens it, intents of the whole plan are committed in control, then each step
commits in the target together with its ledger row, then outcomes follow in control in small
batches. Whatever a crash leaves between is settled from the ledger by the next command.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import uuid4

from django.db import DatabaseError, InterfaceError

from ceremony import __version__
from ceremony.actions.admit import Admission
from ceremony.actions.conclude import ended
from ceremony.actions.control import control_unreachable
from ceremony.actions.outcome_buffer import OutcomeBuffer
from ceremony.actions.ready import Ready, now, with_ledger
from ceremony.actions.record import RunFacts, audit_head, close_run, open_run, record_intents
from ceremony.actions.rehearsed import XRays
from ceremony.actions.snapshots import Occasion, store_snapshot
from ceremony.actions.watching import Watcher
from ceremony.core.drift import DriftReport, SnapshotTaken
from ceremony.core.finding import Finding
from ceremony.core.outcome import Problem, StepOutcome, StepRun, StepState
from ceremony.core.plan import Direction, Plan, plan_digest
from ceremony.core.report import RunReport, Verdict, verdict_on
from ceremony.core.script import Statement
from ceremony.errors import Interrupted
from ceremony.models import Run, RunKind
from ceremony.pg.executor import Executor
from ceremony.pg.lock_waits import LockWatch

_KINDS = {Direction.APPLY: RunKind.APPLY, Direction.ROLL_BACK: RunKind.ROLL_BACK}


class Recorder:
    """The executor's listener: outcomes go to the record in batches, with what was seen of waits
    for locks; everything goes to the watcher.
    """

    def __init__(self, buffer: OutcomeBuffer, watcher: Watcher, waits: LockWatch) -> None:
        self._buffer = buffer
        self._watcher = watcher
        self._waits = waits

    def step_started(self, run: StepRun) -> None:
        self._watcher.step_started(run)

    def statement_started(self, run: StepRun, statement: Statement) -> None:
        self._waits.statement_started(run.attempt, statement.number)
        self._watcher.statement_started(run, statement)

    def step_finished(self, outcome: StepOutcome) -> None:
        try:
            self._buffer.add(self._waits.told(outcome))
        finally:
            # Whoever watches hears of it even where a Ctrl-C stopped the writing of the record,
            # which is made up for at the end.
            self._watcher.step_finished(outcome)


@dataclass(frozen=True)
class Found:
    """What is known before a run: the commit of the files, drift, and the X-rays that the run is
    held to.
    """

    commit: str
    drift: DriftReport | None = None
    rehearsed: XRays | None = None


def execute(
    target: Ready, plan: Plan, admission: Admission, found: Found, watcher: Watcher
) -> RunReport:
    """Run the steps of ``plan`` (at least one, no refusals), then keep a snapshot of the catalog.

    The gate is here: ``admission`` judges the permit again and spends it in the transaction that
    opens the run, before anything is written to the target. A step that fails is not raised: the
    report's ``problem`` tells. Raises CeremonyError (control-unreachable) when the record cannot be
    written, Refused where the permit does not hold, and Interrupted (run-interrupted) after
    recording what a Ctrl-C left.
    """
    began = time.monotonic()
    drift = found.drift
    runs = [_held_to(StepRun(step, uuid4()), found.rehearsed) for step in plan.steps]
    try:
        run = _open(target, plan, found.commit, admission)
        record_intents(run, runs, planned_at=now())
        target = with_ledger(target)
        outcomes, interrupted = _run(target, run, runs, admission, plan, watcher)
        verdict, problem = verdict_of(outcomes)
        left = store_snapshot(target.access, target.target, Occasion(run, now()))
        close_run(
            run,
            verdict,
            finished_at=now(),
            problem=problem,
            findings=(
                *admission.findings,
                *_for_the_record(plan, drift, left),
                *warnings_of(outcomes),
            ),
            keep_error_detail=target.access.keep_detail,
            conclude=ended(verdict, problem.code if problem else ""),
        )
    except (DatabaseError, InterfaceError) as error:
        raise control_unreachable(error) from None
    if interrupted:
        raise _interrupted(run, outcomes, problem, target.caller.again)
    return RunReport(
        run=run.pk,
        target=target.access.facts,
        plan=plan,
        outcomes=outcomes,
        findings=(*admission.findings, *plan.findings, *warnings_of(outcomes)),
        settled=target.settled,
        seconds=time.monotonic() - began,
        verdict=verdict,
        problem=problem,
        drift=drift,
        snapshot=left,
        ceremony=admission.stored.ceremony_id,
        halted=problem is None and admission.is_under_halt(),
    )


def _held_to(run: StepRun, rehearsed: XRays | None) -> StepRun:
    """The run of a step, with what its rehearsal showed; a row alone needs none."""
    if rehearsed is None or run.step.script is None:
        return run
    return replace(run, rehearsed=rehearsed[str(run.step.migration.version)])


def _for_the_record(
    plan: Plan, drift: DriftReport | None, left: SnapshotTaken
) -> tuple[Finding, ...]:
    """What was noticed about the plan, about drift before the run, and about its snapshot."""
    found = drift.findings() if drift else ()
    return (*plan.findings, *found, *((left.missing,) if left.missing else ()))


def warnings_of(outcomes: tuple[StepOutcome, ...]) -> tuple[Finding, ...]:
    """What optional objects the contract misses after the last step that is in: what an earlier
    step was warned of, a later one may have provided.
    """
    done = [o for o in outcomes if o.state is StepState.DONE and o.step.script is not None]
    return done[-1].findings if done else ()


def verdict_of(outcomes: tuple[StepOutcome, ...]) -> tuple[Verdict, Problem | None]:
    """FAIL with the first problem, PARTIAL where a check does not count as passed, else PASS."""
    failed = next((o for o in outcomes if o.state is not StepState.DONE), None)
    if failed is not None:
        return Verdict.FAIL, failed.problem
    return verdict_on(check for outcome in outcomes for check in outcome.checks), None


def _open(target: Ready, plan: Plan, commit: str, admission: Admission) -> Run:
    return open_run(
        RunFacts(
            kind=_KINDS[plan.direction],
            target=target.target,
            series=plan.series,
            actor=target.caller.actor,
            tool_version=__version__,
            started_at=now(),
            command_line=target.caller.command,
            git_commit=commit,
            plan_digest=plan_digest(plan),
        ),
        admission,
    )


def _run(
    target: Ready,
    run: Run,
    runs: list[StepRun],
    admission: Admission,
    plan: Plan,
    watcher: Watcher,
) -> tuple[tuple[StepOutcome, ...], bool]:
    head = audit_head()
    context = target.context(lambda: (head.sequence, head.hash), admission.stored.fingerprint)
    context = replace(context, override=admission.why)
    access = target.access
    pid = access.session.identity.backend_pid
    watcher.planned(plan, pid)
    with (
        _spared_from_collection(),
        OutcomeBuffer(run, keep_error_detail=access.keep_detail) as buffer,
        LockWatch(access.target.parameters, pid) as waits,
    ):
        recorder = Recorder(buffer, watcher, waits)
        executor = Executor(access.session, access.ledger, context, recorder)
        outcomes = executor.run(runs)
    return outcomes, executor.interrupted


@contextmanager
def _spared_from_collection() -> Iterator[None]:
    """Everything that was read from the files stays until the run is over: the garbage collector
    need not go through it again and again, each time while the server waits.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _interrupted(
    run: Run, outcomes: tuple[StepOutcome, ...], problem: Problem | None, command: str
) -> Interrupted:
    """What is told after a Ctrl-C, when everything is cancelled, rolled back and recorded."""
    done = sum(outcome.state is StepState.DONE for outcome in outcomes)
    happened = (
        f"Stopped on request after {done} of {len(outcomes)} migrations; "
        f"run {run.pk} has the record."
    )
    if problem is not None:
        happened += f"\n{problem.happened}"
    return Interrupted(
        "run-interrupted",
        happened,
        state=problem.state if problem else "Every migration of the plan is in the database.",
        next_step=f"To go on: {command}",
    )
