"""Findings as lines that editors, terminals and ``grep`` understand."""

from collections.abc import Sequence

from ceremony.core.finding import Finding, Severity
from ceremony.management.page import Page
from ceremony.management.places import place_of
from ceremony.management.units import counted, listed
from ceremony.management.visible import visible_lines

_STYLES = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.NOTICE: "run"}


def add_findings(page: Page, findings: Sequence[Finding], prefix: str) -> None:
    """Add each finding: place, severity, message and code on one line, the hint below."""
    for finding in findings:
        first, *more = visible_lines(finding.message)
        page.line(
            (place_of(finding, prefix), "bold"),
            ": ",
            (finding.severity.value, _STYLES[finding.severity]),
            f": {first} ",
            (f"[{finding.code}]", "dim"),
        )
        for line in (*more, *(visible_lines(finding.hint) if finding.hint else ())):
            page.line(line, indent=4)


def findings_counted(findings: Sequence[Finding]) -> str:
    """``2 errors and 1 notice``; ``no findings``."""
    counts = (
        (sum(finding.severity is severity for finding in findings), severity.value)
        for severity in Severity
    )
    return listed(tuple(counted(n, noun) for n, noun in counts if n)) or "no findings"
