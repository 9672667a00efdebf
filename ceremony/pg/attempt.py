"""One try at one step: the answers as they come in, and the outcome they add up to."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from ceremony.core.check import Check
from ceremony.core.ledger_row import LedgerRow
from ceremony.core.outcome import (
    CheckOutcome,
    Message,
    Problem,
    StatementResult,
    StatementState,
    StepOutcome,
    StepRun,
    StepState,
)
from ceremony.core.xray import XRay
from ceremony.pg.blocks import CHECK_PARTS, Part
from ceremony.pg.check_runs import outcome
from ceremony.pg.contract import contract_findings
from ceremony.pg.wire import Answer, AnswerState
from ceremony.pg.xray import xrays_of

_KEPT_MESSAGES = 500
_STATES = {
    AnswerState.OK: StatementState.DONE,
    AnswerState.ERROR: StatementState.FAILED,
    AnswerState.SKIPPED: StatementState.NOT_RUN,
    AnswerState.LOST: StatementState.NOT_RUN,
}


@dataclass
class Attempt:
    """``row`` is the ledger row that says the step is done.

    ``committing`` is true from the moment the COMMIT may have reached the server until its answer
    is judged.
    """

    run: StepRun
    row: LedgerRow
    started_at: datetime
    answers: list[Answer] = field(default_factory=list)
    committing: bool = False
    judged_checks: tuple[CheckOutcome, ...] = ()

    @property
    def xid(self) -> str | None:
        """The number of the transaction that the ledger row was inserted in."""
        row = self.rows_of(Part.LEDGER)
        return row[0] if row else None

    @property
    def label(self) -> str:
        """``calendar/20260117000000_sync``, for messages."""
        migration = self.run.step.migration
        return f"{migration.series}/{migration.label}"

    @property
    def path(self) -> str:
        """The file that runs, relative to the folder of series."""
        step = self.run.step
        return step.script.path if step.script else step.migration.path

    def first(self, *states: AnswerState) -> Answer | None:
        """The first answer in one of these states; the answers of checks do not count."""
        for answer in self.answers:
            if answer.state in states and answer.item.what.part not in CHECK_PARTS:
                return answer
        return None

    def rows_of(self, part: Part) -> tuple[str | None, ...] | None:
        """The row that one of our own questions was answered with."""
        for answer in self.answers:
            if answer.item.what.part is part and answer.rows:
                return answer.rows[0]
        return None

    def seconds_until(self, answer: Answer) -> float:
        """How long the server took for it; the answers of one check come together, at its end, and
        so do those of everything else that no Flush or Sync stands behind.
        """
        check = answer.item.what.check
        if check >= 0:
            return sum(one.seconds for one in self.answers if one.item.what.check == check)
        seconds = 0.0
        for one in self.answers:
            seconds += one.seconds
            if one is answer:
                break
            if one.item.flush or one.item.is_sync:
                seconds = 0.0
        return seconds

    def checks(self) -> tuple[Check, ...]:
        return (*self.run.step.checks_before, *self.run.step.checks_after)

    def judge_checks(self) -> tuple[CheckOutcome, ...]:
        """The verdict on every check of the step, in the order they run."""
        by_check: dict[int, list[Answer]] = {}
        for answer in self.answers:
            if answer.item.what.check >= 0:
                by_check.setdefault(answer.item.what.check, []).append(answer)
        self.judged_checks = tuple(
            outcome(check, by_check.get(index, ())) for index, check in enumerate(self.checks())
        )
        return self.judged_checks

    def outcome(
        self, state: StepState, now: datetime, problem: Problem | None = None
    ) -> StepOutcome:
        """The attempt as the record keeps it."""
        done = state is StepState.DONE
        return StepOutcome(
            attempt=self.run.attempt,
            step=self.run.step,
            state=state,
            started_at=self.started_at,
            finished_at=now,
            statements=self.statements(),
            checks=self.judged_checks or self.judge_checks(),
            messages=tuple(self._messages()),
            problem=problem,
            ledger_sequence=self.row.sequence if done else 0,
            ledger_hash=self.row.hash if done else "",
            findings=contract_findings(self.run.step, self.answers),
            xrays=self.xrays(),
        )

    def xrays(self) -> tuple[XRay, ...]:
        """What the statements did, where they were looked at."""
        if not self.run.looked_at:
            return ()
        return xrays_of(self.answers, {one.number: one for one in self.statements()})

    def statements(self) -> tuple[StatementResult, ...]:
        """What became of each statement of the file."""
        script = self.run.step.script
        if script is None:
            return ()
        results = {}
        lost = False
        for answer in self.answers:
            what = answer.item.what
            if what.part is Part.STATEMENT:
                assert what.statement is not None
                in_flight = answer.state is AnswerState.LOST and not lost
                results[what.statement.number] = _result(what.statement.number, answer, in_flight)
            lost = lost or answer.state is AnswerState.LOST
        return tuple(
            results.get(s.number)
            or StatementResult(
                s.number, StatementState.NOT_SENT if s.not_sent else StatementState.NOT_RUN
            )
            for s in script.statements
        )

    def _messages(self) -> Iterator[Message]:
        kept = 0
        for answer in self.answers:
            what = answer.item.what
            if not answer.messages or what.part is Part.RESET:
                continue
            number = what.statement.number if what.part is Part.STATEMENT and what.statement else 0
            for message in answer.messages[: _KEPT_MESSAGES - kept]:
                kept += 1
                yield replace(message, statement=number) if number else message


def _result(number: int, answer: Answer, in_flight: bool) -> StatementResult:
    state = StatementState.UNKNOWN if in_flight else _STATES[answer.state]
    last = answer.tag.rpartition(" ")[2]
    rows = int(last) if last.isdigit() else None
    return StatementResult(number, state, answer.seconds, answer.tag, rows)


def never_started(run: StepRun, now: datetime, problem: Problem | None = None) -> StepOutcome:
    """The outcome of a step that an earlier one kept from starting."""
    return StepOutcome(run.attempt, run.step, StepState.NOT_STARTED, now, now, problem=problem)
