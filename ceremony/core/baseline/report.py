"""What ``baseline_sql`` answers."""

from dataclasses import dataclass

from ceremony.core.baseline.proof import Proof
from ceremony.core.finding import Finding
from ceremony.core.outcome import CheckOutcome, Problem, StepOutcome
from ceremony.core.report import Settled, TargetFacts, Verdict


@dataclass(frozen=True)
class BaselineReport:
    """``written`` are the paths of files that were made; ``proof`` is ``None`` where the file did
    not get so far; ``outcomes`` are the rows that were recorded, oldest first.

    ``run`` is the number of the record, 0 where nothing was to be done. ``recording`` is false for
    ``--check``.
    """

    run: int
    target: TargetFacts
    series: str
    label: str
    written: tuple[str, ...]
    proof: Proof | None
    checks: tuple[CheckOutcome, ...]
    outcomes: tuple[StepOutcome, ...]
    findings: tuple[Finding, ...]
    settled: tuple[Settled, ...]
    verdict: Verdict
    problem: Problem | None = None
    recording: bool = True
