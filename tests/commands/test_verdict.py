"""One verdict on a set of checks: a page and the run that it tells of cannot differ."""

import itertools

import pytest

from ceremony.actions.execute import verdict_of
from ceremony.core.check import CheckResult, CheckSeverity
from ceremony.core.report import Verdict, verdict_on
from ceremony.management.pages.verdict import step_verdict
from tests.commands import values

KINDS = list(itertools.product(CheckSeverity, CheckResult))
EXPECTED = {
    (CheckSeverity.BLOCK, CheckResult.FAIL): Verdict.FAIL,
    (CheckSeverity.BLOCK, CheckResult.NOT_RUN): Verdict.FAIL,
    (CheckSeverity.BLOCK, CheckResult.NOT_APPLICABLE): Verdict.PARTIAL,
    (CheckSeverity.WARN, CheckResult.FAIL): Verdict.PARTIAL,
    (CheckSeverity.WARN, CheckResult.NOT_RUN): Verdict.PARTIAL,
    (CheckSeverity.WARN, CheckResult.NOT_APPLICABLE): Verdict.PARTIAL,
}


@pytest.mark.parametrize(("severity", "result"), KINDS)
def test_the_verdict_on_one_check(severity, result):
    found = values.checked("a", result, severity=severity)
    assert verdict_on([found]) is EXPECTED.get((severity, result), Verdict.PASS)


@pytest.mark.parametrize("kinds", list(itertools.product(KINDS, repeat=2)))
def test_the_page_says_what_the_run_says(kinds):
    checks = tuple(values.checked("a", result, severity=severity) for severity, result in kinds)
    step = values.outcome(values.step(values.ORDERS, 1), checks=checks)
    verdict, _ = verdict_of((step,))
    assert step_verdict(step) == verdict.value
