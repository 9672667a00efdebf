"""The sections of a report about the run: steps, checks, and what was looked at afterwards."""

from collections.abc import Iterable, Iterator

from ceremony.core.check import CheckResult
from ceremony.core.execution.blocks import (
    Block,
    Section,
    bullets,
    duration,
    facts,
    moment,
    said,
    table,
)
from ceremony.core.execution.facts import (
    OVERRIDE,
    RECORDED,
    WATCH,
    Checked,
    ExecutionReport,
    Ran,
    RunOf,
    Trouble,
)
from ceremony.core.execution.parts_before import items
from ceremony.core.report import Verdict


def steps(report: ExecutionReport) -> Section:
    """Every run with its steps and their evidence; and the steps that never ran."""
    runs = report.newest_runs
    blocks: list[Block] = []
    if not runs:
        blocks += said("Nothing ran.")
    for run in runs:
        blocks += _run(run, is_open=report.rules.is_open)
    missing = [line.label for line in report.inventory if line.version not in report.last_steps]
    if runs and missing:
        blocks += said("These steps of the manifest did not run:")
        blocks += bullets(missing)
    return Section("Steps", tuple(blocks))


def _run(run: RunOf, *, is_open: bool) -> Iterator[Block]:
    ended = f"{run.verdict or 'not closed'}"
    yield from table(
        ("Verdict", "Step", "Migration", "Deed", "Statements", "Checks", "Time", "Ledger row"),
        map(_step, run.steps),
        f"Run {run.number}: {run.purpose}, {ended}",
    )
    yield from facts(
        (
            ("Run", f"{run.number}, round {run.round}, {run.purpose}"),
            ("Reason", run.reason),
            ("Operator", f"{run.operator}@{run.host}"),
            ("Commit", run.git_commit),
            ("Version of the tool", run.tool_version),
            ("Command", run.command_line),
            ("Started", moment(run.started_at)),
            ("Finished", moment(run.finished_at) or "not closed"),
            ("Took", duration(run.microseconds)),
            ("Approval", _approval(run, is_open=is_open)),
            ("Ended by", _trouble(run.trouble)),
        )
    )
    yield from bullets(
        f"{step.label}: {_trouble(step.trouble)}" for step in run.steps if step.trouble
    )
    yield from bullets(f"{step.label}: {step.settled}" for step in run.steps if step.settled)
    yield from bullets(f"{step.label}: {text}" for step in run.steps for text in step.warnings)


def _approval(run: RunOf, *, is_open: bool) -> str:
    """A break-glass run spends its manifest, which nobody has approved."""
    if run.purpose == OVERRIDE:
        return "NONE: it ran without one (break-glass)"
    if not run.spent:
        return ""
    return "the open policy asks nobody" if is_open else "spent by this run"


def _step(step: Ran) -> tuple[str, ...]:
    passed = sum(check.result == CheckResult.PASS for check in step.checks)
    return (
        Verdict.NOT_RUN.value if step.deed.startswith(RECORDED) else step.verdict.value,
        str(step.number),
        step.label,
        step.deed,
        _statements(step),
        f"{passed} of {len(step.checks)} passed" if step.checks else _no_checks(step),
        duration(step.microseconds),
        f"{step.ledger_sequence} ({step.ledger_hash[:12]})" if step.ledger_sequence else "none",
    )


def _statements(step: Ran) -> str:
    if step.settled:
        return "not recorded"
    return f"{step.statements_in} of {step.statements} in" if step.statements else "none ran"


def _no_checks(step: Ran) -> str:
    return "not recorded" if step.settled else "none ran"


def _trouble(trouble: Trouble | None) -> str:
    if trouble is None:
        return ""
    sqlstate = f", SQLSTATE {trouble.sqlstate}" if trouble.sqlstate else ""
    return f"{trouble.happened} [{trouble.code}{sqlstate}]"


def checks(report: ExecutionReport) -> Section:
    """Every check that ran in a step, with its expectation."""
    found = [
        (step.label, check)
        for run in report.newest_runs
        for step in run.steps
        for check in step.checks
    ]
    return Section("Checks", tuple(_checks(found)) or said("No check ran."))


def _checks(found: Iterable[tuple[str, Checked]]) -> Iterator[Block]:
    head = ("Result", "Migration", "Check", "When", "Severity", "Expected", "Found")
    yield from table(
        head,
        (
            (
                check.result,
                label,
                check.name,
                check.when,
                check.severity,
                check.expectation,
                check.explanation,
            )
            for label, check in found
        ),
    )


def verification(report: ExecutionReport) -> Section:
    """What was looked at after the run: checks again, second run, rows, the summary's claims."""
    asked = "the policy asks for it" if report.rules.verify else "the policy does not ask for it"
    return Section(
        "Verification after the run",
        items(report.verification, f"NOT RUN: nothing is recorded; {asked}."),
    )


def watched(report: ExecutionReport) -> Section:
    """What ``watch_sql`` found since."""
    looks = [run for run in report.runs if run.purpose == WATCH]
    if not looks:
        return Section("Watch", said("Nobody watched it with watch_sql."))
    rows = (
        (run.verdict or "not closed", moment(run.started_at), _passed(run), _trouble(run.trouble))
        for run in looks
    )
    broken = [
        (check.version, check)
        for run in looks
        for check in run.checks
        if check.result != CheckResult.PASS
    ]
    return Section(
        "Watch",
        (*table(("Verdict", "When", "Checks", "Ended by"), rows), *_checks(broken)),
    )


def _passed(run: RunOf) -> str:
    passed = sum(check.result == CheckResult.PASS for check in run.checks)
    return f"{passed} of {len(run.checks)} passed"
