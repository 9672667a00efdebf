"""Running checks outside a migration: one transaction that is always rolled back."""

from collections.abc import Sequence
from dataclasses import replace

from ceremony.core.check import Check, CheckResult
from ceremony.core.expectations import Observation
from ceremony.core.outcome import CheckOutcome
from ceremony.pg.blocks import RESET, ROLLBACK, SYNC, begin, check_items
from ceremony.pg.check_runs import outcome
from ceremony.pg.session import Session
from ceremony.pg.surroundings import session_limits
from ceremony.pg.wire import Answer, AnswerState


def run_checks(session: Session, checks: Sequence[Check]) -> tuple[CheckOutcome, ...]:
    """One verdict per check, in order. Each runs in a savepoint of its own; nothing of them stays.

    The transaction may write, because must-fail checks try to. A check that could not be asked is
    NOT RUN with the reason, never a pass. A Ctrl-C is passed on as KeyboardInterrupt when all is
    rolled back.
    """
    if not checks:
        return ()
    items = [*RESET, *begin(session_limits(session))]
    for index, check in enumerate(checks):
        items += check_items(index, check)
    answers = session.wire.run([*items, ROLLBACK, SYNC])
    if session.wire.interrupted:
        raise KeyboardInterrupt
    by_check: dict[int, list[Answer]] = {}
    for answer in answers:
        by_check.setdefault(answer.item.what.check, []).append(answer)
    own = by_check.get(-1, [])
    broken = next((a for a in own if a.state in (AnswerState.ERROR, AnswerState.LOST)), None)
    return tuple(_judged(check, by_check[index], broken) for index, check in enumerate(checks))


def _judged(check: Check, answers: Sequence[Answer], broken: Answer | None) -> CheckOutcome:
    judged = outcome(check, answers)
    if judged.result is CheckResult.NOT_RUN and broken is not None:
        why = f"It was not reached: {broken.item.what.part.value} failed before it."
        if broken.state is AnswerState.LOST:
            why = "It was not reached: the connection broke."
        return replace(judged, observed=Observation(), explanation=why)
    return judged
