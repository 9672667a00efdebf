"""Apply: bring a target to the state that the files describe, or as far as ``--to`` says."""

from dataclasses import dataclass
from functools import partial

from ceremony import conf
from ceremony.actions.access import home_of
from ceremony.actions.backup import record_backup
from ceremony.actions.clearance import NOTHING_TO_PREPARE, Preparation
from ceremony.actions.control import control_errors
from ceremony.actions.gated import Job, permit_for, run_through_the_gate
from ceremony.actions.halt_settle import settle_halt
from ceremony.actions.library import load_library
from ceremony.actions.named import asked_of, named, refuse_nothing_left, refuse_other_plan
from ceremony.actions.permit import NOTHING_SAID, Asked
from ceremony.actions.planned import PlanAsked, planned
from ceremony.actions.ready import Caller, Ready, ready
from ceremony.actions.refusals import refuse_files, refuse_plan
from ceremony.actions.unknown_outcome import settle_unknown
from ceremony.actions.watching import Watcher
from ceremony.core.plan import Direction, Plan
from ceremony.core.report import RunReport, Verdict


@dataclass(frozen=True)
class ApplyRequest:
    """``alias`` ``None``: the series' home database.

    ``to``: the last version to apply, ``None`` for all.

    ``include_late`` takes files in that stand before an applied one; ``gate`` is what the caller
    says of the gate. ``backup``: the folder of a backup to make before the run, ``""`` for none.
    """

    series: str
    caller: Caller
    alias: str | None = None
    to: str | None = None
    include_late: bool = False
    gate: Asked = NOTHING_SAID
    backup: str = ""


@control_errors()
def apply(request: ApplyRequest, watcher: Watcher) -> RunReport:
    """Apply what is pending, in order, each migration with its checks and its ledger row in one
    transaction.

    A migration that fails is not raised: the report's ``problem`` tells. Raises CeremonyError:
    UsageError for what was asked, Refused before anything ran, LockedByOther, Tampered,
    Interrupted after a Ctrl-C was recorded.
    """
    settings = conf.load()
    library = load_library(settings.root, [request.series])
    refuse_files(library.findings)
    series = library.series[request.series]
    ceremony = named(request.gate.ceremony, request.series, request.alias, Direction.APPLY)
    refuse_other_plan(ceremony, request.to, request.include_late)
    target = home_of(series, ceremony.target.alias if ceremony else request.alias, settings)
    caller = request.gate.caller(request.caller)
    with ready(target, settings, caller, watcher) as here:
        asked = asked_of(ceremony) or PlanAsked(request.to or "", include_late=request.include_late)
        plan = planned(here, series, Direction.APPLY, asked, library, settings)
        refuse_plan(plan.findings, f"{request.series} on {target.alias}")
        if not plan.steps:
            settle_halt(here)
            refuse_nothing_left(ceremony)
            return nothing_to_do(here, plan)
        job = Job(here, plan, series, settings, request.gate)
        prepare = NOTHING_TO_PREPARE
        if request.backup:
            back_up = partial(record_backup, here, series.name, request.backup, settings, watcher)
            prepare = Preparation(back_up, backs_up=True)
        report = run_through_the_gate(job, permit_for(job), watcher, prepare)
    return settle_unknown(report, target, settings, caller, watcher)


def nothing_to_do(here: Ready, plan: Plan) -> RunReport:
    """The report of a run that had no step: no run is recorded, because none was made."""
    return RunReport(
        run=0,
        target=here.access.facts,
        plan=plan,
        outcomes=(),
        findings=plan.findings,
        settled=here.settled,
        seconds=0.0,
        verdict=Verdict.PASS,
    )
