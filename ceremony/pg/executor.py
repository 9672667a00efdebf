"""The executor: runs the steps of a plan in a target, and says what came of each.

A transactional step is one block of messages (``blocks``). It is judged before its COMMIT is
sent; the COMMIT travels at the head of the next block, and its own answer is judged before
anything else of that block. The next block is prepared while the server works on this one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, zip_longest
from uuid import UUID

from psycopg.pq import TransactionStatus

from ceremony.core.outcome import Problem, StepOutcome, StepRun, StepState
from ceremony.pg.attempt import Attempt, never_started
from ceremony.pg.blockers import with_blockers
from ceremony.pg.blocks import (
    BEGIN,
    COMMIT,
    RESET,
    RESET_BUT_PREPARED,
    ROLLBACK,
    SYNC,
    Leg,
    Part,
    Probing,
    file_statement,
    ledger_row,
    legs,
    limited,
)
from ceremony.pg.commit import judge_commit, outcome_unknown
from ceremony.pg.context import Listener, RunContext
from ceremony.pg.contract import contract_items
from ceremony.pg.escape import after_escape
from ceremony.pg.halt import with_halt
from ceremony.pg.hearing import Hearing
from ceremony.pg.judgement import (
    TX_BROKEN,
    cancelled,
    problem_before_commit,
)
from ceremony.pg.ledger import Ledger, ledger_unguarded, parameters
from ceremony.pg.lock import lock_halves
from ceremony.pg.nontransactional import OutsideStep
from ceremony.pg.prepared import PreparedQueries, deallocates
from ceremony.pg.session import Session
from ceremony.pg.step_rows import step_facts
from ceremony.pg.surroundings import Surroundings, limits_of, session_limits, surroundings
from ceremony.pg.wire import Answer, Item
from ceremony.pg.xray import with_looks


@dataclass(frozen=True)
class Block:
    """One transactional step, ready to be sent."""

    attempt: Attempt
    legs: Sequence[Leg]
    around: Surroundings


class Executor:
    """Runs steps on one session. The caller holds the lock and has a ledger that exists.

    ``interrupted`` is true after a KeyboardInterrupt: the running statement was cancelled and
    rolled back.
    """

    def __init__(
        self, session: Session, ledger: Ledger, context: RunContext, listener: Listener
    ) -> None:
        self._session = session
        self._wire = session.wire
        self._ledger = ledger
        self._context = context
        self._listener = listener
        self._ledger_oid, self._guarded = ledger.as_it_stands()
        self._halves = lock_halves(ledger.schema)
        self._own = PreparedQueries(
            ledger.insertion, self._probing(0), session_limits(session).check_connection
        )
        self._outcomes: dict[UUID, StepOutcome] = {}
        self._told = 0
        self._since = 0
        self._judged: Attempt | None = None
        self._current: Attempt | None = None
        self._following: StepRun | None = None
        self._prepared: Block | None = None
        self._outside_step: OutsideStep | None = None
        self.interrupted = False

    def run(self, runs: Sequence[StepRun]) -> tuple[StepOutcome, ...]:
        """One outcome per step, in order.

        After the first that is not DONE the others are NOT_STARTED.

        Raises nothing for what the server, the link or a Ctrl-C does: outcomes tell. An error of
        the listener closes the session (the server rolls back) and is passed on.

        """
        self._outcomes, self._told = {}, 0
        self._judged = self._current = self._prepared = self._outside_step = None
        self._wire.interrupted = self.interrupted = False
        work: Callable[[], None] = partial(self._run_all, runs)
        while True:
            try:
                work()
                self._finish_the_rest(runs)
            except KeyboardInterrupt:
                # Where it hit is not known, so what follows may be done twice: each part of it
                # leaves alone what is settled already.
                self.interrupted = True
                work = self._interrupted_between
            except BaseException:
                self._session.close()
                raise
            else:
                self.interrupted = self.interrupted or self._wire.interrupted
                return tuple(self._outcomes[run.attempt] for run in runs)

    def _finish_the_rest(self, runs: Sequence[StepRun]) -> None:
        self._tell()
        for run in runs:
            if run.attempt not in self._outcomes:
                self._finish(never_started(run, self._context.clock()))

    def _run_all(self, runs: Sequence[StepRun]) -> None:
        if runs and not self._guarded:
            unguarded = ledger_unguarded(self._ledger.table, self._context.command)
            self._finish(never_started(runs[0], self._context.clock(), unguarded))
            return
        self._since, _ = self._ledger.head
        for run, following in zip_longest(runs, runs[1:]):
            self._following = following
            if not run.step.transactional:
                self._land()
                if self._stopped() or self._wire.interrupted or not self._outside(run):
                    return
            elif self._wire.interrupted:
                break
            elif not self._inside(run):
                return
        self._land()

    def _inside(self, run: StepRun) -> bool:
        """One transactional step, up to its COMMIT. Whether the run may go on."""
        block = self._prepared or self._prepare(run)
        self._prepared = None
        attempt = self._current = block.attempt
        attempt.started_at = self._context.clock()
        problem = self._send_block(block)
        if deallocates(attempt.run.step.script):
            self._own.forget()
        if self._stopped():
            # The COMMIT of the step before failed: this block ran in no transaction, or will
            # never be committed.
            self._current = None
            self._roll_back()
            return False
        if problem is None:
            self._judged, self._current = attempt, None
            return True
        status = self._wire.transaction_status
        self._roll_back()
        state = StepState.FAILED
        if problem.code == TX_BROKEN:
            state, problem = after_escape(
                attempt, problem, status, self._session, self._ledger, self._context
            )
        self._finish(attempt.outcome(state, self._context.clock(), problem))
        return False

    def _outside(self, run: StepRun) -> bool:
        """One step outside a transaction. Whether the run may go on."""
        self._own.forget()
        step = OutsideStep(run, self._session, self._ledger, self._context, self._listener)
        self._outside_step = step
        outcome = step.run()
        self._finish(outcome)
        return outcome.state is StepState.DONE

    def _prepare(self, run: StepRun) -> Block:
        """The row and all messages of a step; the row follows the one that was prepared last."""
        step = run.step
        row = self._ledger.next_row(step_facts(step, run.attempt), self._context)
        self._ledger.advance(row)
        limits = limits_of(step, self._session)
        own = self._own
        insert = own.item(ledger_row(self._ledger.insertion, parameters(row)))
        # The row first: it answers with the session as it is without the limits of this step.
        opening = [
            *RESET_BUT_PREPARED,
            BEGIN,
            insert,
            *limited(replace(limits, check_connection=0)),
        ]
        probes: tuple[Item, ...] = self._probing(row.sequence).items()
        if not deallocates(step.script):
            probes = (own.look(), *map(own.item, probes))
        stretches = legs(run, opening, (*probes, *contract_items(step)))
        if run.looked_at and step.script is not None:
            stretches = with_looks(stretches, step.script.sent)
        return Block(
            Attempt(run, row, self._context.clock()),
            list(stretches),
            surroundings(self._session, self._context, limits),
        )

    def _probing(self, sequence: int) -> Probing:
        return Probing(self._ledger.table, self._ledger_oid, sequence, self._halves)

    def _begun(self, attempt: Attempt) -> None:
        """The server works on the statements: time to prepare the next block."""
        self._listener.step_started(attempt.run)
        if self._following is not None and self._following.step.transactional:
            self._prepared = self._prepare(self._following)

    def _send_block(self, block: Block) -> Problem | None:
        """Send the block leg by leg, until one is judged bad."""
        attempt, around = block.attempt, block.around
        for leg in block.legs:
            self._send(leg, attempt)
            if self._stopped():
                return None
            status = self._wire.transaction_status if leg.last else None
            problem = problem_before_commit(
                attempt,
                around,
                interrupted=self._wire.interrupted,
                status=status,
                prepared=self._own.made,
            )
            if problem is not None:
                return problem
        return None

    def _send(self, leg: Leg, attempt: Attempt | None) -> None:
        if leg.copy is not None and leg.copy.copy is not None and attempt is not None:
            self._listener.statement_started(attempt.run, leg.copy)
            item = file_statement(leg.copy)
            attempt.answers.append(self._wire.copy_in(item, leg.copy.copy.data))
            return
        if self._judged is not None:
            self._judged.committing = True
        first = leg.items[0].what
        if attempt is not None and first.part is Part.STATEMENT:
            self._listener.statement_started(attempt.run, first.statement)
        items = leg.items
        if attempt is not None:
            committed = () if self._judged is None else (COMMIT,)
            items = [*committed, *self._own.renewal(), *items]
        hearing = Hearing(items, attempt, self._landed, self._begun, self._listener, self._wire)
        answers = self._wire.run(items, hearing)
        self._own.heard(answers)
        if attempt is not None:
            attempt.answers += [one for one in answers if one.item.what.part is not Part.COMMIT]
        # An interrupt may have hit while the answer was heard of.
        self._landed(answers[0])
        self._tell()

    def _landed(self, answer: Answer) -> None:
        """The COMMIT of the judged step was answered. It may be told so more than once.

        A bad end is told when the batch is through: it may want to ask the server who is in the
        way.
        """
        attempt = self._judged
        if attempt is None or answer.item.what.part is not Part.COMMIT:
            return
        limits = limits_of(attempt.run.step, self._session)
        around = surroundings(self._session, self._context, limits)
        state, problem = judge_commit(attempt, answer, around)
        landed = replace(attempt, answers=[*attempt.answers, answer])
        outcome = landed.outcome(state, self._context.clock(), problem)
        self._outcomes.setdefault(outcome.attempt, outcome)
        self._judged = None
        if state is StepState.DONE:
            self._tell()

    def _land(self) -> None:
        """Send the waiting COMMIT alone, with the reset behind it."""
        if self._judged is not None:
            self._own.forget()
            self._send(Leg([COMMIT, *RESET, SYNC]), None)
            if self._stopped():
                self._roll_back()

    def _stopped(self) -> bool:
        newest = next(reversed(self._outcomes.values()), None)
        return newest is not None and newest.state is not StepState.DONE

    def _roll_back(self) -> None:
        """Whatever is open ends; the next row continues from what the ledger really holds."""
        self._prepared = None
        self._own.forget()
        self._ledger.forget_head()
        if self._wire.lost or self._wire.transaction_status is TransactionStatus.IDLE:
            return
        self._wire.run([ROLLBACK, SYNC])

    def _interrupted_between(self) -> None:
        """Ctrl-C while no answer was awaited: what is not committed is rolled back."""
        self._roll_back()
        for attempt in (self._judged, self._current):
            if attempt is not None and attempt.run.attempt not in self._outcomes:
                self._finish_interrupted(attempt)
        self._judged = self._current = None
        if self._outside_step is not None and self._outside_step.outcome is not None:
            self._finish(self._outside_step.outcome)

    def _finish_interrupted(self, attempt: Attempt) -> None:
        now = self._context.clock()
        limits = limits_of(attempt.run.step, self._session)
        around = surroundings(self._session, self._context, limits)
        if attempt.committing:
            unknown = outcome_unknown(attempt, around)
            self._finish(attempt.outcome(StepState.UNKNOWN, now, unknown))
        else:
            stopped = cancelled(attempt, around.command)
            self._finish(attempt.outcome(StepState.FAILED, now, stopped))

    def _finish(self, outcome: StepOutcome) -> None:
        self._outcomes.setdefault(outcome.attempt, outcome)
        self._tell()

    def _tell(self) -> None:
        """Each outcome reaches the listener once, in order. Only a call that was begun counts: an
        interrupt before it leaves the outcome in the queue.
        """
        for outcome in list(islice(self._outcomes.values(), self._told, None)):
            told = with_blockers(outcome, self._session)
            told = with_halt(told, self._session, self._ledger, self._since, self._context)
            self._outcomes[outcome.attempt] = told
            self._told += 1
            self._listener.step_finished(told)
