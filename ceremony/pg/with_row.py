"""A statement outside the step's transaction, in one of its own with the ledger row that says so:
it is in if and only if its row is.
"""

from collections.abc import Iterable

from ceremony.core.outcome import Problem, StepState
from ceremony.core.script import Statement
from ceremony.pg.attempt import Attempt
from ceremony.pg.blocks import (
    COMMIT,
    ROLLBACK,
    SYNC,
    Leg,
    Probing,
    begin,
    file_statement,
    ledger_row,
    single,
)
from ceremony.pg.commit import judge_commit
from ceremony.pg.judgement import problem_before_commit
from ceremony.pg.ledger import Ledger, parameters
from ceremony.pg.lock import lock_halves
from ceremony.pg.session import Session
from ceremony.pg.surroundings import Limits, Surroundings
from ceremony.pg.wire import Answer
from ceremony.pg.xray import with_looks


def run_with_row(
    statement: Statement,
    part: Attempt,
    session: Session,
    ledger: Ledger,
    limits: Limits,
    around: Surroundings,
) -> tuple[StepState, Problem | None]:
    """DONE, or why not; UNKNOWN where the COMMIT was not answered. ``part`` takes the answers."""
    wire = session.wire
    for leg in _legs(statement, part, ledger, limits):
        part.answers += _answers(leg, session)
        status = wire.transaction_status if leg.last else None
        problem = problem_before_commit(part, around, interrupted=wire.interrupted, status=status)
        if problem is not None:
            ledger.forget_head()
            if not wire.lost:
                wire.run([ROLLBACK, SYNC])
            return StepState.FAILED, problem
    (answer, _) = wire.run([COMMIT, SYNC])
    part.answers.append(answer)
    state, problem = judge_commit(part, answer, around)
    if problem is None:
        ledger.advance(part.row)
    return state, problem


def _legs(statement: Statement, part: Attempt, ledger: Ledger, limits: Limits) -> Iterable[Leg]:
    insert = ledger_row(ledger.insertion, parameters(part.row))
    oid, _ = ledger.as_it_stands()
    probing = Probing(ledger.table, oid, part.row.sequence, lock_halves(ledger.schema))
    legs = single(statement, [*begin(limits), insert], probing.items())
    return with_looks(legs, [statement]) if part.run.looked_at else legs


def _answers(leg: Leg, session: Session) -> list[Answer]:
    if leg.copy is not None and leg.copy.copy is not None:
        return [session.wire.copy_in(file_statement(leg.copy), leg.copy.copy.data)]
    return session.wire.run(leg.items)
