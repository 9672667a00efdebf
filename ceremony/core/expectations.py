"""Expectations of checks, what was observed, and the judgement of one against the other."""

from dataclasses import dataclass
from enum import StrEnum


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

    ROWS: ``operator`` and ``count`` (no rows is ``= 0``, rows is ``>= 1``). VALUE: ``operator`` and ``value``.
    ERROR: ``sqlstate`` (five characters), ``constraint`` and ``message`` where given. PLAN: ``index``.
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

    @property
    def must_fail(self) -> bool:
        """Whether the question is meant to be refused by the server."""
        return self.kind is Kind.ERROR


@dataclass(frozen=True)
class Observation:
    """What the server answered to a check's question.

    ``rows`` holds at most the kept sample, as text (``None`` is NULL), ``row_count`` all of them; for a failed
    question the ``sqlstate``, ``message`` and ``constraint`` of its error. ``plan`` is the JSON text of EXPLAIN.
    ``failed_at`` is 0 when the question itself was reached, else the number (from 1) of the set-up statement
    that failed.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    row_count: int = 0
    sqlstate: str = ""
    message: str = ""
    constraint: str = ""
    plan: str = ""
    failed_at: int = 0
