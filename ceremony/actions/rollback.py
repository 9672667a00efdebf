"""Roll back: take applied migrations back, newest first, by their own rollback files."""

from dataclasses import dataclass, field
from functools import partial

from ceremony import conf
from ceremony.actions.access import home_of
from ceremony.actions.apply import nothing_to_do
from ceremony.actions.clearance import Preparation
from ceremony.actions.control import control_errors
from ceremony.actions.gated import Job, permit_for, run_through_the_gate
from ceremony.actions.halt_settle import settle_halt
from ceremony.actions.library import load_library
from ceremony.actions.loss import LossAccepted, record_loss, refuse_unaccepted_loss
from ceremony.actions.named import brought_in, named, refuse_nothing_left, refuse_other_plan
from ceremony.actions.permit import NOTHING_SAID, Asked
from ceremony.actions.planned import PlanAsked, asked_by, planned
from ceremony.actions.ready import Caller, Ready, ready
from ceremony.actions.refusals import refuse_files, refuse_plan
from ceremony.actions.rounds import newest_round
from ceremony.actions.unknown_outcome import settle_unknown
from ceremony.actions.watching import Watcher
from ceremony.core.plan import Direction
from ceremony.core.report import RunReport
from ceremony.models import Ceremony


@dataclass(frozen=True)
class RollbackRequest:
    """``to``: the version that stays the last applied one, ``zero`` for none; ``None`` takes
    back the newest one.

    ``variant`` names another way back (``keep_data`` for ``.rollback.keep_data.sql``). ``loss``
    accepts that data goes, where a header says so; ``gate`` is what the caller says of the gate.
    """

    series: str
    caller: Caller
    alias: str | None = None
    to: str | None = None
    variant: str = ""
    loss: LossAccepted = field(default_factory=LossAccepted)
    gate: Asked = NOTHING_SAID


@control_errors()
def roll_back(request: RollbackRequest, watcher: Watcher) -> RunReport:
    """Run the rollback files, each with its checks and its ledger row in one transaction.

    A step that fails is not raised: the report's ``problem`` tells. Raises CeremonyError as
    ``apply`` does, and Refused (data-loss-not-accepted, backup-missing) and Failed
    (backup-failed) before anything ran.
    """
    settings = conf.load()
    library = load_library(settings.root, [request.series])
    refuse_files(library.findings)
    series = library.series[request.series]
    ceremony = named(request.gate.ceremony, request.series, request.alias, Direction.ROLL_BACK)
    target = home_of(series, ceremony.target.alias if ceremony else request.alias, settings)
    caller = request.gate.caller(request.caller)
    with ready(target, settings, caller, watcher) as here:
        asked, steps = _asked(here, request, ceremony)
        plan = planned(here, series, Direction.ROLL_BACK, asked, library, settings, steps=steps)
        refuse_plan(plan.findings, f"{request.series} on {target.alias}")
        if not plan.steps:
            settle_halt(here)
            refuse_nothing_left(ceremony)
            return nothing_to_do(here, plan)
        refuse_unaccepted_loss(plan, request.loss)
        job = Job(here, plan, series, settings, request.gate)
        backed_up = partial(record_loss, here, plan, request.loss, settings, watcher)
        prepare = Preparation(backed_up, backs_up=bool(request.loss.backup_folder))
        report = run_through_the_gate(job, permit_for(job), watcher, prepare)
    return settle_unknown(report, target, settings, caller, watcher)


def _asked(
    here: Ready, request: RollbackRequest, ceremony: Ceremony | None
) -> tuple[PlanAsked, int | None]:
    """What was asked for, and how many migrations it is where that is what counts. A ceremony that
    is named gives its own plan: that of a rollback what it was approved with, that of a change
    everything that it brought in.
    """
    if ceremony is not None and ceremony.direction == Direction.ROLL_BACK.value:
        refuse_other_plan(ceremony, request.to, request.variant)
        return asked_by(newest_round(ceremony).asked), None
    steps = brought_in(here, ceremony) if ceremony is not None and request.to is None else None
    return PlanAsked(request.to or "", request.variant), steps
