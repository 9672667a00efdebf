"""The answers to a check's messages as an observation, and its verdict."""

from collections.abc import Iterable
from dataclasses import replace

from psycopg.pq import DiagnosticField as Field

from ceremony.core.check import Check, CheckResult
from ceremony.core.expectations import Kind, Observation, judge
from ceremony.core.outcome import CheckOutcome
from ceremony.pg.blocks import Part
from ceremony.pg.wire import Answer, AnswerState

_KEPT_CHARACTERS = 200
_TRUE = "t"


def not_run(check: Check, why: str) -> CheckOutcome:
    """The check could not be asked. That is never a pass."""
    return CheckOutcome(check, CheckResult.NOT_RUN, Observation(), why)


def outcome(check: Check, answers: Iterable[Answer]) -> CheckOutcome:
    """The verdict on one check from the answers to its own messages, in order."""
    answers = tuple(answers)
    seconds = sum(answer.seconds for answer in answers)
    by_part = {answer.item.what.part: answer for answer in answers}
    only_if, question = by_part.get(Part.ONLY_IF), by_part.get(Part.QUESTION)
    if only_if is not None and only_if.state is AnswerState.ERROR:
        why = f"Its only-if question failed: {_said(only_if)}."
        return replace(not_run(check, why), seconds=seconds)
    if only_if is not None and only_if.state is AnswerState.OK and not _is_true(only_if):
        why = "Its only-if question answered no."
        return CheckOutcome(check, CheckResult.NOT_APPLICABLE, Observation(), why, seconds)
    failed = next((answer for answer in answers if answer.state is AnswerState.ERROR), None)
    if failed is None and (question is None or question.state is not AnswerState.OK):
        return replace(not_run(check, "It was not reached."), seconds=seconds)
    observed = _observation(check, failed, question)
    result, explanation = judge(check.expectation, observed)
    return CheckOutcome(check, result, _cut(observed), explanation, seconds)


def _observation(check: Check, failed: Answer | None, question: Answer | None) -> Observation:
    if failed is not None:
        fields = failed.error or {}
        return Observation(
            sqlstate=fields.get(Field.SQLSTATE, ""),
            message=fields.get(Field.MESSAGE_PRIMARY, ""),
            constraint=fields.get(Field.CONSTRAINT_NAME, ""),
            failed_at=0 if failed is question else max(1, failed.item.what.number),
        )
    assert question is not None
    count = question.row_count if question.columns else _affected(question.tag)
    if check.expectation.kind is Kind.PLAN:
        lines = [row[0] or "" for row in question.rows]
        return Observation(question.columns, (), count, plan="\n".join(lines))
    return Observation(question.columns, question.rows, count)


def _affected(tag: str) -> int:
    """The rows a statement without an answer touched, from its command tag (``INSERT 0 3``)."""
    last = tag.rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


def _cut(observed: Observation) -> Observation:
    rows = tuple(tuple(_cut_value(value) for value in row) for row in observed.rows)
    return replace(observed, rows=rows)


def _cut_value(value: str | None) -> str | None:
    if value is None or len(value) <= _KEPT_CHARACTERS:
        return value
    return value[: _KEPT_CHARACTERS - 1] + "…"


def _is_true(answer: Answer) -> bool:
    return bool(answer.rows) and answer.rows[0][0] == _TRUE


def _said(answer: Answer) -> str:
    fields = answer.error or {}
    return f"{fields.get(Field.MESSAGE_PRIMARY, '')} ({fields.get(Field.SQLSTATE, '')})"
