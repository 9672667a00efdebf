"""A finding: one thing noticed about a file, with its place and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters. Only an error refuses."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, order=True)
class Finding:
    """What was found, where, and what to type or change.

    ``path`` is relative to the folder of series and ``""`` where no file is meant; ``line`` and
    ``column`` count from 1 in characters, 0 where the whole file is meant. ``code`` is a stable
    ``area-reason`` word.
    """

    path: str
    line: int
    column: int
    code: str
    message: str
    hint: str
    severity: Severity = Severity.ERROR

    @property
    def place(self) -> str:
        """``file:line:column``, as editors understand it."""
        parts = [self.path or "."]
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(parts)


def errors(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings that refuse."""
    return tuple(finding for finding in findings if finding.severity is Severity.ERROR)


_SHOWN = 80


def shown(text: str) -> str:
    """A text from a file, quoted, escaped and cut to 80 characters, fit for a message."""
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def refuse(
    path: str, code: str, message: str, hint: str, *, line: int = 0, column: int = 0
) -> Finding:
    """A finding that refuses."""
    return Finding(path, line, column, code, message, hint)


def warn(
    path: str, code: str, message: str, hint: str, *, line: int = 0, column: int = 0
) -> Finding:
    """A finding that a person should look at; it refuses nothing."""
    return Finding(path, line, column, code, message, hint, Severity.WARNING)


def note(
    path: str, code: str, message: str, hint: str, *, line: int = 0, column: int = 0
) -> Finding:
    """A finding that is only worth knowing."""
    return Finding(path, line, column, code, message, hint, Severity.NOTICE)
