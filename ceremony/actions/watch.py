"""Watch: the ``monitor`` checks of what is applied, asked again after a run; a breach is told.

Each look is a run of its own on the record, so that a watch that was cut off has lost nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ceremony import __version__, conf
from ceremony.actions.access import Access, home_of, reached
from ceremony.actions.ceremonies import acting, ceremony_unknown, note
from ceremony.actions.control import control_errors, require_control
from ceremony.actions.library import load_library
from ceremony.actions.notices import tell
from ceremony.actions.ready import Caller, now, remember
from ceremony.actions.recognise import refuse_stranger
from ceremony.actions.record import (
    RunFacts,
    close_run,
    control_identity,
    open_run,
    record_checks,
    recording,
)
from ceremony.actions.targets import known_target
from ceremony.conf import Settings, TargetSettings
from ceremony.core.chain import Json
from ceremony.core.check import CheckResult, When
from ceremony.core.health import Health, health_of
from ceremony.core.history import History
from ceremony.core.notice import Occasion
from ceremony.core.outcome import Problem
from ceremony.core.report import TargetFacts, Verdict, VerifiedMigration, verdict_on
from ceremony.core.series import Series
from ceremony.core.states import State
from ceremony.core.watching import WatchLook
from ceremony.errors import CeremonyError, Tampered, UsageError
from ceremony.models import (
    AuditHead,
    Ceremony,
    CeremonyRun,
    Run,
    RunKind,
    RunPurpose,
    Target,
    audit,
)
from ceremony.models.audit import Action
from ceremony.pg.verify import run_checks

_AFTER_A_RUN = (State.VERIFYING, State.AWAITING_SIGN_OFF, State.SIGNED_OFF, State.HALTED)


@dataclass(frozen=True)
class WatchRequest:
    """``alias`` ``None``: the series' home database. ``ceremony`` 0: the newest of this series on
    the target that has run.
    """

    series: str
    caller: Caller
    alias: str | None = None
    ceremony: int = 0


@dataclass(frozen=True)
class _Found:
    target: Target
    facts: TargetFacts | None
    migrations: Mapping[str, VerifiedMigration]
    verdict: Verdict
    problem: Problem | None = None
    missing: tuple[str, ...] = ()


def stated(series: str) -> Health:
    """How long and how often the series says that it is watched. Raises UsageError
    (series-unknown).
    """
    settings = conf.load()
    return health_of(load_library(settings.root, [series]).series[series].settings)


@control_errors()
def look(request: WatchRequest) -> WatchLook:
    """Ask every monitor check of what is applied, once, and record what came of it; the event
    ``monitor breached`` where one does not hold or could not be asked.

    What the checks do is rolled back. A target that does not answer is a breach, too. Raises
    UsageError (ceremony-unknown, monitor-missing, alias-unknown …) and Tampered as ``verify`` does.
    """
    settings = conf.load()
    series = load_library(settings.root, [request.series]).series[request.series]
    target = home_of(series, request.alias, settings)
    require_control()
    started = now()
    found = _asked(target, settings, series, request.caller)
    ceremony = _ceremony(request, found.target)
    run = _record(request, found, ceremony, started)
    if found.verdict is not Verdict.PASS:
        _tell(run, found, ceremony)
    return WatchLook(
        run=run.pk,
        ceremony=ceremony.pk if ceremony else 0,
        alias=target.alias,
        series=series.name,
        at=started,
        target=found.facts,
        migrations=tuple(found.migrations.values()),
        verdict=found.verdict,
        problem=found.problem,
        missing=found.missing,
    )


def _asked(target: TargetSettings, settings: Settings, series: Series, caller: Caller) -> _Found:
    known = known_target(target.alias)
    try:
        with reached(target, settings, "watch") as access:
            rows = access.ledger.rows() if access.ledger.exists() else ()
            refuse_stranger(access, known, rows, control_identity())
            migrations = _checked(access, series, History(rows))
            facts = access.facts
            seen = remember(access, rows, caller)
    except (UsageError, Tampered):
        raise
    except CeremonyError as error:
        if known is None:
            raise
        told = Problem(error.code, error.happened, error.state, error.next_step)
        return _Found(known, None, {}, Verdict.NOT_RUN, told)
    checks = [check for one in migrations.values() for check in one.checks]
    missing = health_of(series.settings).missing({check.check.name for check in checks})
    verdict = verdict_on(checks)
    if missing and verdict is Verdict.PASS:
        verdict = Verdict.PARTIAL
    return _Found(seen, facts, migrations, verdict, missing=missing)


def _checked(access: Access, series: Series, history: History) -> dict[str, VerifiedMigration]:
    """The monitor checks of every applied migration that has some, by version."""
    applied = history.applied(series.name)
    wanted = {
        str(m.version): m
        for m in series.migrations
        if str(m.version) in applied and m.checks_when(When.MONITOR)
    }
    if not wanted:
        raise UsageError(
            "monitor-missing",
            f"Nothing that is applied of {series.name!r} on {access.target.alias!r} has a check "
            "with  -- when: monitor.",
            next_step="Write one into the .verify.sql of a migration; docs/reference/checks.md "
            "shows how.",
        )
    checks = [check for m in wanted.values() for check in m.checks_when(When.MONITOR)]
    outcomes = iter(run_checks(access.session, checks))
    return {
        version: VerifiedMigration(
            m.label, tuple(next(outcomes) for _ in m.checks_when(When.MONITOR))
        )
        for version, m in wanted.items()
    }


def _ceremony(request: WatchRequest, target: Target) -> Ceremony | None:
    rows = Ceremony.objects.filter(target=target, series=request.series)
    if request.ceremony:
        found = rows.filter(pk=request.ceremony).first()
        if found is None:
            raise ceremony_unknown(request.ceremony)
        return found
    return rows.filter(state__in=_AFTER_A_RUN).order_by("-pk").first()


def _record(
    request: WatchRequest, found: _Found, ceremony: Ceremony | None, started: datetime
) -> Run:
    facts = RunFacts(
        kind=RunKind.WATCH,
        target=found.target,
        series=request.series,
        actor=request.caller.actor,
        tool_version=__version__,
        started_at=started,
        command_line=request.caller.command,
    )

    def join(head: AuditHead, run: Run) -> None:
        """The look belongs to the ceremony that it looks after."""
        if ceremony is not None and ceremony.round:
            member = CeremonyRun(
                run=run,
                ceremony=ceremony,
                manifest=ceremony.manifests.get(round=ceremony.round),
                purpose=RunPurpose.WATCH,
            )
            note(head, ceremony, Action.WATCHED, run.actor, {"run": run.pk}, (member,))
            member.save(force_insert=True)

    run = open_run(facts, join)
    record_checks(run, {version: one.checks for version, one in found.migrations.items()})
    close_run(run, found.verdict, finished_at=now(), problem=found.problem)
    return run


def _tell(run: Run, found: _Found, ceremony: Ceremony | None) -> None:
    """The event of a breach, and its notice once that is committed."""
    problem = found.problem.code if found.problem else ""
    broken = [
        [one.label, check.check.name, check.result.value]
        for one in found.migrations.values()
        for check in one.checks
        if check.result is not CheckResult.PASS
    ]
    detail: dict[str, Json] = {
        "run": run.pk,
        "verdict": found.verdict.value,
        "problem": problem,
        "checks": broken,
        "missing": list(found.missing),
    }
    names = [*(name for _, name, _ in broken), *found.missing]
    why = f"Run {run.pk}: {problem or ', '.join(names)}."
    if ceremony is not None:
        with acting(ceremony.pk) as (head, locked):
            note(head, locked, Action.MONITOR_BREACHED, run.actor, detail)
            tell(Occasion.MONITOR_BREACHED, locked.target, run.actor, ceremony=locked, text=why)
        return
    with recording() as head:
        alias, subject = found.target.alias, f"Run {run.pk}"
        head.append(
            [audit.Act(Action.MONITOR_BREACHED, run.actor, alias, run.series, subject, detail)]
        )
        tell(Occasion.MONITOR_BREACHED, found.target, run.actor, text=why)
