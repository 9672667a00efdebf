"""Judging the automatic items of pre-flight from what was seen."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from ceremony.core.chain import Json
from ceremony.core.check import CheckResult, CheckSeverity
from ceremony.core.item import Item, ItemResult, Judged
from ceremony.core.outcome import CheckOutcome

UNANSWERED = "Nobody has answered it yet."
"""What is said of an item that waits for a person."""

HALTS = "halts"
"""In the evidence of an item: the answer FAIL stops the world."""

SHOWN = 5
"""How many names a sentence has before it says how many more there are."""


def passed(item: Item, at: datetime, why: str = "", **evidence: Json) -> Judged:
    """The item holds."""
    return Judged(item, ItemResult.PASS, why, evidence, at=at)


def failed(item: Item, at: datetime, why: str, **evidence: Json) -> Judged:
    """The item does not hold; ``why`` says what to do, too."""
    return Judged(item, ItemResult.FAIL, why, evidence, at=at)


def not_run(item: Item, at: datetime, why: str, **evidence: Json) -> Judged:
    """Nobody looked, or nothing could be seen. That is never a pass."""
    return Judged(item, ItemResult.NOT_RUN, why, evidence, at=at)


def listed(names: Iterable[str]) -> str:
    """``a, b and 3 more``."""
    every = list(names)
    told = ", ".join(every[:SHOWN])
    return f"{told} and {len(every) - SHOWN} more" if len(every) > SHOWN else told


def judged_by_checks(item: Item, at: datetime, checks: Sequence[CheckOutcome]) -> Judged:
    """An item that stands for checks: a blocking one that did not hold fails it. One that did not
    run is no pass, and neither is an item of whose checks none ran. What is not applicable, and
    what only warns or informs, is told and stops nothing.
    """
    evidence: list[Json] = [
        {
            "check": one.check.name,
            "severity": one.check.severity.value,
            "result": one.result.value,
            "explanation": one.explanation,
            "rows": one.observed.row_count,
        }
        for one in checks
    ]
    blocking = [one for one in checks if one.check.severity is CheckSeverity.BLOCK]
    wrong = [one for one in blocking if one.result is CheckResult.FAIL]
    unknown = [one for one in blocking if one.result is CheckResult.NOT_RUN]
    if wrong:
        told = listed(f"“{one.check.name}”: {one.explanation}" for one in wrong)
        return failed(item, at, f"{_some(wrong)} not hold. {told}", checks=evidence)
    if unknown:
        told = listed(f"“{one.check.name}”: {one.explanation}" for one in unknown)
        return not_run(item, at, f"{_some(unknown)} not run. {told}", checks=evidence)
    held = sum(one.result is CheckResult.PASS for one in checks)
    aside = [one for one in checks if one.result is not CheckResult.PASS]
    told = listed(f"“{one.check.name}” {one.result.value}" for one in aside)
    if all(one.result not in (CheckResult.PASS, CheckResult.FAIL) for one in checks):
        return not_run(item, at, f"No check ran: {told}.", checks=evidence)
    why = f"{held} of {len(checks)} checks hold" + (f"; {told}." if aside else ".")
    return passed(item, at, why, checks=evidence)


def _some(checks: Sequence[CheckOutcome]) -> str:
    return "1 check did" if len(checks) == 1 else f"{len(checks)} checks did"
