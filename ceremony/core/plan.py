"""The plan: the ordered steps for one series on one target, in one direction."""

from dataclasses import dataclass
from enum import StrEnum

from ceremony.core.check import Check
from ceremony.core.finding import Finding
from ceremony.core.history import Event
from ceremony.core.migration import Migration
from ceremony.core.script import Script


class Direction(StrEnum):
    APPLY = "apply"
    ROLL_BACK = "roll back"


@dataclass(frozen=True)
class Step:
    """One migration's part of a plan.

    ``event`` is the ledger event that says the step is done (APPLIED, ROLLED_BACK, SUPERSEDED). ``script`` is what
    runs, ``None`` where only a row is written (superseded). ``resume_after`` is the number of the last statement that
    is already in, for a step outside a transaction that is taken up again.
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


@dataclass(frozen=True)
class Plan:
    """Steps in the order they run. ``findings`` holds refusals (errors) and notices (reworded, late …)."""

    series: str
    direction: Direction
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...] = ()
