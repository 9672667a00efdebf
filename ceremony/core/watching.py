"""What a look of ``watch_sql`` found, as a value."""

from dataclasses import dataclass
from datetime import datetime

from ceremony.core.check import CheckResult
from ceremony.core.outcome import CheckOutcome, Problem
from ceremony.core.report import TargetFacts, Verdict, VerifiedMigration


@dataclass(frozen=True)
class WatchLook:
    """One look at the monitor checks of what is applied.

    ``run`` is the number of its record, ``ceremony`` that of the change that is watched (0 for
    none). ``target`` is ``None`` where it could not be reached; then ``problem`` says why.
    ``missing`` are checks that ``[health]`` names and nothing applied has.
    """

    run: int
    ceremony: int
    alias: str
    series: str
    at: datetime
    target: TargetFacts | None
    migrations: tuple[VerifiedMigration, ...]
    verdict: Verdict
    problem: Problem | None = None
    missing: tuple[str, ...] = ()

    @property
    def checks(self) -> tuple[CheckOutcome, ...]:
        """All checks of all migrations."""
        return tuple(check for one in self.migrations for check in one.checks)

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(check.result is CheckResult.PASS for check in self.checks)

    @property
    def breached(self) -> bool:
        """Whether something does not hold, or could not be asked."""
        return self.verdict is not Verdict.PASS
