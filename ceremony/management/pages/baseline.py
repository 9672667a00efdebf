"""The page of ``baseline_sql``: what was written, what was proved, what was recorded."""

from ceremony.core.baseline.report import BaselineReport
from ceremony.core.finding import Severity
from ceremony.core.outcome import StepOutcome
from ceremony.core.report import Verdict
from ceremony.management.next_command import next_command, program
from ceremony.management.page import Page, Part
from ceremony.management.pages.checks import add_checks
from ceremony.management.pages.findings import add_findings
from ceremony.management.pages.settled import add_settled
from ceremony.management.pages.target import target_name, target_place
from ceremony.management.units import counted

_SHORT = 23


def baseline_page(report: BaselineReport, prefix: str, verbosity: int) -> Page:
    """A sentence, the files that were written, the rows that were recorded, what differs."""
    page = Page()
    page.line(_mark(report), (_sentence(report), "bold"))
    page.line((target_place(report.target), "dim"))
    page.blank()
    for name in report.written:
        page.line(("Wrote  ", "dim"), f"{prefix}{report.series}/{name}")
    if report.proof is not None and report.proof.holds:
        page.line(("Proof  ", "dim"), _proof(report))
    page.blank()
    if report.outcomes:
        rows = [_row(one, report.label) for one in report.outcomes]
        page.table(("Migration", "Recorded as"), rows)
        page.blank()
    add_checks(page, report.label, report.checks, prefix, all_of_them=verbosity > 1)
    page.blank()
    if report.settled:
        add_settled(page, report.settled)
        page.blank()
    # The differences stand in the error; here are those that do not count.
    notes = [one for one in report.findings if one.severity is not Severity.ERROR]
    add_findings(page, notes, prefix)
    page.blank()
    _next(page, report)
    return page


def _mark(report: BaselineReport) -> Part:
    if report.problem is not None:
        return "✕ ", "bad"
    return ("✓ ", "ok") if report.verdict is Verdict.PASS else ("◐ ", "warn")


def _sentence(report: BaselineReport) -> str:
    on = f"{report.series} on {target_name(report.target)}"
    if report.problem is not None:
        return f"Not recorded: {report.label} is not the baseline of {on}."
    if not report.run:
        return f"Recorded already, nothing to do: {report.label} is the baseline of {on}."
    if not report.recording:
        return f"Proved, and not recorded (--check): {report.label} builds the schema of {on}."
    history = len(report.outcomes) - 1
    older = f", with {counted(history, 'older file')} as its history" if history else ""
    return f"Recorded {report.label} as the baseline of {on}{older}. Nothing was run there."


def _proof(report: BaselineReport) -> str:
    proof = report.proof
    if proof is None:
        return ""
    return (
        f"{counted(proof.objects, 'object')} on a scratch database equal those of the target; a "
        f"second run changed nothing ({proof.fingerprint[:_SHORT]}…)"
    )


def _row(outcome: StepOutcome, baseline: str) -> list[Part]:
    label, event = outcome.step.migration.label, outcome.step.event.value
    return [label, event if label == baseline else f"{event} (history)"]


def _next(page: Page, report: BaselineReport) -> None:
    if report.run:
        page.line(("Record ", "dim"), f"run {report.run}, in the admin")
    if report.problem is not None:
        return
    status = next_command("status_sql", report.series, report.target)
    if report.recording or not report.run:
        page.line(("Next   ", "dim"), f"{status}   what is applied")
    else:
        again = next_command("baseline_sql", report.series, report.target)
        command = again.replace(f"{program()} ", "", 1)
        page.line(("Next   ", "dim"), f"{program()} {command} {report.label}   record it")
