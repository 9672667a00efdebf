"""The report arranged to be read: the same sections in every form that it is written in."""

from ceremony.core.execution import parts_after, parts_before, parts_run
from ceremony.core.execution.blocks import Reading
from ceremony.core.execution.facts import ExecutionReport

SECTIONS = (
    parts_before.summary,
    parts_after.verdicts,
    parts_before.rules,
    parts_before.approvals,
    parts_before.inventory,
    parts_before.preflight,
    parts_run.steps,
    parts_run.checks,
    parts_run.verification,
    parts_run.watched,
    parts_after.way_back,
    parts_after.halts,
    parts_after.acceptance,
    parts_after.remarks,
    parts_after.risks,
    parts_after.holds,
    parts_after.elsewhere,
)
"""In the order in which they are asked for: what it was, who agreed, what ran, what was found."""


def reading_of(report: ExecutionReport) -> Reading:
    """The report as sections. All of it stands in the report itself."""
    place = report.place
    where = f"{report.series} on {place.alias} ({place.environment or 'unknown'})"
    headline = f"{report.verdict.value}: {where}, {report.state.value}"
    if report.overridden:
        headline += "; it ran WITHOUT AN APPROVAL (break-glass)"
    title = f"Ceremony {report.number}: {report.title}"
    return Reading(title, headline, tuple(section(report) for section in SECTIONS))
