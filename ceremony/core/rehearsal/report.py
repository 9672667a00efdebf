"""What ``rehearse_sql`` answers, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ceremony.core.chain import Json
from ceremony.core.finding import Finding, errors
from ceremony.core.rehearsal.drill import Drill
from ceremony.core.rehearsal.sequence import SequenceStep
from ceremony.core.report import TargetFacts
from ceremony.core.risks import KnownRisk


@dataclass(frozen=True)
class RehearsalReport:
    """``number`` is the one under which the certificate is recorded, 0 when nothing was rehearsed.

    ``fingerprints`` are the digests of the catalog where the rehearsal begins (``before``) and
    behind the last change (``after``), and those of the rights there.

    ``source`` says in words what the scratch database began as, ``rows`` how many rows were made
    up per table (``None``: none), ``only`` the one version that was asked for. ``swept`` are
    databases that killed rehearsals had left and that are dropped now. ``extensions`` maps those in
    the scratch database, behind the last migration, to their versions. ``risks`` is the register of
    the series.
    """

    target: TargetFacts
    series: str
    source: str
    drills: tuple[Drill, ...]
    sequence: tuple[SequenceStep, ...]
    findings: tuple[Finding, ...]
    started_at: datetime
    seconds: float
    swept: tuple[str, ...] = ()
    extensions: Mapping[str, str] = field(default_factory=dict)
    rows: int | None = None
    only: str = ""
    not_drilled: tuple[str, ...] = ()
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    risks: tuple[KnownRisk, ...] = ()
    number: int = 0
    certificate: Mapping[str, Json] = field(default_factory=dict)
    digest: str = ""

    @property
    def clean(self) -> bool:
        """Whether no finding is an error, and everything that was asked for was drilled."""
        return not errors(self.findings) and not self.not_drilled
