"""Expectations of checks, what was observed, and the judgement of one against the other."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from ceremony.core.finding import shown
from ceremony.core.sqlstates import CONDITIONS, SQLSTATES, named


class CheckResult(StrEnum):
    """The verdict on one check. Only PASS is a pass."""

    PASS = "PASS"
    FAIL = "FAIL"
    NOT_APPLICABLE = "NOT APPLICABLE"
    NOT_RUN = "NOT RUN"


class Kind(StrEnum):
    """The forms that ``-- expect:`` takes."""

    ROWS = "rows"
    VALUE = "value"
    SUCCESS = "success"
    ERROR = "error"
    PLAN = "plan"


@dataclass(frozen=True)
class Expectation:
    """``text`` is the line as written. ``operator`` is one of ``= < <= > >=``.

    ROWS: ``operator`` and ``count`` (no rows is ``= 0``, rows is ``>= 1``). VALUE: ``operator`` and
    ``value``; ``quoted`` where it stood in quotes and is compared as text. ERROR: ``sqlstate``
    (five characters), ``constraint`` and ``message`` where given. PLAN: ``index``.
    """

    kind: Kind
    text: str
    operator: str = "="
    count: int = 0
    value: str = ""
    sqlstate: str = ""
    constraint: str = ""
    message: str = ""
    index: str = ""
    quoted: bool = False

    @property
    def must_fail(self) -> bool:
        """Whether the question is meant to be refused by the server."""
        return self.kind is Kind.ERROR


@dataclass(frozen=True)
class Observation:
    """What the server answered to a check's question.

    ``rows`` holds at most the kept sample, as text (``None`` is NULL), ``row_count`` all of them;
    for a failed question the ``sqlstate``, ``message`` and ``constraint`` of its error. ``plan`` is
    the JSON text of EXPLAIN. ``failed_at`` is 0 when the question itself was reached, else the
    number (from 1) of the set-up statement that failed.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    row_count: int = 0
    sqlstate: str = ""
    message: str = ""
    constraint: str = ""
    plan: str = ""
    failed_at: int = 0


