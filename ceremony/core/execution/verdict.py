"""The verdict of a ceremony, computed from what is recorded: one line per group of checks, and one
word for all.

A step that did not run is not a PASS: NOT RUN and PARTIAL are words of their own here, and a waived
item makes its group PARTIAL, because what was waived was not shown.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ceremony.core.check import CheckResult, CheckSeverity
from ceremony.core.execution.facts import (
    RECORDED,
    Checked,
    Drilled,
    ExecutionReport,
    GroupVerdict,
    Inventoried,
    Ran,
)
from ceremony.core.item import ItemResult, Judged
from ceremony.core.ledger_row import Event
from ceremony.core.plan import Direction
from ceremony.core.rehearsal.way_back import Verdict as WayBackVerdict
from ceremony.core.report import Verdict
from ceremony.core.states import BEFORE_THE_RUN, Act, State

RESTORED = frozenset({WayBackVerdict.RESTORED.value, WayBackVerdict.COSMETIC.value})
"""Verdicts on a way back that led back."""

_LIFTED = "lift"

_ABOUT_APPROVAL = frozenset(
    {Act.APPROVE, Act.REQUEST, Act.REQUEST_CHANGES, Act.WITHDRAW, Act.REJECT}
)
"""The acts that give an approval or take it; a round begins without one."""

_ROWS_ALONE = frozenset({Event.SUPERSEDED.value, Event.BASELINED.value, Event.RETIRED.value})
"""Events of steps in which nothing runs: a row is written."""


def judged(report: ExecutionReport) -> ExecutionReport:
    """The report with its verdict table and its verdict."""
    groups = tuple(_groups(report))
    return replace(report, groups=groups, verdict=_of_all(report, groups))


def of_items(items: Sequence[Judged]) -> Verdict:
    """FAIL for one that failed; PASS where all passed; NOT RUN where none was answered; else
    PARTIAL.
    """
    results = {one.result for one in items}
    if ItemResult.FAIL in results:
        return Verdict.FAIL
    if results == {ItemResult.PASS}:
        return Verdict.PASS
    return Verdict.NOT_RUN if results <= {ItemResult.NOT_RUN} else Verdict.PARTIAL


def of_checks(checks: Iterable[Checked]) -> Verdict:
    """FAIL for a blocking check that did not hold, PARTIAL for one that did not count as passed.
    One that only informs does not count; NOT RUN where none ran.
    """
    counting = [one for one in checks if one.severity != CheckSeverity.INFO]
    results = {one.result for one in counting}
    if any(
        one.severity == CheckSeverity.BLOCK and one.result == CheckResult.FAIL for one in counting
    ):
        return Verdict.FAIL
    if results <= {CheckResult.NOT_RUN}:
        return Verdict.NOT_RUN
    return Verdict.PASS if results == {CheckResult.PASS} else Verdict.PARTIAL


def _of_all(report: ExecutionReport, groups: Sequence[GroupVerdict]) -> Verdict:
    if not report.newest_runs:
        return Verdict.NOT_RUN
    counting = {one.verdict for one in groups if one.counts}
    if Verdict.FAIL in counting or report.state is State.ROLLED_BACK:
        return Verdict.FAIL
    return Verdict.PASS if counting == {Verdict.PASS} else Verdict.PARTIAL


def _groups(report: ExecutionReport) -> Iterator[GroupVerdict]:
    yield _approval(report)
    yield _items("Pre-flight", report.preflight, asked=bool(report.preflight))
    yield _rehearsal(report)
    yield from _earlier(report)
    for line in report.inventory:
        step = report.last_steps.get(line.version)
        yield _step(line, step)
        if step is not None and step.checks:
            yield _checks(f"Checks of {line.label}", step.checks)
    asked = report.rules.verify or bool(report.verification)
    yield _items("Verification after the run", report.verification, asked=asked)
    yield _ways_back(report)
    if report.halts:
        yield _halts(report)
    yield _items("Acceptance", report.acceptance, asked=bool(report.acceptance))
    yield _sign_off(report)


def _approval(report: ExecutionReport) -> GroupVerdict:
    group = "Approval"
    if report.overridden:
        why = "It ran without an approval (break-glass)."
        return GroupVerdict(group, Verdict.PARTIAL, why)
    acts = [one.act for one in report.history if one.act in _ABOUT_APPROVAL]
    if Act.APPROVE not in acts:
        return GroupVerdict(group, Verdict.NOT_RUN, "Nobody approved it.")
    if acts[-1] != Act.APPROVE:
        yet = " yet" if report.state in BEFORE_THE_RUN else ""
        return GroupVerdict(group, Verdict.PARTIAL, f"The newest round is not approved{yet}.")
    if report.rules.is_open:
        return GroupVerdict(group, Verdict.PASS, "The open policy asks nobody.")
    names = report.signers("approval")
    if not names:
        return GroupVerdict(group, Verdict.FAIL, "No sign-off stands behind it.")
    return GroupVerdict(group, Verdict.PASS, f"Approved by {', '.join(names)}.")


def _items(group: str, items: Sequence[Judged], *, asked: bool) -> GroupVerdict:
    if not items:
        why = "Nothing is recorded." if asked else "Nothing was asked for."
        return GroupVerdict(group, Verdict.NOT_RUN, why, counts=asked)
    told = [
        f"{count} {result.value}"
        for result in ItemResult
        if (count := sum(one.result is result for one in items))
    ]
    return GroupVerdict(group, of_items(items), f"{', '.join(told)}.")


def _rehearsal(report: ExecutionReport) -> GroupVerdict:
    group = "Rehearsal"
    drilled = {one.label: one for one in report.drills}
    missing = [line.label for line in _running(report) if line.label not in drilled]
    if not drilled:
        why = "None is recorded of these files."
        return GroupVerdict(group, Verdict.NOT_RUN, why, counts=report.rules.rehearsal)
    faulty = [one.label for one in report.drills if not one.clean]
    if faulty:
        return GroupVerdict(group, Verdict.FAIL, f"Faults in {', '.join(faulty)}.")
    if missing:
        return GroupVerdict(group, Verdict.PARTIAL, f"Not rehearsed: {', '.join(missing)}.")
    return GroupVerdict(group, Verdict.PASS, "Every migration was rehearsed without faults.")


def _earlier(report: ExecutionReport) -> Iterator[GroupVerdict]:
    """Steps of earlier rounds that the newest one has no more: they are there, or were taken back.
    What failed and is planned no more left nothing, and decides nothing.
    """
    planned = {line.version for line in report.inventory}
    for version, step in report.last_steps.items():
        if version in planned:
            continue
        group = f"Earlier round: {step.label}"
        if not step.ledger_sequence:
            why = f"It is not in the newest round, and ended there: {step.state or 'open'}."
            yield GroupVerdict(group, step.verdict, why, counts=False)
        elif step.deed == Direction.ROLL_BACK and report.direction == Direction.APPLY:
            yield _taken_back(group, step)
        elif step.deed.startswith(RECORDED):
            yield _only_recorded(group, step)
        else:
            yield GroupVerdict(group, step.verdict, f"Ledger row {step.ledger_sequence}.")
            if step.checks:
                yield _checks(f"Checks of {step.label}", step.checks)


def _taken_back(group: str, step: Ran) -> GroupVerdict:
    why = f"It is not there any more: taken back by ledger row {step.ledger_sequence}."
    return GroupVerdict(group, Verdict.PARTIAL, why)


def _only_recorded(group: str, step: Ran) -> GroupVerdict:
    """A row alone (superseded) is no run, and no pass either."""
    why = f"Ledger row {step.ledger_sequence}. Nothing was to run; it was only recorded."
    return GroupVerdict(group, Verdict.NOT_RUN, why, counts=False)


def _step(line: Inventoried, step: Ran | None) -> GroupVerdict:
    group = f"Step {line.number}: {line.label}"
    if step is None:
        return GroupVerdict(group, Verdict.NOT_RUN, "It did not run.")
    if step.trouble is not None:
        return GroupVerdict(group, step.verdict, f"{step.trouble.happened} [{step.trouble.code}]")
    if step.settled:
        return GroupVerdict(group, step.verdict, step.settled)
    if step.ledger_sequence:
        return _in_ledger(group, line, step)
    return GroupVerdict(group, step.verdict, f"The attempt is {step.state or 'open'}.")


def _in_ledger(group: str, line: Inventoried, step: Ran) -> GroupVerdict:
    if step.deed == Direction.ROLL_BACK and line.event != Event.ROLLED_BACK:
        return _taken_back(group, step)
    if line.event in _ROWS_ALONE:
        return _only_recorded(group, step)
    return GroupVerdict(group, step.verdict, f"Ledger row {step.ledger_sequence}.")


def _checks(group: str, checks: Sequence[Checked]) -> GroupVerdict:
    counting = [one for one in checks if one.severity != CheckSeverity.INFO]
    passed = sum(one.result == CheckResult.PASS for one in counting)
    why = f"{passed} of {len(counting)} passed."
    if informing := len(checks) - len(counting):
        why += f" {informing} more only inform."
    return GroupVerdict(group, of_checks(checks), why, counts=bool(counting))


def _ways_back(report: ExecutionReport) -> GroupVerdict:
    group = "Way back"
    if not report.drills:
        why = "It was not tried: no rehearsal is recorded."
        return GroupVerdict(group, Verdict.NOT_RUN, why, counts=report.rules.rehearsal)
    led = {one.label for one in report.drills if _leads_back(one)}
    bad = [one.label for one in _running(report) if one.label not in led]
    if not bad:
        return GroupVerdict(group, Verdict.PASS, "Each was run in the rehearsal and led back.")
    why = f"Not shown to lead back: {', '.join(bad)}."
    return GroupVerdict(group, Verdict.PARTIAL, why)


def _running(report: ExecutionReport) -> Iterable[Inventoried]:
    """The steps that run a file."""
    return [line for line in report.inventory if line.event not in _ROWS_ALONE]


def _leads_back(one: Drilled) -> bool:
    """Whether the plain way back restored what was there. A variant keeps something on purpose."""
    return dict(one.ways_back).get("") in RESTORED


def _halts(report: ExecutionReport) -> GroupVerdict:
    group = "Stop the world"
    halts = dict.fromkeys(one.halt for one in report.halts)
    lifted = {one.halt for one in report.halts if one.station == _LIFTED}
    open_ones = [halt for halt in halts if halt not in lifted]
    times = "once" if len(halts) == 1 else f"{len(halts)} times"
    if open_ones:
        return GroupVerdict(group, Verdict.FAIL, f"Halted {times}, and not lifted.")
    decided = dict.fromkeys(one.decision for one in report.halts if one.decision)
    why = f"Halted {times}, and lifted. Decided: {', '.join(decided) or 'nothing'}."
    accepted = "accept" in decided
    return GroupVerdict(group, Verdict.PARTIAL if accepted else Verdict.PASS, why)


def _sign_off(report: ExecutionReport) -> GroupVerdict:
    group = "Sign-off"
    if report.state is not State.SIGNED_OFF:
        why = f"The ceremony is {report.state.value}."
        return GroupVerdict(group, Verdict.NOT_RUN, why)
    names = report.signers("acceptance")
    if names:
        return GroupVerdict(group, Verdict.PASS, f"Accepted by {', '.join(names)}.")
    if report.rules.acceptance:
        return GroupVerdict(group, Verdict.FAIL, "No sign-off stands behind it.")
    return GroupVerdict(group, Verdict.PASS, "The policy asks nobody.")
