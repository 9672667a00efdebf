"""Findings as SARIF 2.1.0 (OASIS), which code scanning services read."""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from ceremony import __version__
from ceremony.core.finding import Finding, Severity

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "note"}


def log(findings: Sequence[Finding], prefix: str) -> str:
    """One SARIF log with one run. ``prefix`` leads from the working directory to the folder of
    series.
    """
    codes = sorted({finding.code for finding in findings})
    run = {
        "tool": {"driver": _driver(codes)},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code), prefix) for finding in findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _driver(codes: Iterable[str]) -> dict[str, Any]:
    return {
        "name": "ceremony",
        "semanticVersion": __version__,
        "rules": [{"id": code} for code in codes],
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
