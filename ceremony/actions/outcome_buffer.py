"""A buffer between the executor and the record: outcomes are committed in small batches.

The ledger in the target is the truth about what is applied, so a crash that loses a batch loses no
fact: the next command settles the open attempts from the ledger.
"""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ceremony.actions.record import PreparedOutcome, prepare_outcome, record_prepared
from ceremony.core.outcome import StepOutcome, StepState
from ceremony.models import Run

FLUSH_OUTCOMES = 500
FLUSH_SECONDS = 1.0


class OutcomeBuffer:
    """Records outcomes every 500 of them or every second, at once when a step did not succeed, and
    at the end.

    Used as a context manager, it is flushed on the way out, after an exception too. A flush that
    fails or is interrupted keeps its outcomes: flushing again writes them once.
    """

    def __init__(
        self,
        run: Run,
        *,
        keep_error_detail: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run = run
        self._keep_error_detail = keep_error_detail
        self._clock = clock
        self._waiting: list[StepOutcome] = []
        self._prepared: dict[int, PreparedOutcome] = {}
        self._flushed_at = clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.flush()

    def add(self, outcome: StepOutcome) -> None:
        """Take an outcome; record the batch when it is due."""
        self._waiting.append(outcome)
        self._prepare(outcome)
        if (
            outcome.state not in {StepState.DONE, StepState.NOT_STARTED}
            or len(self._waiting) >= FLUSH_OUTCOMES
            or self._clock() - self._flushed_at >= FLUSH_SECONDS
        ):
            self.flush()

    def flush(self) -> None:
        """Record what waits."""
        if self._waiting:
            record_prepared(self._run, [self._prepare(outcome) for outcome in self._waiting])
            self._waiting.clear()
            self._prepared.clear()
        self._flushed_at = self._clock()

    def _prepare(self, outcome: StepOutcome) -> PreparedOutcome:
        """Its rows, made once. An interrupt may come at any point: what waits stays whole."""
        known = self._prepared.get(id(outcome))
        if known is None or known.outcome is not outcome:
            known = prepare_outcome(self._run, outcome, keep_error_detail=self._keep_error_detail)
            self._prepared[id(outcome)] = known
        return known
