"""The page of ``check_sql``: every finding, then one sentence."""

from collections.abc import Sequence

from ceremony.core.finding import errors
from ceremony.core.lint import Rule
from ceremony.core.migration import Kind
from ceremony.core.report import CheckReport
from ceremony.core.series import Series
from ceremony.management.page import Page, Part
from ceremony.management.pages.findings import add_findings, findings_counted
from ceremony.management.units import counted


def check_page(report: CheckReport, prefix: str) -> Page:
    """Findings first and the sentence last, where a person's eye is when a long list has run
    through.
    """
    page = Page()
    add_findings(page, report.findings, prefix)
    _add_rules(page, report.rules)
    page.blank()
    page.table(
        ("Series", "Runnable", "Planned", "Retired", "Checks", "Findings"),
        [_row(series, report) for series in report.series],
        right=(1, 2, 3, 4),
    )
    page.blank()
    page.line(_verdict(report), _sentence(report))
    return page


def _add_rules(page: Page, rules: Sequence[Rule]) -> None:
    """Why each rule that found something is there, and how to keep it quiet for one statement."""
    for rule in rules:
        page.blank()
        page.line((rule.code, "bold"), f": {rule.reason}")
        page.line((rule.link, "dim"), indent=4)
        page.line("To keep a statement as it is, write above it:", indent=4)
        page.line(rule.silencer, indent=8)


def _verdict(report: CheckReport) -> Part:
    if errors(report.findings):
        return "✕ ", "bad"
    return ("⚠ ", "warn") if report.findings else ("✓ ", "ok")


def _sentence(report: CheckReport) -> str:
    migrations = sum(len(series.migrations) for series in report.series)
    held = f"{counted(migrations, 'migration')} in {counted(len(report.series), 'series')}"
    return f"{held}: {findings_counted(report.findings)}."


def _row(series: Series, report: CheckReport) -> list[Part]:
    kinds = [migration.kind for migration in series.migrations]
    mine = tuple(f for f in report.findings if f.path.partition("/")[0] == series.name)
    return [
        series.name,
        str(kinds.count(Kind.RUNNABLE)),
        str(kinds.count(Kind.PLANNED) or "–"),
        str(kinds.count(Kind.RETIRED) or "–"),
        str(sum(len(migration.checks) for migration in series.migrations) or "–"),
        findings_counted(mine) if mine else ("none", "dim"),
    ]
