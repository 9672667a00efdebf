"""A rehearsal as JUnit XML: each migration is a test case, the whole series in one go another."""

from collections.abc import Sequence
from xml.etree import ElementTree

from ceremony.core.finding import Finding, errors
from ceremony.core.rehearsal.judgement import OF_SEQUENCE
from ceremony.core.rehearsal.report import RehearsalReport
from ceremony.management.places import place_of
from ceremony.management.visible import visible

SEQUENCE = "the whole series"


def suite(report: RehearsalReport, prefix: str) -> str:
    """One suite. A migration that was not drilled is an error: it is no pass."""
    root = ElementTree.Element("testsuites", name="rehearse_sql")
    wanted = {d.migration.label: d for d in report.drills if not d.recorded_only}
    found = _by_case(report.findings)
    names = [*wanted, *report.not_drilled, *([SEQUENCE] if report.sequence else [])]
    main = ElementTree.SubElement(
        root, "testsuite", name=visible(report.series), tests=str(len(names))
    )
    failures = 0
    for name in names:
        case = ElementTree.SubElement(
            main, "testcase", classname=visible(report.series), name=visible(name)
        )
        if name in wanted:
            case.set("time", f"{sum(s.seconds for s in wanted[name].stations):.3f}")
        if name in report.not_drilled:
            ElementTree.SubElement(case, "error", message="not drilled: a change before it failed")
        mine = found.get(name, [])
        bad = errors(tuple(mine))
        if bad:
            failures += 1
            failure = ElementTree.SubElement(case, "failure", message=visible(_first(bad[0])))
            failure.text = _told(bad, prefix)
        if others := [finding for finding in mine if finding not in bad]:
            ElementTree.SubElement(case, "system-out").text = _told(others, prefix)
    # What is about no migration: a data file, tables without rows.
    if rest := [one for name, all_ in found.items() if name not in names for one in all_]:
        ElementTree.SubElement(main, "system-out").text = _told(rest, prefix)
    main.set("failures", str(failures))
    main.set("errors", str(len(report.not_drilled)))
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _by_case(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    cases: dict[str, list[Finding]] = {}
    for finding in findings:
        label = finding.path.rpartition("/")[2].partition(".")[0]
        cases.setdefault(SEQUENCE if finding.code in OF_SEQUENCE else label, []).append(finding)
    return cases


def _first(finding: Finding) -> str:
    return finding.message.partition("\n")[0]


def _told(findings: Sequence[Finding], prefix: str) -> str:
    lines = [
        line
        for f in findings
        for line in (
            f"{place_of(f, prefix)}: {f.severity.value}: {_first(f)} [{f.code}]",
            *f.message.split("\n")[1:],
            f.hint,
        )
    ]
    return "\n".join(visible(line) for line in lines)
