"""Findings as SARIF 2.1.0 (OASIS), which code scanning services read."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ceremony import __version__
from ceremony.core.finding import Finding, Severity
from ceremony.core.lint import Rule

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "note"}


def log(findings: Sequence[Finding], prefix: str, rules: Iterable[Rule] = ()) -> str:
    """One SARIF log with one run. ``prefix`` leads from the working directory to the folder of
    series; ``rules`` are told with their reasons and links.
    """
    by_code = {rule.code: rule for rule in rules}
    codes = sorted({finding.code for finding in findings})
    run = {
        "tool": {"driver": _driver(codes, by_code)},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code), prefix) for finding in findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _driver(codes: Iterable[str], rules: Mapping[str, Rule]) -> dict[str, Any]:
    return {
        "name": "ceremony",
        "semanticVersion": __version__,
        "rules": [_descriptor(code, rules.get(code)) for code in codes],
    }


def _descriptor(code: str, rule: Rule | None) -> dict[str, Any]:
    """A reportingDescriptor (SARIF 2.1.0, section 3.49)."""
    if rule is None:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": f"{rule.title[:1].upper()}{rule.title[1:]}."},
        "fullDescription": {"text": rule.reason},
        "helpUri": rule.link,
        "help": {"text": f"{rule.reason} To silence it for one statement: {rule.silencer}"},
    }


def _result(finding: Finding, rule: int, prefix: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message} {finding.hint}".strip()},
    }
    if finding.path:
        result["locations"] = [{"physicalLocation": _location(finding, prefix)}]
    return result


def _location(finding: Finding, prefix: str) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(prefix + finding.path)}}
    if finding.line:
        region = {"startLine": finding.line}
        if finding.column:
            region["startColumn"] = finding.column
        location["region"] = region
    return location
