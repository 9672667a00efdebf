"""Rules of other packages: entry points of distributions that a test puts on the path."""

import re
import sys
from pathlib import Path

import pytest

from ceremony.core.lint import lint
from ceremony.core.rules import BUILT_IN
from ceremony.errors import ExitCode, UsageError
from ceremony.sources.rules import offered_rules
from tests.core.folders import series_of

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "lint.md"
RULE = """
from ceremony.core.lint import Rule

ONE = Rule("lint-one", "one", "It is.", "https://example.org/", lambda subject: ())
TWO = Rule("lint-two", "two", "It is.", "https://example.org/", lambda subject: ())
TAKEN = Rule("lint-not-idempotent", "x", "It is.", "https://example.org/", lambda subject: ())
OTHER = "no rule"
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Call with entry points as lines: a distribution offers them, with the module ``foreign``."""

    def install(points, name="foreign_rules", module="foreign_rules", code=RULE):
        (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[ceremony.rules]\n{points}\n")
        monkeypatch.delitem(sys.modules, module, raising=False)

    monkeypatch.syspath_prepend(str(tmp_path))
    yield install
    for module in ("foreign_rules", "shop.rules", "shop"):
        sys.modules.pop(module, None)


def _codes(rules):
    return [rule.code for rule in rules]


def test_without_another_package_there_is_none():
    assert offered_rules(BUILT_IN) == ()


def test_rules_come_in_the_order_of_their_names(installed):
    installed("b = foreign_rules:ONE\na = foreign_rules:TWO")
    assert _codes(offered_rules(BUILT_IN)) == ["lint-two", "lint-one"]


@pytest.mark.parametrize(
    ("points", "value", "why"),
    [
        ("x = nowhere:ONE", "nowhere:ONE", "it cannot be loaded: No module named 'nowhere'"),
        (
            "x = foreign_rules:NOTHING",
            "foreign_rules:NOTHING",
            "it cannot be loaded: module 'foreign_rules' has no attribute 'NOTHING'",
        ),
        ("x = foreign_rules:OTHER", "foreign_rules:OTHER", "it is no ceremony.core.lint.Rule"),
        (
            "x = foreign_rules:TAKEN",
            "foreign_rules:TAKEN",
            "its code 'lint-not-idempotent' is taken by another rule",
        ),
        (
            "a = foreign_rules:ONE\nx = foreign_rules:ONE",
            "foreign_rules:ONE",
            "its code 'lint-one' is taken by another rule",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(installed, points, value, why):
    installed(points)
    with pytest.raises(UsageError) as caught:
        offered_rules(BUILT_IN)
    assert str(caught.value) == (
        f"The entry point x = {value} of ceremony.rules cannot be used: {why}. [rules-unusable]\n"
        "Nothing was changed.\nNext: Mend or uninstall the package that offers it."
    )
    assert caught.value.exit_code is ExitCode.USAGE


def test_the_example_of_the_page_is_a_rule(installed, tmp_path):
    page = PAGE.read_text(encoding="utf-8").partition("## Rules of your own")[2]
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    [point] = re.findall(r'money = "(.*)"', page)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    installed(f"money = {point}", "shop", "shop/rules", code)
    [rule] = offered_rules(BUILT_IN)
    files = {
        "0001_a.sql": "CREATE TABLE a (\n    b money,\n    c numeric(12,2),\n    d text\n);\n"
        "-- lint: allow lint-money (an old table)\nCREATE TABLE b (c money);\n"
    }
    [finding] = lint({"shop": series_of(files)}, [rule])
    assert (finding.line, finding.code, finding.message) == (1, "lint-money", "b is money.")
