"""After a file left its transaction: what is in the database then, and how the ledger is set right.

The reader of files refuses transaction control, so this is for what it cannot see. A COMMIT of the
file commits our ledger row with it; rows are never taken back, so a ``failed`` row follows, and
the state of the migration is that.
"""

from dataclasses import replace

from psycopg.pq import TransactionStatus

from ceremony.core.ledger_row import Event
from ceremony.core.outcome import Problem, StepState
from ceremony.errors import CeremonyError
from ceremony.pg.attempt import Attempt
from ceremony.pg.context import RunContext
from ceremony.pg.ledger import Ledger
from ceremony.pg.names import literal
from ceremony.pg.queries import query
from ceremony.pg.session import Session
from ceremony.pg.step_rows import step_facts


def after_escape(
    attempt: Attempt,
    problem: Problem,
    status: TransactionStatus,
    session: Session,
    ledger: Ledger,
    context: RunContext,
) -> tuple[StepState, Problem]:
    """What the step came to. ``status`` is the transaction's before our ROLLBACK.

    FAILED only where our ROLLBACK undid everything (a chained transaction whose first part was
    rolled back too).
    """
    try:
        if prepared := [gid for (gid,) in session.ask(query("prepared-transactions"))]:
            return StepState.PARTLY, _prepared(attempt, problem, prepared, context.command)
        committed = ledger.contains(attempt.row)
        if not committed and status is TransactionStatus.INTRANS:
            return StepState.FAILED, problem
        facts = step_facts(attempt.run.step, attempt.run.attempt, Event.FAILED, code=problem.code)
        ledger.append(facts, context)
    except CeremonyError as error:
        unread = (
            f"Parts of {attempt.label} may be in the database; asking it failed: {error.happened}"
        )
        return StepState.PARTLY, replace(problem, state=unread)
    first = "is in" if committed else "was rolled back"
    state = (
        f"What {attempt.path} did before its own COMMIT or ROLLBACK {first}; what stands behind it "
        "ran outside the transaction and may be in. The ledger says failed."
    )
    return StepState.PARTLY, replace(problem, state=state)


def _prepared(attempt: Attempt, problem: Problem, gids: list[str], command: str) -> Problem:
    listed = ", ".join(literal(gid) for gid in gids)
    return replace(
        problem,
        state=f"Prepared transactions hold parts of {attempt.label} and their locks: {listed}.",
        next_step=f"End them (ROLLBACK PREPARED {literal(gids[0])};), take PREPARE TRANSACTION "
        f"out of {attempt.path}, then: {command}",
    )
