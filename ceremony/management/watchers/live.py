"""The live line: one line at the bottom of a terminal that says what runs now."""

import time
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.text import Text

from ceremony.core.outcome import StepOutcome, StepRun, StepState
from ceremony.core.plan import Plan
from ceremony.core.script import Statement
from ceremony.management.page import Page
from ceremony.management.pages.verdict import step_verdict
from ceremony.management.progress import Look
from ceremony.management.streams import Printer
from ceremony.management.units import duration
from ceremony.management.watchers.beat import Beat
from ceremony.management.watchers.finished import add_finished
from ceremony.management.watchers.work import PATIENCE, Work

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PER_SECOND = 8


class LiveWatcher:
    """Draws from a thread of its own, so that a thousand small migrations are not slowed down by
    drawing.

    Above the line stand only the migrations that have something to say (messages, a verdict that is
    no pass, or a long time); the table at the end has all of them.
    """

    def __init__(self, printer: Printer, look: Look, verbosity: int) -> None:
        self._printer = printer
        self._look = look
        self._all = verbosity > 1
        self._work = Work()
        self._live = Live(
            console=printer.console,
            get_renderable=self._line,
            refresh_per_second=_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._beat = Beat(1.0, self._tick)

    def __enter__(self) -> Self:
        self._live.__enter__()
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
        self._live.__exit__(kind, error, trace)

    def planned(self, plan: Plan, backend_pid: int) -> None:
        self._work.plan(plan, backend_pid)

    def rehearsing(self, plan: Plan, backend_pid: int) -> None:
        self._work.plan(plan, backend_pid)

    def lock_waiting(self, holder: str, seconds: float) -> None:
        self._work.waiting = f"waiting for the lock · {duration(seconds)} · {holder}"

    def step_started(self, run: StepRun) -> None:
        self._work.step(run, time.monotonic())

    def statement_started(self, run: StepRun, statement: Statement) -> None:
        self._work.at(statement, time.monotonic())

    def step_finished(self, outcome: StepOutcome) -> None:
        self._work.finished()
        if outcome.state is StepState.NOT_STARTED:
            return
        everyday = step_verdict(outcome) in {"PASS", "RECORDED"} and not outcome.messages
        if everyday and outcome.seconds < PATIENCE and not self._all:
            return
        page = Page()
        add_finished(page, outcome, self._work.total, everything=self._all)
        self._printer.page(page)

    def note(self, text: str) -> None:
        page = Page()
        page.line(text)
        self._printer.page(page)

    def _line(self) -> Text:
        now = time.monotonic()
        frame = _FRAMES[int(now * _PER_SECOND) % len(_FRAMES)]
        line = self._work.line(now, self._printer.console.width - 2)
        return Text(f"{frame} {line}", style="cyan", no_wrap=True, overflow="ellipsis")

    def _tick(self) -> None:
        """Ask the server for progress once a statement has run for a while."""
        work = self._work
        if work.statement and time.monotonic() - work.since > PATIENCE:
            work.progress = self._look(work.pid)
