"""The facts of a run that every ledger row carries, and who listens to the run."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ceremony.core.outcome import StepOutcome, StepRun
from ceremony.core.script import Statement


@dataclass(frozen=True)
class RunContext:
    """``audit_head`` gives number and hash of the control side's newest audit event.

    ``clock`` the time in UTC.

    ``recorded_by`` is the person or account. ``command`` is what to type to try again, for
    messages, ``target`` the alias to type in them. ``override`` is why nobody approved the run,
    ``""`` for one that was let through. Neither function may talk to the target.

    """

    audit_head: Callable[[], tuple[int, str]]
    clock: Callable[[], datetime]
    recorded_by: str
    tool_version: str
    manifest_digest: str = ""
    command: str = "run the same command again"
    target: str = ""
    override: str = ""


class Listener(Protocol):
    """Hears what the executor does, from the thread that does it.

    Quick, because the target is waiting or at work.
    """

    def step_started(self, run: StepRun) -> None:
        """The step's transaction is open and its ledger row is inserted."""

    def statement_started(self, run: StepRun, statement: Statement) -> None:
        """The server begins with this statement."""

    def step_finished(self, outcome: StepOutcome) -> None:
        """The outcome is known; DONE only after the COMMIT was answered. Called once for every
        step of the run, also for those that were never started.
        """


class Deaf:
    """A listener that does nothing."""

    def step_started(self, run: StepRun) -> None:
        return

    def statement_started(self, run: StepRun, statement: Statement) -> None:
        return

    def step_finished(self, outcome: StepOutcome) -> None:
        return
