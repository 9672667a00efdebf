"""Plan: what apply or roll back would do now, without doing it."""

from dataclasses import dataclass

from ceremony import conf
from ceremony.actions.access import home_of, reached
from ceremony.actions.control import control_errors, require_control
from ceremony.actions.dependencies import satisfied_on
from ceremony.actions.library import load_library, neighbours
from ceremony.actions.policies import policy_for
from ceremony.actions.recognise import refuse_stranger
from ceremony.actions.record import control_identity
from ceremony.actions.refusals import refuse_files
from ceremony.actions.targets import known_target
from ceremony.core.history import History
from ceremony.core.plan import Direction, plan_apply, plan_digest, plan_rollback
from ceremony.core.report import PlanReport
from ceremony.core.risks import register
from ceremony.errors import UsageError


@dataclass(frozen=True)
class PlanRequest:
    """As for ``apply`` and ``roll_back``; ``direction`` says which."""

    series: str
    alias: str | None = None
    to: str | None = None
    direction: Direction = Direction.APPLY
    variant: str = ""
    include_late: bool = False


@control_errors()
def plan(request: PlanRequest) -> PlanReport:
    """The plan as it stands now, with its refusals among the findings.

    Changes nothing and takes no lock.

    Raises UsageError, Refused and Tampered as ``apply`` does, but not for the plan's own
    findings.
    """
    if request.variant and request.direction is Direction.APPLY:
        raise UsageError(
            "variant-without-rollback",
            f"--variant {request.variant} names a way back, and a plan to apply has none.",
            next_step=f"manage.py plan_sql {request.series} --rollback --variant {request.variant}",
        )
    settings = conf.load()
    library = load_library(settings.root, [request.series])
    refuse_files(library.findings)
    series = library.series[request.series]
    target = home_of(series, request.alias, settings)
    require_control()
    with reached(target, settings, "plan") as access:
        # Before the rows: a run that ends meanwhile must not look like a ledger that went back.
        known = known_target(target.alias)
        rows = access.ledger.rows() if access.ledger.exists() else ()
        refuse_stranger(access, known, rows, control_identity())
        history = History(rows)
        if request.direction is Direction.APPLY:
            made = plan_apply(
                series,
                history,
                to=request.to,
                include_late=request.include_late,
                satisfied=satisfied_on(access, history, series, library, settings),
            )
        else:
            made = plan_rollback(
                series,
                history,
                to=request.to,
                variant=request.variant,
                neighbours=neighbours(settings.root, series.name, history.series_names),
            )
        facts = access.facts
    applied = len(history.applied(series.name))
    policy = policy_for(target, series, made, settings)
    return PlanReport(facts, made, applied, plan_digest(made), register(series.settings), policy)
