"""Findings as GitHub workflow commands, which become annotations at the lines of a pull request.

The form and its escapes are those of "Workflow commands for GitHub Actions" in GitHub's
documentation.
"""

from collections.abc import Iterable, Mapping

from ceremony.core.finding import Finding
from ceremony.core.lint import Rule
from ceremony.management.visible import visible


def annotations(findings: Iterable[Finding], prefix: str, rules: Iterable[Rule] = ()) -> str:
    """One line per finding. ``prefix`` leads from the working directory to the folder of series.

    ``rules`` are those whose findings end with a link.
    """
    links = {rule.code: rule.link for rule in rules}
    return "".join(_annotation(finding, prefix, links) for finding in findings)


def _annotation(finding: Finding, prefix: str, links: Mapping[str, str]) -> str:
    properties = {"file": prefix + finding.path} if finding.path else {}
    if finding.path and finding.line:
        properties["line"] = str(finding.line)
        if finding.column:
            properties["col"] = str(finding.column)
    properties["title"] = finding.code
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    text = " ".join(filter(None, (finding.message, finding.hint, links.get(finding.code))))
    return f"::{finding.severity.value} {written}::{_data(text)}\n"


def _data(text: str) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return visible(escaped)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
