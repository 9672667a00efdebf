"""The page of ``apply_sql`` and ``rollback_sql``: what came of it, in the order a tired person
reads.
"""

from ceremony.core.drift import DriftResult
from ceremony.core.finding import Finding
from ceremony.core.outcome import CheckOutcome, StepOutcome, StepState
from ceremony.core.plan import Direction
from ceremony.core.report import RunReport, Verdict
from ceremony.management.next_command import next_command, program
from ceremony.management.page import Page, Part
from ceremony.management.pages.checks import add_checks, checks_sentence, passed
from ceremony.management.pages.drift import add_differences, add_not_run, add_note, add_notes
from ceremony.management.pages.findings import add_findings
from ceremony.management.pages.items import add_verification
from ceremony.management.pages.settled import add_settled
from ceremony.management.pages.target import target_name, target_place
from ceremony.management.pages.verdict import marked, step_verdict
from ceremony.management.units import counted, duration

_SHOWN = 40
_KEPT = 5
_WENT_ON = "; the run went on, because here drift only warns"
_EVERYDAY = {"PASS", "RECORDED"}


def run_page(report: RunReport, prefix: str, verbosity: int) -> Page:
    """The outcome in one sentence, a row per migration, what did not pass, where to look next."""
    page = Page()
    page.line(_mark(report), (_sentence(report), "bold"))
    page.line((target_place(report.target), "dim"))
    if report.outcomes:
        page.blank()
        _table(page, report, everything=verbosity > 1)
    page.blank()
    for outcome in report.outcomes:
        label = outcome.step.migration.label
        add_checks(page, label, outcome.checks, prefix, all_of_them=verbosity > 1)
    page.blank()
    if report.settled:
        add_settled(page, report.settled)
        page.blank()
    add_findings(page, _still_true(report), prefix)
    page.blank()
    _catalog(page, report, everything=verbosity > 1)
    page.blank()
    if report.problem is None:
        add_verification(page, report.verification, report.ceremony)
    _next(page, report)
    return page


def _catalog(page: Page, report: RunReport, *, everything: bool) -> None:
    """What was not as the last run left it, and a snapshot that could not be stored. A run that
    stopped has more urgent things to tell than the latter.
    """
    drift = report.drift
    if drift is not None and drift.result is DriftResult.FOUND:
        add_differences(
            page, drift, "; the run went on, because here drift only warns", everything=everything
        )
    if drift is not None and drift.result is DriftResult.NOT_RUN:
        add_not_run(page)
    if drift is not None:
        add_notes(page, drift)
    missing = report.snapshot.missing if report.snapshot else None
    if missing is not None and report.problem is None:
        add_note(page, missing)


def _still_true(report: RunReport) -> tuple[Finding, ...]:
    """Findings of the plan, but for files that were partly in and are whole now."""
    whole = {o.step.migration.path for o in report.outcomes if o.state is StepState.DONE}
    return tuple(
        one
        for one in report.findings
        if one.code != "ledger-partly-applied" or one.path not in whole
    )


def _mark(report: RunReport) -> Part:
    if report.problem is not None:
        return "✕ ", "bad"
    return ("✓ ", "ok") if report.verdict is Verdict.PASS else ("◐ ", "warn")


def _sentence(report: RunReport) -> str:
    on = f"{report.plan.series} on {target_name(report.target)}"
    apply = report.plan.direction is Direction.APPLY
    done = [outcome for outcome in report.outcomes if outcome.state is StepState.DONE]
    if report.problem is not None:
        told = "applied" if apply else "rolled back"
        return (
            f"Stopped: {len(done)} of {counted(len(report.plan.steps), 'migration')} "
            f"of {on} {told}{_others(report)}."
        )
    if not done:
        return f"{'Up to date, nothing to apply' if apply else 'Nothing to roll back'}: {on}."
    verb = "Applied" if apply else "Rolled back"
    checks = checks_sentence(_checks(report))
    ran = sum(outcome.step.script is not None for outcome in done)
    recorded = f", {len(done) - ran:,} only recorded" if ran < len(done) else ""
    migrations = f"{counted(ran, 'migration')} of {on}{recorded}"
    return f"{verb} {migrations} in {duration(report.seconds)}. {checks}"


def _others(report: RunReport) -> str:
    words = {
        StepState.FAILED: "failed and was undone",
        StepState.PARTLY: "is partly in",
        StepState.UNKNOWN: "is unknown",
    }
    ended = [
        f"{o.step.migration.label} {words[o.state]}" for o in report.outcomes if o.state in words
    ]
    finished = sum(o.state is not StepState.NOT_STARTED for o in report.outcomes)
    waiting = len(report.plan.steps) - finished
    if waiting:
        ended.append(f"{waiting} not started")
    return "".join(f"; {words}" for words in ended)


def _table(page: Page, report: RunReport, *, everything: bool) -> None:
    """A row per migration; in a very long run the middle of the passes is only counted."""
    rows = list(report.outcomes)
    hidden = 0
    if len(rows) > _SHOWN and not everything:
        tail = rows[-_KEPT:]
        kept = [o for o in rows[:-_KEPT] if step_verdict(o) not in _EVERYDAY] + tail
        hidden = len(rows) - len(kept)
        rows = kept
    page.table(
        ("Migration", "Verdict", "Checks", "Time"),
        [_row(outcome) for outcome in rows],
        right=(2, 3),
    )
    if hidden:
        rest = f"and {counted(hidden, 'more migration')}, each PASS or RECORDED (-v 2 shows them)"
        page.line((rest, "dim"), indent=2)


def _row(outcome: StepOutcome) -> list[Part]:
    verdict = marked(step_verdict(outcome))
    if outcome.state is StepState.NOT_STARTED:
        return [(outcome.step.migration.label, "dim"), verdict, "–", "–"]
    return [
        outcome.step.migration.label,
        verdict,
        passed(outcome.checks),
        duration(outcome.seconds),
    ]


def _checks(report: RunReport) -> tuple[CheckOutcome, ...]:
    return tuple(check for outcome in report.outcomes for check in outcome.checks)


def _next(page: Page, report: RunReport) -> None:
    series = report.plan.series
    if report.run:
        page.line(
            ("Record ", "dim"), f"run {report.run}, with every statement and check, in the admin"
        )
    if report.problem is None and report.halted:
        resume = f"{program()} resume_sql --database {report.target.alias}"
        page.line(("Next   ", "dim"), f"{resume}   the next station of the halt")
    elif report.problem is None:
        status, verify = (
            next_command(command, series, report.target) for command in ("status_sql", "verify_sql")
        )
        page.line(("Next   ", "dim"), f"{status}   what is applied")
        page.line(f"       {verify}   run the checks again, any time")
        if report.verification:
            told = f"{program()} report_sql {report.ceremony}"
            page.line(f"       {told}   the ceremony, from the request to where it stands")
