"""Unknown outcome: the link broke while COMMIT was under way; ask the ledger instead of guessing."""

from dataclasses import replace

from ceremony.actions.ready import Caller, ready
from ceremony.actions.watching import Watcher
from ceremony.conf import Settings, TargetSettings
from ceremony.core.outcome import StepState
from ceremony.core.report import RunReport
from ceremony.errors import CeremonyError

#: How long the server may take to end the old session, which holds the lock until then, in seconds.
_PATIENCE = 30.0


def settle_unknown(
    report: RunReport, target: TargetSettings, settings: Settings, caller: Caller, watcher: Watcher
) -> RunReport:
    """The report, with what the ledger says about a step whose COMMIT was not answered.

    Reaches the target again once. Where that fails, the report stays as it is: its problem says what to type.
    """
    if not any(outcome.state is StepState.UNKNOWN for outcome in report.outcomes):
        return report
    watcher.note("The connection broke during COMMIT. Asking the ledger what became of it …")
    try:
        with ready(target, settings, replace(caller, wait_seconds=_PATIENCE), watcher) as here:
            return replace(report, settled=(*report.settled, *here.settled))
    except CeremonyError as error:
        watcher.note(f"The ledger could not be asked: {error.happened}")
        return report
