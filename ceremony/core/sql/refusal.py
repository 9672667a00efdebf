"""What a rule says about one statement, before it has a place in a file."""

from dataclasses import dataclass

from ceremony.core.finding import Finding, Severity
from ceremony.core.script import Statement


@dataclass(frozen=True)
class Refusal:
    """Code, message, hint and severity; as in Finding."""

    code: str
    message: str
    hint: str
    severity: Severity = Severity.ERROR

    def at(self, path: str, statement: Statement) -> Finding:
        """The finding at the first character of ``statement``."""
        return Finding(
            path,
            statement.line,
            statement.column,
            self.code,
            self.message,
            self.hint,
            self.severity,
        )
