"""A check: a verification query with an expectation."""

from dataclasses import dataclass
from enum import StrEnum

from ceremony.core.expectations import CheckResult, Expectation
from ceremony.core.script import Statement

__all__ = ["Check", "CheckResult", "CheckSeverity", "When"]


class When(StrEnum):
    """When a check runs."""

    BEFORE = "before"
    AFTER = "after"
    ALWAYS = "always"
    MONITOR = "monitor"
    BEFORE_ROLLBACK = "before rollback"
    AFTER_ROLLBACK = "after rollback"


class CheckSeverity(StrEnum):
    """What a broken expectation does: refuse, warn, or only inform."""

    BLOCK = "block"
    WARN = "warn"
    INFO = "info"


@dataclass(frozen=True)
class Check:
    """One block of a ``.verify.sql``: set-up statements, one question, one expectation."""

    name: str
    path: str
    line: int
    when: When
    only_if: Statement | None
    severity: CheckSeverity
    expectation: Expectation
    setup: tuple[Statement, ...]
    question: Statement
