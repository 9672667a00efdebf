"""Roll back: take applied migrations back, newest first, by their own rollback files."""

from dataclasses import dataclass, field

from ceremony import conf
from ceremony.actions.access import home_of, refuse_unconfirmed
from ceremony.actions.apply import nothing_to_do
from ceremony.actions.control import control_errors
from ceremony.actions.drift import drift_before
from ceremony.actions.execute import execute
from ceremony.actions.library import load_library, neighbours
from ceremony.actions.loss import LossAccepted, record_loss, refuse_unaccepted_loss
from ceremony.actions.ready import Caller, ready
from ceremony.actions.refusals import refuse_files, refuse_plan
from ceremony.actions.unknown_outcome import settle_unknown
from ceremony.actions.watching import Watcher
from ceremony.core.plan import plan_rollback
from ceremony.core.report import RunReport
from ceremony.sources.git import commit_of


@dataclass(frozen=True)
class RollbackRequest:
    """``to``: the version that stays the last applied one, ``zero`` for none; ``None`` takes
    back the newest one.

    ``variant`` names another way back (``keep_data`` for ``.rollback.keep_data.sql``). ``loss``
    accepts that data goes, where a header says so.
    """

    series: str
    caller: Caller
    alias: str | None = None
    to: str | None = None
    variant: str = ""
    loss: LossAccepted = field(default_factory=LossAccepted)
    confirm: str = ""


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
    refuse_unconfirmed(target, request.confirm)
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
        drift = drift_before(here, series, settings)
        record_loss(here, plan, request.loss, settings, watcher)
        commit = commit_of(settings.root / request.series)
        report = execute(here, plan, commit, watcher, drift)
    return settle_unknown(report, target, settings, request.caller, watcher)
