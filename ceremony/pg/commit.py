"""What came of a COMMIT: its own answer, judged."""

from psycopg.pq import DiagnosticField as Field

from ceremony.core.outcome import Problem, StepState
from ceremony.pg.attempt import Attempt
from ceremony.pg.blocks import Part
from ceremony.pg.errors import meaning, server_error
from ceremony.pg.judgement import rolled_back
from ceremony.pg.surroundings import Surroundings
from ceremony.pg.wire import Answer, AnswerState


def judge_commit(
    attempt: Attempt, answer: Answer, around: Surroundings
) -> tuple[StepState, Problem | None]:
    """COMMIT's own answer.

    Only the tag COMMIT says committed; only an ERROR or the tag ROLLBACK says not.
    """
    if answer.state is AnswerState.OK and answer.tag == "COMMIT":
        return StepState.DONE, None
    fields = answer.error or {}
    refused = (
        answer.state is AnswerState.ERROR and fields.get(Field.SEVERITY_NONLOCALIZED) == "ERROR"
    )
    if refused or (answer.state is AnswerState.OK and answer.tag == "ROLLBACK"):
        error = server_error(fields, doing=Part.COMMIT.value, keep_detail=around.keep_detail)
        rule = meaning(error.sqlstate) if refused else None
        code = rule.code if rule and rule.code != "statement-failed" else "commit-rolled-back"
        said = (
            f"{error.message} ({error.sqlstate})"
            if refused
            else "the transaction had failed before"
        )
        step = rule.next_step if rule else "Correct {path}, then: {command}"
        return StepState.FAILED, Problem(
            code,
            f"The server answered the COMMIT of {attempt.label} with a rollback: {said}.",
            rolled_back(attempt),
            step.format(path=attempt.path, command=around.command, user=around.user),
            error if refused else None,
        )
    return StepState.UNKNOWN, outcome_unknown(attempt, around)


def outcome_unknown(attempt: Attempt, around: Surroundings) -> Problem:
    """The COMMIT was sent and its answer never came."""
    return Problem(
        "outcome-unknown",
        f"The connection to {around.database} broke while {attempt.label} was being committed.",
        f"It is either in as a whole or not at all; the ledger in {around.database} says which; "
        "the next command reads it first.",
        around.command,
    )
