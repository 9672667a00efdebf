"""The page of ``request_sql``: what was requested, what is asked of whom, what to type next."""

from collections.abc import Sequence

from ceremony.core.gates import Gate, GateState
from ceremony.core.header import Risk
from ceremony.core.item import ItemResult, Judged
from ceremony.core.plan import Direction, Step
from ceremony.core.requesting import Cancelled, RequestReport
from ceremony.core.states import State
from ceremony.core.text_change import TextChange
from ceremony.management.next_command import next_command
from ceremony.management.page import Page, Part
from ceremony.management.pages.findings import add_findings
from ceremony.management.pages.plan import step_notes
from ceremony.management.pages.settled import add_settled
from ceremony.management.pages.target import target_name, target_place
from ceremony.management.units import counted, moment

_GATES = {
    GateState.SHUT: ("✕ ", "bad"),
    GateState.WAITS: ("⧗ ", "warn"),
    GateState.OPEN: ("✓ ", "ok"),
}
_RESULTS = {ItemResult.PASS: "ok", ItemResult.FAIL: "bad", ItemResult.WAIVED: "warn"}
_LINES = {"+": "ok", "-": "bad", "@": "run"}


def request_page(report: RequestReport, prefix: str) -> Page:
    """A sentence, the fingerprint, the steps, what changed, what is asked, and the next command.

    ``prefix`` leads from the working directory to the folder of series.
    """
    page = Page()
    add_settled(page, report.settled)
    page.blank()
    if not report.number:
        page.line((_nothing(report), "bold"))
        return page
    page.line(("✓ ", "ok"), (_sentence(report), "bold"))
    page.line((target_place(report.target), "dim"))
    _facts(page, report)
    page.blank()
    page.table(("", "Migration", "Risk", "Notes"), [_step(one) for one in report.plan.steps])
    _changed(page, report)
    _preflight(page, report.items)
    _gates(page, report.gates)
    add_findings(page, report.plan.findings, prefix)
    for finding in report.weak:
        page.line(("⚠ ", "warn"), f"{finding.message} ", (f"[{finding.code}]", "dim"))
    page.blank()
    _next(page, report)
    return page


def cancelled_page(report: Cancelled) -> Page:
    """A sentence and the reason; and what is next where the halt before it still stands."""
    page = Page()
    halted = report.state == State.HALTED
    what = "the new round of ceremony" if halted else "ceremony"
    page.line(("✓ ", "ok"), (f"Called off: {what} {report.number}, {report.title}.", "bold"))
    page.line(("Reason ", "dim"), report.why)
    if halted:
        page.line("It is halted again, and the halt waits for a decision.")
        page.line(("Next   ", "dim"), f"manage.py resume_sql --database {report.alias}")
    return page


def _nothing(report: RequestReport) -> str:
    what = f"{report.plan.direction.value} {report.plan.series} on {target_name(report.target)}"
    return f"Nothing to request: there is nothing to {what}."


def _sentence(report: RequestReport) -> str:
    what = "Requested" if report.round == 1 else f"Requested anew (round {report.round})"
    return f"{what}: ceremony {report.number} on {target_name(report.target)}."


def _facts(page: Page, report: RequestReport) -> None:
    page.line(("Title        ", "dim"), report.title)
    page.line(("Fingerprint  ", "dim"), report.fingerprint)
    if report.policy is not None:
        page.line(("Policy       ", "dim"), report.policy.name)
    page.line(("State        ", "dim"), report.state.value)
    if report.expires_at is not None:
        page.line(("Expires      ", "dim"), moment(report.expires_at))


def _step(step: Step) -> list[Part]:
    risk = step.migration.header.risk
    notes = "; ".join(step_notes(step, risk=False))
    shown = (risk.value if risk else "not said", "warn" if risk is Risk.HIGH else "")
    return [(str(step.number), "dim"), step.migration.label, shown, (notes, "warn")]


def _changed(page: Page, report: RequestReport) -> None:
    if not report.changed:
        return
    page.blank()
    page.line(("Changed since the round before", "bold"))
    for sentence in report.changed:
        page.line(sentence, indent=2)
    for text in report.texts:
        _text(page, text)


def _text(page: Page, text: TextChange) -> None:
    page.blank()
    if not text.lines:
        page.line(f"{text.path}: only line ends or bytes that are not seen differ.", indent=2)
    for line in text.lines:
        page.line((line, _LINES.get(line[:1], "")), indent=2)
    if text.cut:
        page.line((f"… and {counted(text.cut, 'line')} more of {text.path}", "dim"), indent=2)


def _preflight(page: Page, items: Sequence[Judged]) -> None:
    if not items:
        return
    page.blank()
    page.table(
        ("Pre-flight", "Result", "Because"),
        [
            [one.item.text, (one.result.value, _RESULTS.get(one.result, "dim")), one.explanation]
            for one in items
        ],
    )


def _gates(page: Page, gates: Sequence[Gate]) -> None:
    page.blank()
    for gate in gates:
        page.line(_GATES[gate.state], (gate.name, "bold"), f": {gate.why}")
        if gate.fix:
            page.line(gate.fix, indent=4)
    page.blank()


def _next(page: Page, report: RequestReport) -> None:
    if report.others:
        numbers = ", ".join(str(number) for number in report.others)
        page.line(
            ("Note   ", "bold"),
            f"Open on the same target: {numbers}. Whichever runs first makes the others stale.",
        )
    number, plan = report.number, report.plan
    if report.state is not State.APPROVED:
        page.line(("Next   ", "bold"), f"Sign on the page of ceremony {number} in the admin; then:")
    verb = "apply_sql" if plan.direction is Direction.APPLY else "rollback_sql"
    command = f"{next_command(verb, plan.series, report.target)} --ceremony {number}"
    page.line(("Next   " if report.state is State.APPROVED else "       ", "bold"), command)
    again = f"{next_command('request_sql', plan.series, report.target)} --again {number}"
    page.line("       ", (f"When files, ledger or policy change first: {again}", "dim"))
