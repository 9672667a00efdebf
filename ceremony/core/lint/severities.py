"""``[lint]`` in ``series.toml``: how severe each rule is in this series."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from ceremony.core.finding import Finding, Severity, refuse
from ceremony.core.lint.rule import Rule
from ceremony.core.naming import SETTINGS
from ceremony.core.series import Series

OFF = "off"
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTICE, None)


@dataclass(frozen=True)
class Severities:
    """The severity of each rule by code, ``None`` for one that does not look, and what is wrong
    with what ``series.toml`` says.
    """

    by_code: Mapping[str, Severity | None]
    findings: tuple[Finding, ...]


def severities(series: Series, rules: Mapping[str, Rule]) -> Severities:
    """Read ``[lint]``: a severity by code, or a table with ``severity`` and ``reason``.

    A series may ask for more without a word; asking for less, or for nothing (``off``), takes a
    reason. Findings: ``settings-lint``.
    """
    by_code = {code: rule.severity for code, rule in rules.items()}
    found: list[Finding] = []
    for code, value in series.settings.extra.get("lint", {}).items():
        rule = rules.get(code)
        if rule is None:
            found.append(_unknown(series, code, rules))
            continue
        said, reason = _parts(value)
        if said not in (*Severity, OFF):
            found.append(_no_severity(series, code, value))
            continue
        severity = None if said == OFF else Severity(said)
        if _ORDER.index(severity) > _ORDER.index(rule.severity) and not reason:
            found.append(_no_reason(series, code, said))
            continue
        by_code[code] = severity
    return Severities(by_code, tuple(found))


def _parts(value: Any) -> tuple[str, str]:
    if isinstance(value, str):
        return value, ""
    if isinstance(value, dict) and set(value) <= {"severity", "reason"}:
        severity, reason = value.get("severity"), value.get("reason", "")
        if isinstance(severity, str) and isinstance(reason, str):
            return severity, reason.strip()
    return "", ""


def _wrong(series: Series, message: str, hint: str) -> Finding:
    return refuse(f"{series.name}/{SETTINGS}", "settings-lint", message, hint)


def _unknown(series: Series, code: str, known: Mapping[str, Rule]) -> Finding:
    near = get_close_matches(code, known, 1)
    hint = f"Did you mean {near[0]!r}?" if near else "docs/reference/lint.md lists the rules."
    return _wrong(series, f"[lint] names {code!r}; there is no such rule.", hint)


def _no_severity(series: Series, code: str, value: object) -> Finding:
    return _wrong(
        series,
        f"[lint] gives {code!r} the value {value!r}, which is no severity.",
        f'Write "error", "warning", "notice", or {code} = {{ severity = "off", reason = "…" }}.',
    )


def _no_reason(series: Series, code: str, said: str) -> Finding:
    return _wrong(
        series,
        f"[lint] makes {code!r} less severe without a reason.",
        f'Write {code} = {{ severity = "{said}", reason = "…" }}.',
    )
