"""Reports: what the actions answer, as values that every door renders in its own way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ceremony.core.check import CheckResult, CheckSeverity
from ceremony.core.contract.judging import ContractReport
from ceremony.core.drift import DriftReport, SnapshotTaken
from ceremony.core.finding import Finding
from ceremony.core.halting import LedgerHalt
from ceremony.core.item import Judged
from ceremony.core.lint.rule import Rule
from ceremony.core.open_ceremony import OpenCeremony
from ceremony.core.outcome import CheckOutcome, Problem, StepOutcome
from ceremony.core.plan import Plan
from ceremony.core.policy import Policy
from ceremony.core.risks import KnownRisk
from ceremony.core.series import Series


class Verdict(StrEnum):
    """The computed verdict of a run or a verification. Only PASS is a pass."""

    PASS = "PASS"
    PARTIAL = "PARTIAL"
    FAIL = "FAIL"
    NOT_RUN = "NOT RUN"


def verdict_on(checks: Iterable[CheckOutcome]) -> Verdict:
    """FAIL for a blocking check that did not hold or did not run, PARTIAL for one that does not
    count as passed, else PASS. A check that only informs does not count.
    """
    verdict = Verdict.PASS
    for one in checks:
        if one.result is CheckResult.PASS or one.check.severity is CheckSeverity.INFO:
            continue
        blocks = one.check.severity is CheckSeverity.BLOCK
        if blocks and one.result is not CheckResult.NOT_APPLICABLE:
            return Verdict.FAIL
        verdict = Verdict.PARTIAL
    return verdict


@dataclass(frozen=True)
class TargetFacts:
    """Which database is meant.

    No secret is in here. ``server_version`` is PostgreSQL's number (180004).
    """

    alias: str
    environment: str
    host: str
    port: str
    database: str
    user: str
    server_version: int = 0
    protected: bool = False


@dataclass(frozen=True)
class CheckReport:
    """What ``check_sql`` prints: every finding of the series asked for.

    ``rules`` are the rules of the lint that found something.
    """

    series: tuple[Series, ...]
    findings: tuple[Finding, ...]
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class PlanReport:
    """What ``plan_sql`` prints. ``digest`` is the plan's fingerprint, ``risks`` the register of the
    series, ``policy`` what the target's environment demands of this plan, where it was asked.
    """

    target: TargetFacts
    plan: Plan
    applied: int
    digest: str
    risks: tuple[KnownRisk, ...] = ()
    policy: Policy | None = None


@dataclass(frozen=True)
class RunReport:
    """What ``apply_sql`` and ``rollback_sql`` print at the end.

    ``settled`` tells what earlier crashed attempts turned out to be; ``findings`` holds notices
    (reworded files …). ``run`` is the number under which the record can be found, 0 when there
    was nothing to do. ``drift`` is what comparing before the run came to, ``None`` where there was
    nothing to compare with; ``snapshot`` is what the run left. ``ceremony`` is the number of the
    ceremony that the run belongs to, 0 for none. ``verification`` has the items that were looked at
    afterwards: those of the verification, then those of the acceptance as they stand. ``halted``:
    the run was what had been decided about a halt of the target, and that goes on.
    """

    run: int
    target: TargetFacts
    plan: Plan
    outcomes: tuple[StepOutcome, ...]
    findings: tuple[Finding, ...]
    settled: tuple["Settled", ...]
    seconds: float
    verdict: Verdict
    problem: Problem | None = None
    drift: DriftReport | None = None
    snapshot: SnapshotTaken | None = None
    ceremony: int = 0
    verification: tuple[Judged, ...] = ()
    halted: bool = False


class MigrationState(StrEnum):
    """A migration on one target, as ``status_sql`` shows it."""

    APPLIED = "applied"
    REWORDED = "reworded"
    CHANGED = "changed"
    MISSING = "missing"
    PENDING = "pending"
    LATE = "late"
    ROLLED_BACK = "rolled back"
    PARTLY = "partly applied"
    BASELINED = "baselined"
    SUPERSEDED = "superseded"
    PLANNED = "planned"
    RETIRED = "retired"


@dataclass(frozen=True)
class StatusLine:
    """One migration of ``status_sql``. ``note`` is one sentence where something is worth saying."""

    label: str
    state: MigrationState
    at: datetime | None = None
    by: str = ""
    note: str = ""


@dataclass(frozen=True)
class StatusReport:
    """``unsettled`` counts attempts in control that have no outcome yet. ``running`` says who
    holds the target's lock now, ``""`` when nobody does. ``ceremonies`` are those that are open.
    ``halt`` is what the ledger says of a halt that stands, ``None`` without one.
    """

    target: TargetFacts
    series: str
    lines: tuple[StatusLine, ...]
    findings: tuple[Finding, ...]
    unsettled: int = 0
    running: str = ""
    ceremonies: tuple[OpenCeremony, ...] = ()
    halt: LedgerHalt | None = None

    @property
    def pending(self) -> int:
        """How many migrations wait to be applied (late and partly applied ones too)."""
        waiting = {
            MigrationState.PENDING,
            MigrationState.LATE,
            MigrationState.ROLLED_BACK,
            MigrationState.PARTLY,
        }
        return sum(line.state in waiting for line in self.lines)


@dataclass(frozen=True)
class VerifiedMigration:
    """The checks of one applied migration, run again."""

    label: str
    checks: tuple[CheckOutcome, ...]


@dataclass(frozen=True)
class VerifyReport:
    """What ``verify_sql`` prints: files against ledger, ledger against itself and control,
    checks; the contract, where something of it holds; and drift, where it was asked for.
    """

    target: TargetFacts
    series: str
    findings: tuple[Finding, ...]
    migrations: tuple[VerifiedMigration, ...]
    verdict: Verdict
    drift: DriftReport | None = None
    contract: ContractReport | None = None


class SettledAs(StrEnum):
    """What an attempt without outcome turned out to be."""

    DONE = "done"
    ABORTED = "aborted"
    PARTLY = "partly"
    NOT_STARTED = "not started"


@dataclass(frozen=True)
class Settled:
    """One attempt that a crash left open, as the ledger settled it."""

    attempt: UUID
    series: str
    label: str
    settled_as: SettledAs
    explanation: str


@dataclass(frozen=True)
class ReconcileReport:
    """What ``reconcile_sql`` prints. ``findings`` names what no rule may settle (a person must).

    ``accepted`` is the drift that a person accepted, ``snapshot`` the snapshot that holds it.
    """

    target: TargetFacts
    settled: tuple[Settled, ...]
    repaired: tuple[str, ...]
    findings: tuple[Finding, ...]
    accepted: DriftReport | None = None
    snapshot: SnapshotTaken | None = None
