"""Checks in words: counts, and what stood in the way of those that did not pass."""

from collections import Counter
from collections.abc import Sequence

from ceremony.core.check import CheckResult, CheckSeverity
from ceremony.core.outcome import CheckOutcome
from ceremony.management.page import Page, Part
from ceremony.management.units import counted, listed
from ceremony.management.visible import visible_lines

_MARKS = {
    CheckResult.PASS: ("✓", "ok"),
    CheckResult.FAIL: ("✕", "bad"),
    CheckResult.NOT_APPLICABLE: ("◐", "warn"),
    CheckResult.NOT_RUN: ("·", "dim"),
}
_SAMPLE = 5
_FEW = 3


def passed(checks: Sequence[CheckOutcome]) -> str:
    """``12/14``, or ``none`` where there are no checks."""
    if not checks:
        return "none"
    return f"{sum(c.result is CheckResult.PASS for c in checks)}/{len(checks)}"


def checks_sentence(checks: Sequence[CheckOutcome]) -> str:
    """``All 14 checks passed.`` or ``12 of 14 checks passed, 2 not applicable.``"""
    if not checks:
        return "There were no checks."
    good = sum(check.result is CheckResult.PASS for check in checks)
    if good == len(checks):
        return "The one check passed." if good == 1 else f"All {counted(good, 'check')} passed."
    others = (
        (sum(check.result is result for check in checks), result.value.lower())
        for result in (CheckResult.FAIL, CheckResult.NOT_APPLICABLE, CheckResult.NOT_RUN)
    )
    rest = listed(tuple(f"{n:,} {'failed' if word == 'fail' else word}" for n, word in others if n))
    return f"{good:,} of {counted(len(checks), 'check')} passed, {rest}."


def add_checks(
    page: Page, label: str, checks: Sequence[CheckOutcome], prefix: str, *, all_of_them: bool
) -> None:
    """Add the checks of one migration that did not pass (or ``all_of_them``) below its label. Many
    that did not run for one and the same reason are only counted.
    """
    shown = [one for one in checks if all_of_them or one.result is not CheckResult.PASS]
    if not shown:
        return
    page.line((label, "bold"), indent=2)
    idle = Counter(one.explanation for one in shown if one.result is CheckResult.NOT_RUN)
    many = {why: count for why, count in idle.items() if count > _FEW and not all_of_them}
    for outcome in shown:
        if outcome.result is CheckResult.NOT_RUN and outcome.explanation in many:
            continue
        mark, style = _MARKS[outcome.result]
        weight = outcome.check.severity
        told = "" if weight is CheckSeverity.BLOCK else f" ({weight.value} only)"
        parts: list[Part] = [(f"{mark} {outcome.result.value}", style)]
        parts.append(f"  {outcome.check.name}{told}")
        if outcome.result is CheckResult.PASS:
            page.line(*parts, indent=4)
            continue
        place = f"  {prefix}{outcome.check.path}:{outcome.check.line}"
        page.line(*parts, (place, "dim"), indent=4)
        _explain(page, outcome)
    mark, style = _MARKS[CheckResult.NOT_RUN]
    for why, count in many.items():
        told = f"  {count:,} checks (-v 2 names them)"
        page.line((f"{mark} {CheckResult.NOT_RUN.value}", style), told, indent=4)
        for line in visible_lines(why):
            page.line(line, indent=6)


def _explain(page: Page, outcome: CheckOutcome) -> None:
    for line in visible_lines(outcome.explanation):
        page.line(line, indent=6)
    observed = outcome.observed
    if outcome.result is not CheckResult.FAIL or not observed.rows:
        return
    sample: list[list[Part]] = [
        ["NULL" if value is None else value for value in row] for row in observed.rows[:_SAMPLE]
    ]
    inner = Page()
    inner.table(observed.columns, sample)
    page.extend(inner.indented(4))
    if observed.row_count > len(sample):
        page.line((f"… {observed.row_count:,} rows in all", "dim"), indent=6)
