"""Trouble: an error as a person meets it, with the code, the place, the state and what to type
next.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.management.base import CommandError

from ceremony.actions.refusals import TAMPERING
from ceremony.core.baseline.report import BaselineReport
from ceremony.core.check import CheckResult
from ceremony.core.drift import DriftResult
from ceremony.core.finding import Finding, errors
from ceremony.core.outcome import Problem, ServerError, StepOutcome, StepState
from ceremony.core.rehearsal.report import RehearsalReport
from ceremony.core.report import (
    PlanReport,
    ReconcileReport,
    RunReport,
    StatusReport,
    Verdict,
    VerifyReport,
)
from ceremony.errors import NOTHING_CHANGED, CeremonyError, ExitCode
from ceremony.management.excerpt import WIDTH, excerpt
from ceremony.management.next_command import next_command, program
from ceremony.management.page import Page
from ceremony.management.places import place_of
from ceremony.management.units import counted
from ceremony.management.visible import visible_lines

_IN_DOUBT = frozenset({StepState.PARTLY, StepState.UNKNOWN})


@dataclass(frozen=True)
class Trouble:
    """What an error says. ``path`` is the file that ``server`` points into, as a person would open
    it.
    """

    code: str
    happened: str
    state: str
    next_step: str
    exit_code: ExitCode
    server: ServerError | None = None
    path: str = ""


class CommandStopped(CommandError):
    """What callers of ``call_command`` catch: a CommandError with the exit status and the error's
    code.
    """

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(
            trouble_page(trouble).plain.rstrip("\n"), returncode=int(trouble.exit_code)
        )
        self.trouble = trouble
        self.code = trouble.code


def of_error(error: CeremonyError) -> Trouble:
    """The trouble that an error raised by an action makes."""
    return Trouble(error.code, error.happened, error.state, error.next_step, error.exit_code)


def of_problem(problem: Problem) -> Trouble:
    """The trouble that something makes which an action found, rather than raised."""
    return Trouble(
        problem.code, problem.happened, problem.state, problem.next_step, ExitCode.FAILED
    )


def of_run(report: RunReport, prefix: str) -> Trouble | None:
    """The trouble that ended a run, ``None`` when nothing did. ``prefix`` leads to the folder of
    series.
    """
    problem = report.problem
    if problem is None:
        return None
    ended = _ended_by(report)
    in_doubt = any(outcome.state in _IN_DOUBT for outcome in report.outcomes)
    script = ended.step.script if ended else None
    return Trouble(
        problem.code,
        problem.happened,
        problem.state,
        problem.next_step,
        ExitCode.PARTLY_APPLIED if in_doubt else ExitCode.FAILED,
        problem.server,
        prefix + script.path if script else "",
    )


def of_baseline(report: BaselineReport) -> Trouble | None:
    """A proof that failed refuses; nothing was recorded in the target."""
    problem = report.problem
    if problem is None:
        return None
    return Trouble(
        problem.code,
        problem.happened,
        problem.state,
        problem.next_step,
        ExitCode.REFUSED,
        problem.server,
    )


def of_plan(report: PlanReport, prefix: str) -> Trouble | None:
    """The refusal of a plan that holds errors."""
    found = errors(report.plan.findings)
    if not found:
        return None
    more = f" ({counted(len(found) - 1, 'more error')} above)" if len(found) > 1 else ""
    return Trouble(
        found[0].code,
        f"{place_of(found[0], prefix)}: {found[0].message}{more}",
        NOTHING_CHANGED,
        found[0].hint,
        ExitCode.TAMPERED if _tampered(found) else ExitCode.REFUSED,
    )


def of_work(steps: int, command: str) -> Trouble | None:
    """``--check`` found something to do; ``command`` does it."""
    if not steps:
        return None
    waiting = "1 migration waits" if steps == 1 else f"{steps:,} migrations wait"
    return Trouble(
        "work-found",
        f"{waiting} to be applied.",
        NOTHING_CHANGED,
        command,
        ExitCode.FAILED,
    )


def of_status(reports: Sequence[StatusReport]) -> Trouble | None:
    """``--check`` found a disagreement of files and ledger, or something to do."""
    for report in reports:
        if found := errors(report.findings):
            return _disagreement(found, next_command("verify_sql", report.series, report.target))
    waiting = [report for report in reports if report.pending]
    if not waiting:
        return None
    first = waiting[0]
    command = next_command("apply_sql", first.series, first.target)
    return of_work(sum(report.pending for report in waiting), command)


def of_verification(report: VerifyReport) -> Trouble | None:
    """Disagreement comes before a failed check: what is checked may then be something else."""
    if found := errors(report.findings):
        return _disagreement(
            found, "Find out who changed it, and when; `git log` and the ledger tell."
        )
    checks = [check for one in report.migrations for check in one.checks]
    failed = sum(check.result is CheckResult.FAIL for check in checks)
    missing = sum(check.result is CheckResult.NOT_RUN for check in checks)
    if drifted := _drifted(report):
        return drifted
    if report.contract is not None and (broken := errors(report.contract.findings)):
        return _violated(report, broken)
    if report.verdict is not Verdict.FAIL:
        return _half_done(report) or _not_compared(report)
    told = [f"{counted(failed, 'check')} of {report.series} failed."] if failed else []
    if missing:
        told.append(f"{counted(missing, 'check')} of {report.series} did not run.")
    return Trouble(
        "check-failed",
        " ".join(told),
        "What the checks did was undone; the database is as it was.",
        "Read the rows above: either the data or the check is wrong.",
        ExitCode.FAILED,
    )


def _violated(report: VerifyReport, broken: Sequence[Finding]) -> Trouble:
    """What the series requires is not there, whatever the checks say."""
    count = "a required object is" if len(broken) == 1 else f"{len(broken)} required objects are"
    return Trouble(
        broken[0].code,
        f"{report.target.alias!r} does not keep the contract of {report.series}: "
        f"{count} missing or different.",
        "The database was only read.",
        broken[0].hint,
        ExitCode.FAILED,
    )


def _drifted(report: VerifyReport) -> Trouble | None:
    """Drift that was asked for and found is drift, whatever it does to a run."""
    drift = report.drift
    if drift is None or drift.result is not DriftResult.FOUND:
        return None
    alias = report.target.alias
    return Trouble(
        "drift-found",
        f"The catalog of {alias!r} is not as the last run left it: "
        f"{counted(len(drift.differences), 'difference')} from snapshot {drift.reference}.",
        "The database was only read.",
        "Find out who made the change. Undo it, or, if the database is right as it is: "
        f'{program()} reconcile_sql --database {alias} --accept-drift "why"',
        ExitCode.TAMPERED,
    )


def _not_compared(report: VerifyReport) -> Trouble | None:
    """Drift that was asked for and could not be told is no success of the command."""
    drift = report.drift
    if drift is None or drift.result is not DriftResult.NOT_RUN or not drift.notes:
        return None
    note = drift.notes[0]
    return Trouble(
        note.code, note.message, "The database was only read.", note.hint, ExitCode.FAILED
    )


def _half_done(report: VerifyReport) -> Trouble | None:
    """A change that is partly in is not verified, however well the checks of the others went."""
    partly = [one for one in report.findings if one.code == "ledger-partly-applied"]
    if not partly:
        return None
    return Trouble(
        partly[0].code,
        partly[0].message,
        "The database was only read.",
        partly[0].hint,
        ExitCode.PARTLY_APPLIED,
    )


def of_reconciliation(report: ReconcileReport) -> Trouble | None:
    """Something that no rule may settle."""
    found = errors(report.findings)
    return _disagreement(found, found[0].hint) if found else None


def of_rehearsal(report: RehearsalReport) -> Trouble | None:
    """What a rehearsal found."""
    if report.clean:
        return None
    found = errors(report.findings)
    told = f"{counted(len(found), 'fault')} in the rehearsal of {report.series}"
    if report.not_drilled:
        told += f"; {counted(len(report.not_drilled), 'migration')} not drilled"
    return Trouble(
        "rehearsal-failed",
        f"{told[0].upper()}{told[1:]}.",
        "The scratch database is dropped; the target was not touched.",
        found[0].hint if found else "Mend the change that failed, then rehearse again.",
        ExitCode.FAILED,
    )


def _disagreement(found: Sequence[Finding], next_step: str) -> Trouble:
    more = f" ({counted(len(found) - 1, 'more finding')} above)" if len(found) > 1 else ""
    return Trouble(
        found[0].code,
        f"{found[0].message}{more}",
        "The database was only read.",
        found[0].hint or next_step,
        ExitCode.TAMPERED if _tampered(found) else ExitCode.FAILED,
    )


def _tampered(found: Sequence[Finding]) -> bool:
    return any(finding.code in TAMPERING for finding in found)


def trouble_page(trouble: Trouble, width: int = WIDTH) -> Page:
    """Four parts: what happened, what the server said, what state that leaves, what to do.

    ``width``: terminal cells that an excerpt may take.
    """
    page = Page()
    first, *more = visible_lines(trouble.happened)
    page.line(("✕ ", "bad"), (first, "bold"), (f"  [{trouble.code}]", "dim"))
    for line in more:
        page.line(line)
    if trouble.server is not None:
        page.blank()
        _server(page, trouble, width)
    if more or trouble.server is not None:
        page.blank()
    _labelled(page, "State", trouble.state)
    _labelled(page, "Next", trouble.next_step)
    return page


def _server(page: Page, trouble: Trouble, width: int) -> None:
    """Add what the server said: place, source line, caret, SQLSTATE, message and its other fields.

    The message is left out where the first sentence has it already.
    """
    error = trouble.server
    if error is None:
        return
    if place := _place(error, trouble.path):
        page.line((place, "run"), indent=2)
    if error.line and error.source_line:
        excerpt(page, error.line, error.column, error.source_line, width)
    told = error.message in trouble.happened
    first, *more = ("",) if told else visible_lines(error.message)
    page.line((f"SQLSTATE {error.sqlstate or 'none'}", "bad"), f"  {first}", indent=2)
    for line in more:
        page.line(line, indent=4)
    for name, text in (("Detail", error.detail), ("Hint", error.hint), ("Context", error.context)):
        for number, line in enumerate(visible_lines(text) if text else ()):
            page.line((f"{'' if number else name:<9}", "dim"), line, indent=2)


def _place(error: ServerError, path: str) -> str:
    parts = []
    if error.line and path:
        column = f":{error.column}" if error.column else ""
        parts.append(f"{path}:{error.line}{column}")
    if error.statement:
        parts.append(f"statement {error.statement}")
    if error.doing:
        parts.append(error.doing)
    return " · ".join(parts)


def _labelled(page: Page, label: str, text: str) -> None:
    for number, line in enumerate(visible_lines(text)):
        page.line((f"{'' if number else label:<7}", "bold" if label == "Next" else "dim"), line)


def _ended_by(report: RunReport) -> StepOutcome | None:
    ended = (o for o in report.outcomes if o.state not in (StepState.DONE, StepState.NOT_STARTED))
    return next(ended, None)
