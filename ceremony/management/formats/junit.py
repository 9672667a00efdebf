"""Findings as JUnit XML, which every CI server shows as test results: a file is a test case."""

from collections.abc import Iterable
from xml.etree import ElementTree

from ceremony.core.finding import Finding, Severity
from ceremony.core.report import CheckReport
from ceremony.core.series import Series
from ceremony.management.places import place_of
from ceremony.management.visible import visible


def suites(report: CheckReport, prefix: str, *, strict: bool) -> str:
    """One suite per series, one case per file; errors (and warnings when ``strict``) are failures.

    What XML cannot hold (control characters, XML 1.0 section 2.2) is written visibly.
    """
    root = ElementTree.Element("testsuites", name="check_sql")
    for series in report.series:
        _suite(root, series.name, _files(series, report.findings), prefix, strict=strict)
    names = {series.name for series in report.series}
    others = [f for f in report.findings if f.path.partition("/")[0] not in names]
    if others:
        _suite(root, "(folder)", _grouped(others), prefix, strict=strict)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _files(series: Series, findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    mine = [f for f in findings if f.path.partition("/")[0] == series.name]
    return {migration.path: [] for migration in series.migrations} | _grouped(mine)


def _grouped(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.path or ".", []).append(finding)
    return groups


def _suite(
    root: ElementTree.Element,
    name: str,
    files: dict[str, list[Finding]],
    prefix: str,
    *,
    strict: bool,
) -> None:
    suite = ElementTree.SubElement(root, "testsuite", name=visible(name), tests=str(len(files)))
    failures = 0
    for path, findings in sorted(files.items()):
        case = ElementTree.SubElement(
            suite, "testcase", classname=visible(name), name=visible(path)
        )
        failing = [f for f in findings if _fails(f, strict=strict)]
        if failing:
            failures += 1
            failure = ElementTree.SubElement(case, "failure", message=visible(failing[0].message))
            failure.text = _told(failing, prefix)
        if others := [f for f in findings if f not in failing]:
            ElementTree.SubElement(case, "system-out").text = _told(others, prefix)
    suite.set("failures", str(failures))


def _fails(finding: Finding, *, strict: bool) -> bool:
    return finding.severity is Severity.ERROR or (strict and finding.severity is Severity.WARNING)


def _told(findings: Iterable[Finding], prefix: str) -> str:
    lines = (
        f"{place_of(f, prefix)}: {f.severity.value}: {f.message} [{f.code}] {f.hint}".rstrip()
        for f in findings
    )
    return "\n".join(visible(line) for line in lines)
