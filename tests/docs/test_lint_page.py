"""The page of the lint has a row for each rule, with what the rule says of itself."""

import re

import pytest

from ceremony.core.rules import BUILT_IN
from tests.docs.pages import CHECKOUT

PAGE = (CHECKOUT / "docs" / "reference" / "lint.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(lint-[^`]+)`.*$", PAGE, re.MULTILINE)


def _row(rule):
    severity = rule.severity.value if rule.severity else "–"
    return f"| `{rule.code}` | {severity} | {rule.title} | {rule.reason} [Manual]({rule.link}) |"


@pytest.mark.parametrize("rule", BUILT_IN, ids=lambda rule: rule.code)
def test_a_rule_has_its_row(rule):
    assert _row(rule) in PAGE.splitlines()


def test_rows_are_in_order_and_about_rules_that_are_there():
    assert sorted(rule.code for rule in BUILT_IN) == ROWS


def test_every_rule_has_a_file_and_a_test_of_its_name():
    stems = {rule.code.removeprefix("lint-").replace("-", "_") for rule in BUILT_IN}
    rules = (CHECKOUT / "ceremony" / "core" / "rules").glob("[a-z]*.py")
    tests = (CHECKOUT / "tests" / "core" / "rules").glob("test_*.py")
    assert {path.stem for path in rules} == stems
    assert {path.stem.removeprefix("test_") for path in tests} >= stems
