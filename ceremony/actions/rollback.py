"""Roll back: take applied migrations back, newest first, by their own rollback files."""

from dataclasses import dataclass, field
from functools import partial

from ceremony import conf
from ceremony.actions.access import home_of
from ceremony.actions.apply import nothing_to_do
from ceremony.actions.control import control_errors
from ceremony.actions.gated import Job, permit_for, run_through_the_gate
from ceremony.actions.library import load_library, neighbours
from ceremony.actions.loss import LossAccepted, record_loss, refuse_unaccepted_loss
from ceremony.actions.permit import NOTHING_SAID, Asked
from ceremony.actions.ready import Caller, ready
from ceremony.actions.refusals import refuse_files, refuse_plan
from ceremony.actions.unknown_outcome import settle_unknown
from ceremony.actions.watching import Watcher
from ceremony.core.plan import plan_rollback
from ceremony.core.report import RunReport


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
    target = home_of(series, request.alias, settings)
    with ready(target, settings, request.caller, watcher) as here:
        plan = plan_rollback(
            series,
            here.history,
            to=request.to,
            variant=request.variant,
            neighbours=neighbours(settings.root, series.name, here.history.series_names),
        )
        refuse_plan(plan.findings, f"{request.series} on {target.alias}")
        if not plan.steps:
            return nothing_to_do(here, plan)
        refuse_unaccepted_loss(plan, request.loss)
        job = Job(here, plan, series, settings, request.gate)
        backed_up = partial(record_loss, here, plan, request.loss, settings, watcher)
        report = run_through_the_gate(job, permit_for(job), watcher, backed_up)
    return settle_unknown(report, target, settings, request.caller, watcher)
