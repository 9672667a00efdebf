"""What a rule says about files that a test makes up."""

from collections.abc import Mapping

from ceremony.core.lint import Rule, lint
from ceremony.core.lint.severities import severities
from tests.core.folders import series_of


def found(rule: Rule, files: str | Mapping[str, str]) -> list[tuple[str, int, str]]:
    """File, line and message of each finding of ``rule``; one text is the file ``0001_a.sql``.

    A rule that a series has to ask for is asked for.
    """
    given = {"0001_a.sql": files} if isinstance(files, str) else dict(files)
    if rule.severity is None:
        given.setdefault("series.toml", f'[lint]\n{rule.code} = "warning"\n')
    series = series_of(given)
    refused = [f for f in series.findings if f.code not in ("checks-missing", "rollback-missing")]
    assert refused == []
    assert severities(series, {rule.code: rule}).findings == ()
    findings = lint({series.name: series}, [rule])
    assert {finding.code for finding in findings} <= {rule.code}
    return [(f.path.removeprefix("shop/"), f.line, f.message) for f in findings]


def lines(rule: Rule, files: str | Mapping[str, str]) -> list[int]:
    """The lines of the findings alone."""
    return [line for _, line, _ in found(rule, files)]