class ExpectationError(ValueError):
    """The text after ``expect:`` has none of the known forms. ``hint`` says what to write."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


FORMS = (
    "no rows, rows, 3 rows, at least 3 rows, at most 3 rows, value 5, value < 5, success, "
    "error unique_violation on constraint_name, plan uses index index_name"
)
"""The forms that an expectation takes, by example."""

_ROWS = re.compile(
    r"(?:(no)|(?:(at least|at most|exactly)\s+)?([0-9]{1,12}))\s+rows?", re.IGNORECASE
)
_VALUE = re.compile(r"value\s*(<=|>=|<|>|=|\s)\s*(\S.*)", re.IGNORECASE)
_ERROR = re.compile(
    r"error\s+(?P<condition>\w+)"
    r"(?:\s+on\s+(?P<constraint>\"(?:[^\"]|\"\")+\"|[^\s\"]+))?"
    r"(?:\s+message\s+\"(?P<message>(?:[^\"]|\"\")*)\")?",
    re.IGNORECASE,
)
_PLAN = re.compile(r"plan\s+uses\s+index\s+(\"(?:[^\"]|\"\")+\"|[^\s\"]+)", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_QUOTED = re.compile(r"'((?:[^']|'')*)'|\"((?:[^\"]|\"\")*)\"")
_ROW_OPERATORS = {"": "=", "exactly": "=", "at least": ">=", "at most": "<="}


def parse_expectation(text: str) -> Expectation:
    """The expectation that a line states. Raises ExpectationError."""
    written = " ".join(text.split()) if '"' not in text and "'" not in text else text.strip()
    lower = written.lower()
    if lower == "success":
        return Expectation(Kind.SUCCESS, written)
    if lower == "rows":
        return Expectation(Kind.ROWS, written, ">=", 1)
    for form, build in _FORMS:
        match = form.fullmatch(written)
        if match:
            return build(written, match)
    raise ExpectationError(f"{shown(written)} is no expectation.", f"Write one of: {FORMS}.")


_NO_ERRORS = ("00", "01", "02")
"""The classes of SQLSTATE that say success, warning and no data."""


def _rows(text: str, match: re.Match[str]) -> Expectation:
    operator = _ROW_OPERATORS[(match[2] or "").lower()]
    return Expectation(Kind.ROWS, text, operator, int(match[3] or 0))


def _value(text: str, match: re.Match[str]) -> Expectation:
    operator = match[1].strip() or "="
    quoted = _QUOTED.fullmatch(match[2])
    if operator != "=" and not _NUMBER.fullmatch(match[2]):
        raise ExpectationError(
            f"{shown(match[2])} cannot be compared with {operator!r}: it is no number.",
            "Compare with a number, or let the question answer true or false: value true.",
        )
    if quoted is None:
        return Expectation(Kind.VALUE, text, operator, value=match[2])
    single, double = quoted.groups()
    plain = single.replace("''", "'") if single is not None else double.replace('""', '"')
    return Expectation(Kind.VALUE, text, operator, value=plain, quoted=True)


def _error(text: str, match: re.Match[str]) -> Expectation:
    return Expectation(
        Kind.ERROR,
        text,
        sqlstate=_sqlstate(match["condition"]),
        constraint=_identifier(match["constraint"] or ""),
        message=(match["message"] or "").replace('""', '"'),
    )


def _sqlstate(condition: str) -> str:
    codes = [c for c in SQLSTATES.get(condition.lower(), ()) if c[:2] not in _NO_ERRORS]
    if codes:
        return codes[0]
    if re.fullmatch(r"[0-9A-Za-z]{5}", condition) and any(map(str.isdigit, condition)):
        return condition.upper()
    raise ExpectationError(
        f"{shown(condition)} is neither a condition of PostgreSQL nor a SQLSTATE.",
        "Appendix A of the PostgreSQL manual lists them; for instance unique_violation, "
        "which is 23505.",
    )


def _plan(text: str, match: re.Match[str]) -> Expectation:
    return Expectation(Kind.PLAN, text, index=_identifier(match[1]))


def _identifier(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


_FORMS: tuple[tuple[re.Pattern[str], Callable[[str, re.Match[str]], Expectation]], ...] = (
    (_ROWS, _rows),
    (_VALUE, _value),
    (_ERROR, _error),
    (_PLAN, _plan),
)


def judge(expectation: Expectation, observed: Observation) -> tuple[CheckResult, str]:
    """PASS or FAIL, and one sentence that says what was expected and what was observed."""
    wanted = _wanted(expectation)
    if observed.failed_at:
        error = _described(observed)
        return CheckResult.FAIL, f"set-up statement {observed.failed_at} failed with {error}"
    if expectation.must_fail:
        holds, got = _judge_error(expectation, observed)
    elif observed.sqlstate:
        holds, got = False, _described(observed)
    else:
        holds, got = _JUDGES[expectation.kind](expectation, observed)
    if holds:
        return CheckResult.PASS, f"expected {wanted}" + (f", got {got}" if got else "")
    return CheckResult.FAIL, f"expected {wanted}, got {got}"


def _wanted(expectation: Expectation) -> str:
    if expectation.kind is Kind.ERROR:
        parts = [f"error {named(expectation.sqlstate)}"]
        parts += [f"on {expectation.constraint}"] if expectation.constraint else []
        parts += [f'with the message "{expectation.message}"'] if expectation.message else []
        return " ".join(parts)
    if expectation.kind is Kind.PLAN:
        return f"a plan that uses index {expectation.index}"
    return expectation.text


def _described(observed: Observation) -> str:
    constraint = f" on {observed.constraint}" if observed.constraint else ""
    return f'error {named(observed.sqlstate)}{constraint}: "{observed.message}"'


def _judge_success(expectation: Expectation, observed: Observation) -> tuple[bool, str]:
    return True, ""


def _judge_rows(expectation: Expectation, observed: Observation) -> tuple[bool, str]:
    count = Decimal(observed.row_count)
    return _compare(expectation.operator, count, Decimal(expectation.count)), rows_in_words(
        observed.row_count
    )


def rows_in_words(count: int) -> str:
    """``no rows``, ``1 row``, ``3 rows``."""
    return "no rows" if count == 0 else "1 row" if count == 1 else f"{count} rows"


def _judge_value(expectation: Expectation, observed: Observation) -> tuple[bool, str]:
    if observed.row_count != 1 or not observed.rows:
        return False, f"{rows_in_words(observed.row_count)} instead of one value"
    if len(observed.rows[0]) != 1:
        return False, f"{len(observed.rows[0])} columns instead of one value"
    value = observed.rows[0][0]
    if value is None:
        is_null = expectation.value.lower() == "null" and not expectation.quoted
        return is_null and expectation.operator == "=", "NULL"
    return _same_value(expectation, value), repr(value) if expectation.quoted else value


def _same_value(expectation: Expectation, value: str) -> bool:
    wanted, got = (None if expectation.quoted else number(expectation.value)), number(value)
    if wanted is not None and got is not None:
        return _compare(expectation.operator, got, wanted)
    if expectation.operator != "=":
        return False
    if expectation.quoted:
        return value == expectation.value
    if value in _BOOLEANS and expectation.value.lower() in _BOOLEANS:
        return _BOOLEANS[value] == _BOOLEANS[expectation.value.lower()]
    return value == expectation.value and value.lower() != "null"


_BOOLEANS = {"t": True, "true": True, "f": False, "false": False}


def number(text: str) -> Decimal | None:
    """``text`` as an exact number, ``None`` where it is none (NaN and Infinity are text)."""
    if not _NUMBER.fullmatch(text.strip()):
        return None
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return None


def _compare(operator: str, left: Decimal, right: Decimal) -> bool:
    return {
        "=": left == right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[operator]


def _judge_error(expectation: Expectation, observed: Observation) -> tuple[bool, str]:
    if not observed.sqlstate:
        return False, "success"
    holds = (
        _same_condition(expectation.sqlstate, observed.sqlstate)
        and expectation.constraint in ("", observed.constraint)
        and expectation.message in ("", observed.message)
    )
    return holds, "" if holds else _described(observed)


def _same_condition(wanted: str, got: str) -> bool:
    """As in PL/pgSQL: a code that ends in 000 stands for its class; one name may have two codes."""
    if wanted.endswith("000") and got[:2] == wanted[:2]:
        return True
    return wanted == got or (wanted in CONDITIONS and CONDITIONS[wanted] == CONDITIONS.get(got))


def _judge_plan(expectation: Expectation, observed: Observation) -> tuple[bool, str]:
    used = sorted(set(_indexes(json.loads(observed.plan or "[]"))))
    if expectation.index in used:
        return True, ""
    return False, f"a plan that uses {', '.join(used)}" if used else "a plan without an index"


def _indexes(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("Index Name"), str):
            yield node["Index Name"]
        for value in node.values():
            yield from _indexes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _indexes(value)


_JUDGES: dict[Kind, Callable[[Expectation, Observation], tuple[bool, str]]] = {
    Kind.SUCCESS: _judge_success,
    Kind.ROWS: _judge_rows,
    Kind.VALUE: _judge_value,
    Kind.PLAN: _judge_plan,
}
