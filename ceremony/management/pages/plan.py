"""The page of ``plan_sql``: what would run, where, in which order."""

from ceremony.core.finding import errors
from ceremony.core.header import Risk
from ceremony.core.plan import Direction, Step
from ceremony.core.policy import Policy
from ceremony.core.quorum import shown
from ceremony.core.report import PlanReport
from ceremony.management.page import Page, Part
from ceremony.management.pages.findings import add_findings
from ceremony.management.pages.risks import add_risks
from ceremony.management.pages.target import target_name, target_place
from ceremony.management.units import counted, listed

_DONE = {Direction.APPLY: "applied", Direction.ROLL_BACK: "rolled back"}


def plan_page(report: PlanReport, prefix: str, command: str) -> Page:
    """A sentence, the steps, what was noticed, and ``command``, which runs it."""
    page = Page()
    plan = report.plan
    page.line((_sentence(report), "bold"))
    page.line((target_place(report.target), "dim"))
    if plan.steps:
        page.blank()
        page.table(
            ("", "Migration", "Statements", "Checks", "Notes"),
            [_row(step) for step in plan.steps],
            right=(0, 2, 3),
        )
    if plan.findings:
        page.blank()
        add_findings(page, plan.findings, prefix)
    page.blank()
    if plan.steps:
        add_risks(page, report.risks)
        page.blank()
    if plan.steps and not errors(plan.findings):
        page.line((f"Plan {report.digest}", "dim"))
        _approvals(page, report.policy)
        page.line(("Next   ", "bold"), command)
    return page


def _approvals(page: Page, policy: Policy | None) -> None:
    if policy is not None and not policy.is_open:
        asked = listed(tuple(shown(quorum) for quorum in policy.approvals))
        page.line(f"The policy {policy.name} wants an approval by {asked} before it runs.")


def _sentence(report: PlanReport) -> str:
    plan, on = report.plan, target_name(report.target)
    there = f"{report.applied:,} applied so far" if report.applied else "none applied so far"
    if errors(plan.findings):
        return f"Refused: {plan.series} cannot be {_DONE[plan.direction]} on {on}; {there}."
    if not plan.steps:
        return f"Nothing to {plan.direction.value}: {plan.series} on {on}; {there}."
    steps = counted(len(plan.steps), "migration")
    return f"{steps} of {plan.series} to {plan.direction.value} on {on}; {there}."


def _row(step: Step) -> list[Part]:
    checks = len(step.checks_before) + len(step.checks_after)
    return [
        (str(step.number), "dim"),
        step.migration.label,
        str(len(step.script.sent)) if step.script else "–",
        str(checks) if checks else "none",
        ("; ".join(step_notes(step)), "warn"),
    ]


def step_notes(step: Step, *, risk: bool = True) -> tuple[str, ...]:
    """What a person should know before the step runs, in a few words each. Without ``risk`` where
    that is told elsewhere.
    """
    header = step.migration.header
    notes = []
    if step.script is None:
        return (f"{step.event.value}: nothing runs, only the ledger row is written",)
    if not step.transactional:
        notes.append("outside a transaction")
    if step.resume_after:
        notes.append(f"goes on after statement {step.resume_after}")
    if risk and header.risk in (Risk.MEDIUM, Risk.HIGH):
        notes.append(f"{header.risk.value} risk")
    if step.variant:
        notes.append(f"variant {step.variant}")
    apply = step.direction is Direction.APPLY
    if step.loses_data:
        notes.append(f"data loss: {step.data_loss}")
    if apply and not header.reversible:
        why = f" ({header.irreversible_why})" if header.irreversible_why else ""
        notes.append(f"no way back{why}")
    return tuple(notes)
