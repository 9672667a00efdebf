"""A step outside a transaction: statement by statement, each with its own words in the ledger.

A statement that *can* run in a transaction does, together with its ``statement`` row: it is in if
and only if its row is. For one that cannot (CREATE INDEX CONCURRENTLY, VACUUM …) a row with the
intent is committed before it and a row ``done`` after it; what lies between the two is settled by
a probe of the catalog, or by a person.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from ceremony.core.history import History, Intent, Partly, taken_up
from ceremony.core.ledger_row import Event, LedgerRow
from ceremony.core.outcome import (
    CheckOutcome,
    Problem,
    StatementResult,
    StatementState,
    StepOutcome,
    StepRun,
    StepState,
)
from ceremony.core.plan import Direction
from ceremony.core.script import Probe, Statement
from ceremony.core.xray import XRay
from ceremony.errors import CeremonyError
from ceremony.pg.attempt import Attempt
from ceremony.pg.blocks import RESET, SYNC, Part, What, file_statement
from ceremony.pg.check_runs import not_run
from ceremony.pg.context import Listener, RunContext
from ceremony.pg.contract import contract_items, contract_problem
from ceremony.pg.halt import say
from ceremony.pg.judgement import (
    cancelled,
    checks_problem,
    problem_of_answers,
)
from ceremony.pg.ledger import Ledger, RowUnknown
from ceremony.pg.lock import is_held
from ceremony.pg.partial import file_stays, index_invalid, lock_gone, undecided
from ceremony.pg.probes import Found, probe, probe_definition
from ceremony.pg.session import Session
from ceremony.pg.step_rows import step_facts
from ceremony.pg.surroundings import limits_of, surroundings
from ceremony.pg.verify import run_checks
from ceremony.pg.wire import Answer, Item
from ceremony.pg.with_row import run_with_row
from ceremony.pg.xray import alone, storage

_SESSION_LIMITS = (
    b"SELECT pg_catalog.set_config('lock_timeout', $1, false), "
    b"pg_catalog.set_config('statement_timeout', $2, false)"
)
_CHECK_CONNECTION = b"SELECT pg_catalog.set_config('client_connection_check_interval', $1, false)"
_RESET_LIMITS = (
    Item(What(Part.RESET), b"RESET lock_timeout"),
    Item(What(Part.RESET), b"RESET statement_timeout"),
    SYNC,
)


class _StopError(Exception):
    """The step ends here."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class OutsideStep:
    """One step outside a transaction.

    ``outcome`` is what came of it, ``None`` before its end.
    """

    def __init__(
        self,
        run: StepRun,
        session: Session,
        ledger: Ledger,
        context: RunContext,
        listener: Listener,
    ) -> None:
        self._run, self._session, self._ledger = run, session, ledger
        self._context, self._listener = context, listener
        self._wire = session.wire
        self._limits = limits_of(run.step, session)
        self._around = surroundings(session, context, self._limits)
        self._attempt = Attempt(
            run, ledger.next_row(step_facts(run.step, run.attempt), context), context.clock()
        )
        self._without_checks = replace(
            run, step=replace(run.step, checks_before=(), checks_after=())
        )
        self._done: frozenset[int] = frozenset()
        self._intents: Mapping[int, Intent] = {}
        self._results: dict[int, StatementResult] = {}
        self._checks: list[CheckOutcome] = []
        self._row_unknown = False
        self._alone_xrays: list[XRay] = []
        self.outcome: StepOutcome | None = None

    def run(self) -> StepOutcome:
        """Run it, or take it up again where the ledger says it stopped.

        DONE, FAILED (nothing is in), PARTLY, or UNKNOWN where the link broke while the ledger was
        written. Raises nothing for what the server, the link or a Ctrl-C does.
        """
        problem: Problem | None = None
        row: LedgerRow | None = None
        try:
            row = self._go()
        except _StopError as stop:
            problem = stop.problem
        except RowUnknown as error:
            self._row_unknown = True
            problem = Problem(error.code, error.happened, "", error.next_step)
        except CeremonyError as error:
            problem = Problem(error.code, error.happened, "", error.next_step)
        except KeyboardInterrupt:
            self._wire.interrupted = True
            problem = cancelled(self._attempt, self._context.command)
        while self.outcome is None:
            try:
                row = row or self._last_word()
                self.outcome = self._outcome(row, None if row else problem)
            except KeyboardInterrupt:
                # What came of the step stands; only the telling of it begins anew.
                self._wire.interrupted = True
        return self.outcome

    def _last_word(self) -> LedgerRow | None:
        """The row that says the step is done, where a Ctrl-C hit between its COMMIT and us."""
        if self._wire.lost or not self._wire.interrupted:
            return None
        with contextlib.suppress(CeremonyError):
            for row in self._ledger.rows()[-1:]:
                if (row.attempt, row.event) == (self._run.attempt, self._run.step.event):
                    return row
        return None

    def _go(self) -> LedgerRow:
        """Everything in order. The row that says the step is done."""
        step = self._run.step
        self._take_up()
        self._send([*RESET, SYNC])
        self._check(before=True)
        self._record(Event.STARTED, direction=step.direction.value)
        self._listener.step_started(self._run)
        for statement in step.script.sent if step.script else ():
            self._statement(statement)
        self._send([*RESET, SYNC])
        self._record(Event.FINISHED)
        self._check(before=False)
        self._keep_contract()
        return self._record(step.event)

    def _take_up(self) -> None:
        """What earlier attempts left in the ledger: statements that are in, and intents."""
        step = self._run.step
        history = History(self._ledger.rows_before(self._attempt.row))
        partly: Partly | None = None
        if step.script is not None:
            partly = taken_up(
                history.partly(step.migration.series).get(step.migration.version.text),
                step.script,
                rolling_back=step.direction is Direction.ROLL_BACK,
            )
        if partly is not None:
            self._done, self._intents = partly.done, partly.intents

    def _statement(self, statement: Statement) -> None:
        number = statement.number
        if number in self._done or self._is_in_after_all(statement):
            self._results[number] = StatementResult(number, StatementState.ALREADY_IN)
            return
        self._stop_if_interrupted()
        self._require_lock(statement)
        self._listener.statement_started(self._run, statement)
        if statement.in_transaction:
            self._together_with_row(statement)
        else:
            self._alone(statement)
        self._stop_if_interrupted()

    def _stop_if_interrupted(self) -> None:
        if self._wire.interrupted:
            raise KeyboardInterrupt

    def _is_in_after_all(self, statement: Statement) -> bool:
        """An earlier attempt meant to run it, and nobody wrote what came of it: look."""
        intent = self._intents.get(statement.number)
        if intent is None:
            return False
        finding = probe_definition(self._session, statement.probe)
        # What has no probe is one command, which took no effect when the server refused it.
        if finding.found is Found.ABSENT or (finding.found is Found.UNKNOWN and intent.refused):
            return False
        if finding.found is not Found.IN or intent.existed:
            raise _StopError(undecided(self._attempt, statement, finding, self._context.command))
        self._record(Event.STATEMENT, statement.number, state="done", found=True)
        return True

    def _together_with_row(self, statement: Statement) -> None:
        number = statement.number
        facts = step_facts(
            self._run.step, self._run.attempt, Event.STATEMENT, statement=number, state="done"
        )
        row = self._ledger.next_row(facts, self._context)
        part = Attempt(self._without_checks, row, self._context.clock())
        state, problem = run_with_row(
            statement, part, self._session, self._ledger, self._limits, self._around
        )
        self._note(statement, part.answers)
        if problem is None:
            return
        if self._results[number].state is StatementState.DONE:
            # It ran, but its transaction was not committed, or nobody knows.
            unsure = state is StepState.UNKNOWN
            came = StatementState.UNKNOWN if unsure else StatementState.FAILED
            self._results[number] = StatementResult(number, came)
        raise _StopError(problem)

    def _alone(self, statement: Statement) -> None:
        finding = probe(self._session, statement.probe)
        existed = statement.probe.probe is Probe.INDEX_VALID and finding.found is not Found.ABSENT
        self._record(Event.STATEMENT, statement.number, state="intent", existed=existed)
        self._set_limits(statement)
        before = storage(self._session) if self._run.looked_at else None
        answers = self._wire.run([file_statement(statement), SYNC])
        self._note(statement, answers)
        problem = problem_of_answers(
            replace_answers(self._attempt, answers),
            self._around,
            interrupted=self._wire.interrupted,
        )
        if not self._wire.lost and statement.probe.probe is Probe.INDEX_VALID:
            self._require_valid_index(statement, problem)
        if problem is not None:
            raise _StopError(problem)
        self._send(list(_RESET_LIMITS))
        self._record(Event.STATEMENT, statement.number, state="done")
        if before is not None:
            result = self._results[statement.number]
            self._alone_xrays.append(alone(statement, result, before, storage(self._session)))

    def _require_valid_index(self, statement: Statement, problem: Problem | None) -> None:
        finding = probe(self._session, statement.probe)
        if finding.found is Found.INVALID:
            happened = f"{problem.happened} " if problem else ""
            raise _StopError(index_invalid(finding, happened, self._context.command, problem))
        if problem is None and finding.found is not Found.IN:
            raise _StopError(undecided(self._attempt, statement, finding, self._context.command))

    def _require_lock(self, statement: Statement) -> None:
        if not is_held(self._session, self._ledger.schema):
            raise _StopError(lock_gone(self._attempt, statement, self._context.command))

    def _set_limits(self, statement: Statement) -> None:
        """A lock_timeout would interrupt a concurrent build and leave an INVALID index.

        RESET ALL took away how often the server looks whether its client lives.
        """
        lock = self._limits.lock
        if lock is None:
            lock = self._session.settings.lock_timeout
        if statement.is_concurrent:
            lock = 0
        values = (b"%d" % lock, b"%d" % self._around.statement_timeout)
        items = [Item(What(Part.BEGIN), _SESSION_LIMITS, values)]
        if self._limits.check_connection:
            interval = (b"%d" % self._limits.check_connection,)
            items.append(Item(What(Part.BEGIN), _CHECK_CONNECTION, interval))
        self._send([*items, SYNC])

    def _check(self, *, before: bool) -> None:
        step = self._run.step
        checks = step.checks_before if before else step.checks_after
        if not checks:
            return
        outcomes = run_checks(self._session, checks)
        self._checks += outcomes
        problem = checks_problem(self._attempt, outcomes, self._around)
        if problem is not None:
            raise _StopError(problem)

    def _keep_contract(self) -> None:
        """Asked before the row that says the step is done; ``outcome`` says what is in."""
        step = self._run.step
        if items := contract_items(step):
            self._attempt.answers += self._send([*items, SYNC])
        problem = contract_problem(
            step, self._attempt.answers, state="", command=self._context.command
        )
        if problem is not None:
            raise _StopError(problem)

    def _send(self, items: list[Item]) -> list[Answer]:
        answers = self._wire.run(items)
        problem = problem_of_answers(
            replace_answers(self._attempt, answers),
            self._around,
            interrupted=self._wire.interrupted,
        )
        if problem is not None:
            raise _StopError(problem)
        return answers

    def _note(self, statement: Statement, answers: list[Answer]) -> None:
        """Keep the answers for the record: state, time and messages of the statement."""
        self._attempt.answers += answers
        for result in self._attempt.statements():
            if result.number == statement.number:
                self._results[statement.number] = result

    def _record(
        self, event: Event, statement: int = 0, **detail: str | bool | list[int]
    ) -> LedgerRow:
        facts = step_facts(self._run.step, self._run.attempt, event, statement=statement, **detail)
        so_already = event is Event.FAILED or detail.get("state") == "done"
        write = partial(say, self._ledger) if so_already else self._ledger.append
        return write(facts, self._context)

    def _outcome(self, row: LedgerRow | None, problem: Problem | None) -> StepOutcome:
        reached = len(self._checks)
        missed = [not_run(c, "It was not reached.") for c in self._attempt.checks()[reached:]]
        self._attempt.judged_checks = (*self._checks, *missed)
        results = self._statement_results()
        inside = [
            r.number for r in results if r.state in (StatementState.DONE, StatementState.ALREADY_IN)
        ]
        unsure = any(r.state is StatementState.UNKNOWN for r in results)
        state = StepState.DONE
        if problem is not None:
            invalid = problem.code in ("index-invalid", "detach-pending", "needs-decision")
            state = StepState.PARTLY if inside or unsure or invalid else StepState.FAILED
            state = StepState.UNKNOWN if self._row_unknown else state
            words = self._state_words(inside, results, unsure)
            words += " The INVALID index is there." if problem.code == "index-invalid" else ""
            problem = replace(problem, state=words)
            if inside and self._run.step.direction is Direction.APPLY:
                problem = file_stays(problem, self._context.command)
            self._record_failure(problem, inside)
        if row is not None:
            self._attempt.row = row
        outcome = self._attempt.outcome(state, self._context.clock(), problem)
        xrays = sorted((*outcome.xrays, *self._alone_xrays), key=lambda one: one.statement)
        return replace(outcome, statements=results, xrays=tuple(xrays))

    def _statement_results(self) -> tuple[StatementResult, ...]:
        script = self._run.step.script
        return tuple(
            self._results.get(s.number)
            or StatementResult(
                s.number, StatementState.NOT_SENT if s.not_sent else self._untouched(s)
            )
            for s in (script.statements if script else ())
        )

    def _untouched(self, statement: Statement) -> StatementState:
        done = statement.number in self._done
        return StatementState.ALREADY_IN if done else StatementState.NOT_RUN

    def _state_words(
        self, inside: list[int], results: tuple[StatementResult, ...], unsure: bool
    ) -> str:
        label = self._attempt.label
        if not inside and not unsure:
            return f"No statement of {label} is in the database."
        listed = ", ".join(map(str, inside)) or "none"
        words = f"Of the {len(results)} statements of {label} these are in: {listed}."
        flying = [r.number for r in results if r.state is StatementState.UNKNOWN]
        if flying:
            words += f" Statement {flying[0]} was in flight; the next run looks whether it is in."
        return words

    def _record_failure(self, problem: Problem, inside: list[int]) -> None:
        """The ledger's word on a failure. Without a link, the intent that is there has to do."""
        if self._wire.lost or problem.code == "ledger-moved":
            return
        sqlstate = problem.server.sqlstate if problem.server else ""
        try:
            self._record(Event.FAILED, code=problem.code, sqlstate=sqlstate, done=inside)
        except CeremonyError:
            # The step failed already; what is in stands in the rows before this one.
            return


def replace_answers(attempt: Attempt, answers: list[Answer]) -> Attempt:
    """The same attempt with only these answers."""
    return Attempt(attempt.run, attempt.row, attempt.started_at, answers)
