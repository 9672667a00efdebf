"""Unknown outcome: the link broke while COMMIT was under way; ask the ledger, do not guess."""

from dataclasses import replace

from ceremony.actions.ready import Caller, now, ready
from ceremony.actions.settlement import OUTCOME_STATE
from ceremony.actions.snapshots import Occasion, store_snapshot
from ceremony.actions.watching import Watcher
from ceremony.conf import Settings, TargetSettings
from ceremony.core.outcome import Problem, StepOutcome, StepState
from ceremony.core.report import RunReport, Settled
from ceremony.errors import CeremonyError
from ceremony.models import Run

#: How long the server may take to end the old session, which holds the lock until then, in seconds.
_PATIENCE = 30.0


def settle_unknown(
    report: RunReport, target: TargetSettings, settings: Settings, caller: Caller, watcher: Watcher
) -> RunReport:
    """The report, with what the ledger says about a step whose COMMIT was not answered, and with
    the snapshot that the broken connection could not take.

    Reaches the target again once. Where that fails, the report stays as it is: its problem says
    what to type.
    """
    if not any(outcome.state is StepState.UNKNOWN for outcome in report.outcomes):
        return report
    watcher.note("The connection broke during COMMIT. Asking the ledger what became of it …")
    try:
        with ready(target, settings, replace(caller, wait_seconds=_PATIENCE), watcher) as here:
            told = _told(report, here.settled, caller.again)
            occasion = Occasion(Run.objects.get(pk=report.run), now())
            return replace(told, snapshot=store_snapshot(here.access, here.target, occasion))
    except CeremonyError as error:
        watcher.note(f"The ledger could not be asked: {error.happened}")
        return report


def _told(report: RunReport, settled: tuple[Settled, ...], command: str) -> RunReport:
    """The report of the same run, now that the ledger has been asked."""
    found = {one.attempt: one for one in settled}
    problem = report.problem
    outcomes = []
    for outcome in report.outcomes:
        one = found.get(outcome.attempt) if outcome.state is StepState.UNKNOWN else None
        outcomes.append(replace(outcome, state=OUTCOME_STATE[one.settled_as]) if one else outcome)
        problem = _settled(problem, outcome, one, command) if one and problem else problem
    return replace(
        report, outcomes=tuple(outcomes), settled=(*report.settled, *settled), problem=problem
    )


def _settled(problem: Problem, outcome: StepOutcome, one: Settled, command: str) -> Problem:
    """What happened stays true; the state is known now."""
    label = f"{one.series}/{outcome.step.migration.label}"
    state = f"The ledger was asked about {label}. {one.explanation}"
    return replace(problem, state=state, next_step=f"To go on: {command}")
