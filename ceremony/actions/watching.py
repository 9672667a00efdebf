"""What a door may watch while an action works: a live line on a terminal, plain lines in a
pipe, nothing in a test.
"""

from typing import Protocol

from ceremony.core.outcome import StepOutcome, StepRun
from ceremony.core.plan import Plan
from ceremony.core.script import Statement


class Watcher(Protocol):
    """Called from the thread that does the work; must be quick and must not raise."""

    def planned(self, plan: Plan, backend_pid: int) -> None:
        """The plan stands and is about to run on the server process ``backend_pid``."""

    def rehearsing(self, plan: Plan, backend_pid: int) -> None:
        """The plan is about to be drilled on the server process ``backend_pid``."""

    def lock_waiting(self, holder: str, seconds: float) -> None:
        """Somebody else holds the target's lock; called about once a second."""

    def step_started(self, run: StepRun) -> None:
        """The step's first statement was sent."""

    def statement_started(self, run: StepRun, statement: Statement) -> None:
        """The server is about to work on this statement."""

    def step_finished(self, outcome: StepOutcome) -> None:
        """The step's outcome is known (after its COMMIT was answered)."""

    def note(self, text: str) -> None:
        """One sentence for the person at the terminal."""


class Unwatched:
    """A watcher that looks away."""

    def planned(self, plan: Plan, backend_pid: int) -> None:
        return

    def rehearsing(self, plan: Plan, backend_pid: int) -> None:
        return

    def lock_waiting(self, holder: str, seconds: float) -> None:
        return

    def step_started(self, run: StepRun) -> None:
        return

    def statement_started(self, run: StepRun, statement: Statement) -> None:
        return

    def step_finished(self, outcome: StepOutcome) -> None:
        return

    def note(self, text: str) -> None:
        return
