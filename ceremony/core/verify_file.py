"""A ``.verify.sql``: blocks of set-up statements and one question, each with its directives."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from ceremony.core.check import Check, CheckSeverity, When
from ceremony.core.directives import keyed
from ceremony.core.expectations import Expectation, ExpectationError, Kind, parse_expectation
from ceremony.core.finding import Finding, refuse, shown
from ceremony.core.script import Statement
from ceremony.core.spelling import nearest
from ceremony.core.sql import Comment, SqlSyntaxError, comments, refusals, statements

KEYS = ("check", "when", "only if", "severity", "expect")
"""The directives of a check."""

_SLIPS = {
    "expected": "expect", "expects": "expect", "expectation": "expect", "onlywhen": "only if",
    "skipif": "only if", "skipunless": "only if", "runif": "only if", "checkname": "check",
}  # fmt: skip
_ORDINARY = frozenset({"then", "where", "whens", "checked", "except", "expert"})
_TRANSACTION = "transaction_stmt"
_SELECT = "select_stmt"
_UNDONE = frozenset({"role-change"})
"""Refusals for migrations that checks do not need: rolling back to the check's savepoint undoes
``SET ROLE`` (PostgreSQL manual, SET), and a policy can only be tested as the role it is for."""

_ANSWER = frozenset(
    {_SELECT, "explain_stmt", "variable_show_stmt", "execute_stmt", "fetch_stmt", "call_stmt"}
)
_CHANGES = frozenset({"insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})
_RETURNING = re.compile(r"\breturning\b", re.IGNORECASE)

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass
class _Block:
    """One check while it is read."""

    name: str
    line: int
    start: int
    given: dict[str, tuple[str, Comment]] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    late: bool = False


@dataclass
class _Reading:
    path: str
    found: list[Finding] = field(default_factory=list)

    def wrong(self, line: int, code: str, message: str, hint: str) -> None:
        self.found.append(refuse(self.path, code, message, hint, line=line))


def parse_verify(path: str, text: str) -> tuple[tuple[Check, ...], tuple[Finding, ...]]:
    """The checks of a ``.verify.sql`` and everything that refuses it. A refused block is left out.

    A check always runs inside the runner's transaction and is undone, so it may not control it.
    """
    reading = _Reading(path)
    reading.found.extend(f for f in refusals(path, text) if f.code not in _UNDONE)
    try:
        sent, notes = statements(text), comments(text)
    except SqlSyntaxError:
        return (), tuple(reading.found)
    blocks = _blocks(reading, sent, notes)
    if not blocks and not reading.found:
        reading.wrong(
            0,
            "check-none",
            "The file holds no check.",
            "Write '-- check: what holds', '-- expect: …' and a query, or delete the file.",
        )
    checks = tuple(check for block in blocks if (check := _check(reading, block)))
    return checks, tuple(reading.found)


def _blocks(reading: _Reading, sent: Sequence[Statement], notes: Sequence[Comment]) -> list[_Block]:
    blocks: list[_Block] = []
    waiting = list(reversed(sent))
    for comment in notes:
        while waiting and waiting[-1].offset < comment.offset:
            _place(reading, blocks, waiting.pop())
        pair = _directive(reading, comment)
        if pair and pair[0] == "check":
            blocks.append(_Block(pair[1], comment.line, comment.offset))
        elif pair:
            _give(reading, blocks, comment, *pair)
    while waiting:
        _place(reading, blocks, waiting.pop())
    _refuse_twins(reading, blocks)
    return blocks


def _directive(reading: _Reading, comment: Comment) -> tuple[str, str] | None:
    pair = keyed(comment.text)
    if pair is None:
        return None
    key = pair[0].lower()
    if key in KEYS:
        return key, pair[1]
    meant = nearest(key, KEYS, _SLIPS, _ORDINARY)
    if meant:
        reading.wrong(
            comment.line,
            "check-directive-unknown",
            f"There is no check directive {pair[0]!r}.",
            f"Did you mean '{meant}:'? For an ordinary comment, leave out the colon.",
        )
    return None


def _place(reading: _Reading, blocks: list[_Block], statement: Statement) -> None:
    if blocks:
        blocks[-1].statements.append(statement)
    elif statement.number == 1:
        reading.wrong(
            statement.line,
            "check-outside-block",
            "A statement stands before the first check and would never run.",
            "Begin the block with '-- check: what holds'.",
        )


def _give(reading: _Reading, blocks: list[_Block], comment: Comment, key: str, value: str) -> None:
    if not blocks or blocks[-1].statements:
        where = "behind a statement of its check" if blocks else "before the first check"
        reading.wrong(
            comment.line,
            "check-directive-misplaced",
            f"'{key}:' stands {where}, where it does not hold.",
            "Put it between '-- check:' and the first statement of the check.",
        )
        if blocks:
            blocks[-1].late = blocks[-1].late or key == "expect"
    elif key in blocks[-1].given:
        reading.wrong(
            comment.line,
            "check-directive-repeated",
            f"'{key}:' is given again; it stands on line {blocks[-1].given[key][1].line} already.",
            "Keep one of the two lines.",
        )
    else:
        blocks[-1].given[key] = (value, comment)


def _refuse_twins(reading: _Reading, blocks: Sequence[_Block]) -> None:
    first: dict[str, int] = {}
    for block in blocks:
        before = first.setdefault(block.name.casefold(), block.line)
        if not block.name:
            reading.wrong(
                block.line,
                "check-unnamed",
                "A check has no name.",
                "Say what holds: '-- check: one active price per listing'.",
            )
        elif before != block.line:
            reading.wrong(
                block.line,
                "check-duplicate",
                f"There is a check {shown(block.name)} already, on line {before}.",
                "Give each check of a file a name of its own: records refer to it.",
            )


def _check(reading: _Reading, block: _Block) -> Check | None:
    before = len(reading.found)
    if not block.statements:
        reading.wrong(
            block.line,
            "check-empty",
            f"The check {shown(block.name)} has no question.",
            "Write the statement to be judged below its directives.",
        )
    expectation = _expectation(reading, block)
    when = _choice(reading, block, "when", When, When.AFTER)
    severity = _choice(reading, block, "severity", CheckSeverity, CheckSeverity.BLOCK)
    only_if = _only_if(reading, block)
    for statement in block.statements:
        _refuse_statement(reading, statement)
    if expectation and block.statements:
        _refuse_question(reading, expectation, block.statements[-1])
    if len(reading.found) > before or expectation is None or not block.name:
        return None
    *setup, question = block.statements
    return Check(
        block.name,
        reading.path,
        block.line,
        when,
        only_if,
        severity,
        expectation,
        tuple(setup),
        question,
    )


def _expectation(reading: _Reading, block: _Block) -> Expectation | None:
    value, comment = block.given.get("expect", ("", None))
    if comment is None:
        if not block.late:
            reading.wrong(
                block.line,
                "check-no-expectation",
                f"The check {shown(block.name)} expects nothing, so it could never fail.",
                "Add a line '-- expect: no rows' (or another expectation) below '-- check:'.",
            )
        return None
    try:
        return parse_expectation(value)
    except ExpectationError as error:
        reading.wrong(comment.line, "check-expectation-unknown", error.message, error.hint)
        return None


def _choice(
    reading: _Reading, block: _Block, key: str, choices: type[Choice], default: Choice
) -> Choice:
    value, comment = block.given.get(key, ("", None))
    if comment is None:
        return default
    said = " ".join(value.lower().split())
    known = [str(choice) for choice in choices]
    if said in known:
        return choices(said)
    close = get_close_matches(said, known, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    reading.wrong(
        comment.line,
        f"check-{key}-unknown",
        f"{shown(value)} is no value of '{key}:'.",
        f"{hint}Write one of: {', '.join(known)}.",
    )
    return default


def _only_if(reading: _Reading, block: _Block) -> Statement | None:
    value, comment = block.given.get("only if", ("", None))
    if comment is None:
        return None
    try:
        found = statements(value)
    except SqlSyntaxError as error:
        reading.wrong(
            comment.line,
            "check-only-if",
            f"The condition of 'only if:' is no SQL: {error.message}.",
            "Write one SELECT on the same line, for instance SELECT to_regclass('boms') IS "
            "NOT NULL.",
        )
        return None
    if len(found) != 1 or found[0].kind != _SELECT:
        reading.wrong(
            comment.line,
            "check-only-if",
            "The condition of 'only if:' is not one SELECT.",
            "Write one SELECT on the same line, for instance SELECT to_regclass('boms') IS "
            "NOT NULL.",
        )
        return None
    shift = comment.text.rindex(value)
    return replace(
        found[0],
        line=comment.line,
        column=comment.column + shift + found[0].column - 1,
        offset=comment.offset + shift + found[0].offset,
    )


def _refuse_statement(reading: _Reading, statement: Statement) -> None:
    if statement.kind == _TRANSACTION:
        reading.wrong(
            statement.line,
            "check-transaction-control",
            f"{statement.summary!r} controls the transaction, which a check may not.",
            "Delete the statement: what a check does is undone anyway.",
        )
    elif not statement.in_transaction:
        reading.wrong(
            statement.line,
            "check-needs-no-transaction",
            f"{statement.summary!r} cannot run in a transaction, and a check always does.",
            "Put the statement into a migration with 'Transaction: none'.",
        )
    elif statement.copy is not None:
        # A check travels in one batch of messages, and a stream of data cannot be in one.
        reading.wrong(
            statement.line,
            "check-copy",
            f"{statement.summary!r} brings its data along, which a check cannot.",
            "Write the rows as INSERT … VALUES, or make them with generate_series().",
        )


def _refuse_question(reading: _Reading, expectation: Expectation, question: Statement) -> None:
    answers = question.kind in _ANSWER or (
        question.kind in _CHANGES and _RETURNING.search(question.text) is not None
    )
    if expectation.kind is Kind.PLAN and question.kind not in _CHANGES | {_SELECT}:
        reading.wrong(
            question.line,
            "check-not-explainable",
            "A plan is expected, but the question is no SELECT, INSERT, UPDATE, DELETE or MERGE.",
            "Let the last statement of the check be the query whose plan is judged.",
        )
    elif expectation.kind in (Kind.ROWS, Kind.VALUE) and not answers:
        reading.wrong(
            question.line,
            "check-no-answer",
            f"{shown(expectation.text)} is expected, but the question returns no rows at all.",
            "End the check with a SELECT (or RETURNING), or expect success or an error.",
        )
