"""Plain lines for a pipe or a log: one per migration, and a sign of life in long statements."""

import time
from types import TracebackType
from typing import Self

from ceremony.core.outcome import StepOutcome, StepRun, StepState
from ceremony.core.plan import Direction, Plan
from ceremony.core.script import Statement
from ceremony.management.page import Page
from ceremony.management.progress import Look
from ceremony.management.streams import Printer
from ceremony.management.units import counted, duration
from ceremony.management.watchers.beat import Beat
from ceremony.management.watchers.finished import add_finished
from ceremony.management.watchers.work import Work

#: Seconds between two signs of life of one statement, and between two lines about the lock.
SIGN_OF_LIFE = 60.0


class PlainWatcher:
    """Writes whole lines only, so that a log stays readable and ``grep`` works."""

    def __init__(self, printer: Printer, look: Look, verbosity: int) -> None:
        self._printer = printer
        self._look = look
        self._all = verbosity > 1
        self._work = Work()
        self._next_sign = SIGN_OF_LIFE
        self._next_wait = 0.0
        self._beat = Beat(1.0, self._tick)

    def __enter__(self) -> Self:
        self._beat.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._beat.__exit__(kind, error, trace)
        self._look.close()

    def planned(self, plan: Plan, backend_pid: int) -> None:
        self._work.plan(plan, backend_pid)
        if plan.steps:
            verb = "Applying" if plan.direction is Direction.APPLY else "Rolling back"
            steps = counted(len(plan.steps), "migration")
            self.note(f"{verb} {steps} of {plan.series}; server process {backend_pid}.")

    def rehearsing(self, plan: Plan, backend_pid: int) -> None:
        self._work.plan(plan, backend_pid)
        steps = counted(len(plan.steps), "migration")
        self.note(f"Rehearsing {steps} of {plan.series}; server process {backend_pid}.")

    def lock_waiting(self, holder: str, seconds: float) -> None:
        if seconds >= self._next_wait:
            self._next_wait = seconds + SIGN_OF_LIFE
            waited = f" for {duration(seconds)}" if seconds >= SIGN_OF_LIFE else ""
            self.note(f"Waiting for the lock{waited}; it is held by {holder}.")

    def step_started(self, run: StepRun) -> None:
        self._work.step(run, time.monotonic())
        self._next_sign = SIGN_OF_LIFE

    def statement_started(self, run: StepRun, statement: Statement) -> None:
        self._work.at(statement, time.monotonic())
        self._next_sign = SIGN_OF_LIFE

    def step_finished(self, outcome: StepOutcome) -> None:
        self._work.finished()
        if outcome.state is StepState.NOT_STARTED:
            # One failure may leave a thousand of them; the page at the end names them.
            return
        page = Page()
        add_finished(page, outcome, self._work.total, everything=self._all)
        self._printer.page(page)

    def note(self, text: str) -> None:
        page = Page()
        page.line(text)
        self._printer.page(page)

    def _tick(self) -> None:
        """Once a minute say that a statement still runs, with the server's own progress."""
        work, now = self._work, time.monotonic()
        if not work.label or now - work.since < self._next_sign:
            return
        self._next_sign += SIGN_OF_LIFE
        work.progress = self._look(work.pid)
        self.note(f"still at {work.line(now)}")
