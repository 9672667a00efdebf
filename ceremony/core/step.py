"""Plans as values: the ordered steps for one series on one target, in one direction."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from ceremony.core.chain import canonical
from ceremony.core.check import Check
from ceremony.core.contract.requirement import Requirement
from ceremony.core.finding import Finding
from ceremony.core.header import Header
from ceremony.core.ledger_row import Event
from ceremony.core.migration import Migration
from ceremony.core.script import Script


class Direction(StrEnum):
    """Which way a plan goes."""

    APPLY = "apply"
    ROLL_BACK = "roll back"


@dataclass(frozen=True)
class Step:
    """One migration's part of a plan.

    ``event`` is the ledger event that says the step is done (APPLIED, ROLLED_BACK, SUPERSEDED).
    ``script`` is what runs, ``None`` where only a row is written (superseded). ``resume_after`` is
    the number of the last statement that is already in, for a step outside a transaction that is
    taken up again. ``contract`` is what must be there when the step is done.
    """

    number: int
    migration: Migration
    direction: Direction
    event: Event
    script: Script | None
    checks_before: tuple[Check, ...] = ()
    checks_after: tuple[Check, ...] = ()
    variant: str = ""
    transactional: bool = True
    resume_after: int = 0
    contract: tuple[Requirement, ...] = ()

    @property
    def header(self) -> Header:
        """The header of the file that runs: of the change, or of the way back that was chosen."""
        if self.direction is Direction.APPLY:
            return self.migration.header
        return self.migration.rollback_headers.get(self.variant, Header())

    @property
    def data_loss(self) -> str:
        """What the headers say is lost by this step (``rollback (drops orders)``), ``""`` if
        nothing.
        """
        if self.script is None:
            return ""
        if self.direction is Direction.ROLL_BACK:
            return self.migration.data_loss_of_rollback(self.variant)
        header = self.migration.header
        return header.data_loss if header.loses_on_apply else ""

    @property
    def loses_data(self) -> bool:
        """Whether a person must accept a loss before this step."""
        return bool(self.data_loss)


@dataclass(frozen=True)
class Plan:
    """Steps in the order they run. ``findings`` holds refusals (errors) and notices (reworded,
    late …).
    """

    series: str
    direction: Direction
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...] = ()


PLAN = "plan1"
"""The algorithm of a plan's fingerprint, which stands in front of it."""


def plan_digest(plan: Plan) -> str:
    """The fingerprint of what would run: ``plan1:`` and 64 hexadecimal digits.

    SHA-256 over the canonical JSON of series, direction and, per step, version, name, event,
    variant, the digests of all files that take part, and where it is taken up again. Findings do
    not count.
    """
    payload = {
        "series": plan.series,
        "direction": plan.direction.value,
        "steps": [
            {
                "version": str(step.migration.version),
                "name": step.migration.name,
                "event": step.event.value,
                "variant": step.variant,
                "script": step.script.bytes_digest if step.script else "",
                "change": step.migration.script.bytes_digest,
                "checks": step.migration.verify_digest,
                "resume_after": step.resume_after,
            }
            for step in plan.steps
        ],
    }
    return f"{PLAN}:{hashlib.sha256(canonical(payload)).hexdigest()}"
