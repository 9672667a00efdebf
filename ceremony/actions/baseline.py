"""Baseline: a live schema becomes the beginning of a series, once it is proved that a file builds
the very same.

Nothing is run on the target. The file is written where it is not there yet, run twice on a scratch
database, and compared with the live catalog; only where nothing differs is it recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ceremony import __version__, conf
from ceremony.actions.access import home_of, refuse_unconfirmed
from ceremony.actions.baseline_file import Wanted, found_file, write_file
from ceremony.actions.baseline_proof import Case, Proved, prove_file
from ceremony.actions.control import control_errors
from ceremony.actions.drift import drift_rules
from ceremony.actions.halt import refuse_halted
from ceremony.actions.library import load_library
from ceremony.actions.ready import Caller, Ready, now, ready, with_ledger
from ceremony.actions.record import RunFacts, close_run, open_run, record_checks
from ceremony.actions.refusals import refuse_files, refuse_plan
from ceremony.actions.snapshots import Occasion, store_snapshot
from ceremony.actions.stamp import Details, stamp
from ceremony.actions.watching import Watcher
from ceremony.core.baseline.report import BaselineReport
from ceremony.core.baselining import plan_baseline
from ceremony.core.chain import Json
from ceremony.core.migration import Migration
from ceremony.core.outcome import StepOutcome
from ceremony.core.plan import Plan, plan_digest
from ceremony.core.report import Verdict, verdict_on
from ceremony.errors import CeremonyError
from ceremony.models import Run, RunKind
from ceremony.pg.introspect import take
from ceremony.sources.git import commit_of


@dataclass(frozen=True)
class BaselineRequest:
    """``named``: a version or name; what is there is proved, what is not is written first. ``None``
    for the newest file that supersedes others, or the only one.

    ``supersedes``: the range that a new file stands for, ``None`` for all before it. ``rights``:
    whether owners and grants are written and compared. ``check_only``: record nothing.
    """

    series: str
    caller: Caller
    alias: str | None = None
    named: str | None = None
    supersedes: str | None = None
    rights: bool = True
    check_only: bool = False
    confirm: str = ""


@control_errors()
def baseline(request: BaselineRequest, watcher: Watcher) -> BaselineReport:
    """Write what is missing, prove it, record it.

    A proof that fails is not raised: the report's ``problem`` tells (baseline-differs,
    baseline-not-repeatable, baseline-build-failed, baseline-check-failed, baseline-moved), and
    nothing is recorded in the ledger. Raises CeremonyError: UsageError for what was asked; Refused
    for files and plan, dump-failed, baseline-unreadable, scratch-…; LockedByOther, Tampered.
    """
    settings = conf.load()
    library = load_library(settings.root, [request.series])
    refuse_files(library.findings)
    series = library.series[request.series]
    meant = found_file(series, request.named)
    target = home_of(series, request.alias, settings)
    if not request.check_only:
        refuse_unconfirmed(target, request.confirm)
    with ready(target, settings, request.caller, watcher) as here:
        if not request.check_only:
            refuse_halted(here)
        live = take(here.access.session, ledger_schema=settings.ledger_schema)
        ignore = drift_rules(here.access, series, here.history, settings).ignore
        written: tuple[Path, ...] = ()
        if meant is None:
            watcher.note("Writing the file from the live schema …")
            wanted = Wanted(series.name, request.named, request.supersedes, request.rights)
            meant, written = write_file(
                wanted, series, here.access, live, live.without(ignore), settings
            )
            library = load_library(settings.root, [series.name])
        plan = plan_baseline(library.series[series.name], here.history, meant)
        versions = frozenset(str(step.migration.version) for step in plan.steps)
        case = Case(library, meant, live, ignore, request.rights, versions)
        _refuse(plan, target.alias, written)
        if not plan.steps:
            return _nothing_to_do(here, request, meant, plan, written)
        watcher.note(f"Building {meant.label} on a scratch database, twice …")
        began = now()
        proved = prove_file(case, here, settings)
        run = _opened(here, plan, commit_of(settings.root / series.name), began)
        return _ended(here, request, run, case, plan, proved, written)


def _refuse(plan: Plan, alias: str, written: tuple[Path, ...]) -> None:
    """Raise what stands against the plan. A file that was written for nothing goes again: under a
    number that the ledger knows it would stand in the way of every other command.
    """
    try:
        refuse_plan(plan.findings, f"{plan.series} on {alias}")
    except CeremonyError:
        for path in written:
            path.unlink()
        raise


def _opened(here: Ready, plan: Plan, commit: str, began: datetime) -> Run:
    return open_run(
        RunFacts(
            kind=RunKind.BASELINE,
            target=here.target,
            series=plan.series,
            actor=here.caller.actor,
            tool_version=__version__,
            started_at=began,
            command_line=here.caller.command,
            git_commit=commit,
            plan_digest=plan_digest(plan),
        )
    )


def _ended(
    here: Ready,
    request: BaselineRequest,
    run: Run,
    case: Case,
    plan: Plan,
    proved: Proved,
    written: tuple[Path, ...],
) -> BaselineReport:
    """Record the proof, and, where it holds and that was asked for, the baseline."""
    meant = case.migration
    record_checks(run, {str(meant.version): proved.checks} if proved.checks else {})
    outcomes: tuple[StepOutcome, ...] = ()
    if proved.problem is None and not request.check_only:
        here = with_ledger(here)
        outcomes = stamp(here, run, plan, _details(plan, meant, proved))
        store_snapshot(here.access, here.target, Occasion(run, now()))
    verdict = Verdict.FAIL if proved.problem else verdict_on(proved.checks)
    findings = (*plan.findings, *proved.findings)
    close_run(run, verdict, finished_at=now(), problem=proved.problem, findings=findings)
    return BaselineReport(
        run=run.pk,
        target=here.access.facts,
        series=request.series,
        label=meant.label,
        written=tuple(path.name for path in written),
        proof=proved.proof,
        checks=proved.checks,
        outcomes=outcomes,
        findings=findings,
        settled=here.settled,
        verdict=verdict,
        problem=proved.problem,
        recording=not request.check_only,
    )


def _details(plan: Plan, meant: Migration, proved: Proved) -> Details:
    """What the ledger keeps: the fingerprint that was proved; for history, with which file."""
    details: dict[str, Mapping[str, Json]] = {
        str(step.migration.version): {"history": True, "with": meant.label} for step in plan.steps
    }
    proof = proved.proof
    details[str(meant.version)] = {
        "fingerprint": proof.fingerprint if proof else "",
        "objects": proof.objects if proof else 0,
    }
    return details


def _nothing_to_do(
    here: Ready,
    request: BaselineRequest,
    meant: Migration,
    plan: Plan,
    written: tuple[Path, ...],
) -> BaselineReport:
    """It is recorded already: no run, because none was made. ``written`` is a file that was lost
    and is there again.
    """
    return BaselineReport(
        run=0,
        target=here.access.facts,
        series=request.series,
        label=meant.label,
        written=tuple(path.name for path in written),
        proof=None,
        checks=(),
        outcomes=(),
        findings=plan.findings,
        settled=here.settled,
        verdict=Verdict.PASS,
        recording=not request.check_only,
    )
