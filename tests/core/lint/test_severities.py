import pytest

from ceremony.core.finding import Finding, Severity
from ceremony.core.lint import Rule
from ceremony.core.lint.severities import severities
from tests.core.folders import series_of


def _rule(code, severity):
    return Rule(code, "a title", "A reason.", "https://example.org", lambda subject: (), severity)


RULES = {
    rule.code: rule
    for rule in (
        _rule("lint-warns", Severity.WARNING),
        _rule("lint-notes", Severity.NOTICE),
        _rule("lint-asked-for", None),
    )
}
DEFAULTS = {
    "lint-warns": Severity.WARNING,
    "lint-notes": Severity.NOTICE,
    "lint-asked-for": None,
}


def _read(text):
    return severities(series_of({"series.toml": text, "0001_a.sql": "SELECT 1;"}), RULES)


def test_without_a_word_rules_have_their_own_severity():
    read = _read('title = "Shop"\n')
    assert (read.by_code, read.findings) == (DEFAULTS, ())


@pytest.mark.parametrize(
    ("said", "code", "severity"),
    [
        ('lint-warns = "error"', "lint-warns", Severity.ERROR),
        ('lint-warns = "warning"', "lint-warns", Severity.WARNING),
        ('lint-notes = "warning"', "lint-notes", Severity.WARNING),
        ('lint-asked-for = "notice"', "lint-asked-for", Severity.NOTICE),
        ('lint-asked-for = "off"', "lint-asked-for", None),
        ('lint-warns = { severity = "error" }', "lint-warns", Severity.ERROR),
        ('lint-warns = { severity = "notice", reason = "x" }', "lint-warns", Severity.NOTICE),
        ('lint-warns = { severity = "off", reason = "x" }', "lint-warns", None),
    ],
)
def test_a_series_gives_another_severity(said, code, severity):
    read = _read(f"[lint]\n{said}\n")
    assert (read.by_code, read.findings) == ({**DEFAULTS, code: severity}, ())


@pytest.mark.parametrize(
    ("said", "message", "hint"),
    [
        (
            'lint-warns = "off"',
            "[lint] makes 'lint-warns' less severe without a reason.",
            'Write lint-warns = { severity = "off", reason = "…" }.',
        ),
        (
            'lint-warns = { severity = "notice", reason = " " }',
            "[lint] makes 'lint-warns' less severe without a reason.",
            'Write lint-warns = { severity = "notice", reason = "…" }.',
        ),
        (
            'lint-warn = "error"',
            "[lint] names 'lint-warn'; there is no such rule.",
            "Did you mean 'lint-warns'?",
        ),
        (
            'severity = "error"',
            "[lint] names 'severity'; there is no such rule.",
            "docs/reference/lint.md lists the rules.",
        ),
        (
            'lint-warns = "fatal"',
            "[lint] gives 'lint-warns' the value 'fatal', which is no severity.",
            'Write "error", "warning", "notice", or lint-warns = '
            '{ severity = "off", reason = "…" }.',
        ),
        (
            "lint-warns = true",
            "[lint] gives 'lint-warns' the value True, which is no severity.",
            'Write "error", "warning", "notice", or lint-warns = '
            '{ severity = "off", reason = "…" }.',
        ),
        (
            'lint-warns = { severity = "off", why = "x" }',
            "[lint] gives 'lint-warns' the value {'severity': 'off', 'why': 'x'}, which is no "
            "severity.",
            'Write "error", "warning", "notice", or lint-warns = '
            '{ severity = "off", reason = "…" }.',
        ),
    ],
)
def test_what_cannot_be_meant_changes_nothing_and_is_an_error(said, message, hint):
    read = _read(f"[lint]\n{said}\n")
    assert read.by_code == DEFAULTS
    path = "shop/series.toml"
    assert read.findings == (Finding(path, 0, 0, "settings-lint", message, hint),)


def test_a_lint_that_is_no_table_is_an_error_of_the_settings():
    series = series_of({"series.toml": 'lint = "off"\n', "0001_a.sql": "SELECT 1;"})
    assert [f.code for f in series.findings if f.path.endswith(".toml")] == ["settings-value"]
    assert severities(series, RULES).by_code == DEFAULTS


@pytest.mark.parametrize("code", ["drops", "lint-", "Lint-drops", "lint_drops", "rule-drops"])
def test_the_code_of_a_rule_begins_with_lint(code):
    with pytest.raises(ValueError, match=f"'{code}' is no code of a rule: write lint-some-words"):
        _rule(code, Severity.WARNING)
