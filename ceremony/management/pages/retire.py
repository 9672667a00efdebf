"""The page of ``retire_sql``: what was renamed, what the targets said, what to commit."""

import shlex

from ceremony.core.retiring import Asked, Need, RetireReport
from ceremony.management.next_command import program
from ceremony.management.page import Page, Part
from ceremony.management.units import counted

_WORDS = {
    Need.APPLIED: "applied there; its history stays",
    Need.SUPERSEDED: "another file stands for it",
    Need.PASSED: "later files ran without it",
    Need.PLANNED: "it was only planned",
    Need.RETIRED: "its ledger says retired",
    Need.WAITS: "it waits there",
    Need.UNKNOWN: "could not be asked",
    Need.PARTLY: "partly in",
}


def retire_page(report: RetireReport, prefix: str) -> Page:
    """A sentence, the names, a row per target that was asked, and the commit to make."""
    page = Page()
    page.line(("✓ ", "ok"), (_sentence(report), "bold"))
    page.line(("Reason ", "dim"), report.reason)
    page.blank()
    page.table(("File", "Renamed to" if report.done else "Would become"), report.renamed)
    page.blank()
    page.table(("Target", "It says"), [_row(one, report) for one in report.asked])
    page.blank()
    _next(page, report, prefix)
    return page


def _sentence(report: RetireReport) -> str:
    name = f"{report.series} {report.label}"
    if not report.renamed:
        return f"Retired already: {name}."
    files = counted(len(report.renamed), "file")
    if not report.done:
        return f"{name} can be retired: {files} would be renamed. Nothing was changed."
    return f"Retired {name}: {files} renamed. It never runs again."


def _row(one: Asked, report: RetireReport) -> list[Part]:
    said = _WORDS[one.need]
    if one.excused:
        said += "; said to be not needed (--not-needed)"
    row = dict(report.recorded).get(one.alias)
    if row:
        said += f"; row {row} of its ledger says retired now"
    return [one.alias, said]


def _again(report: RetireReport) -> list[str]:
    """The command that does what ``--check`` showed."""
    words = [program(), "retire_sql", report.series, report.label, "--reason", report.reason]
    for one in report.asked:
        words += ["--not-needed", one.alias] if one.excused else []
    for alias in report.databases:
        words += ["--database", alias]
    facts = [one.facts for one in report.asked if one.alias in report.databases]
    guarded = [one.environment for one in facts if one is not None and one.protected]
    return [*words, "--confirm", guarded[0]] if guarded else words


def _next(page: Page, report: RetireReport, prefix: str) -> None:
    if not report.renamed:
        return
    if not report.done:
        page.line(("Next   ", "dim"), shlex.join(_again(report)))
        return
    folder = f"{prefix}{report.series}"
    message = shlex.quote(f"Retire {report.series} {report.label}: {report.reason}")
    page.line(("Next   ", "dim"), f"git add -A {shlex.quote(folder)}   the renames")
    page.line(f"       git commit -m {message}")
