"""Verify: is what was applied still there and still right? Runs checks, changes nothing in the
target.
"""

from dataclasses import dataclass
from datetime import datetime

from ceremony import __version__, conf
from ceremony.actions.access import Access, home_of, reached
from ceremony.actions.control import control_errors, require_control
from ceremony.actions.drift import Asked, drift_rules, drift_without_lock
from ceremony.actions.library import load_library
from ceremony.actions.ready import Caller, now, remember
from ceremony.actions.recognise import refuse_stranger
from ceremony.actions.record import RunFacts, close_run, control_identity, open_run, record_checks
from ceremony.actions.targets import known_target
from ceremony.conf import Settings
from ceremony.core.check import When
from ceremony.core.contract.holding import held_on
from ceremony.core.contract.judging import ContractReport
from ceremony.core.drift import DriftReport, DriftResult
from ceremony.core.finding import errors
from ceremony.core.history import History
from ceremony.core.plan import compare
from ceremony.core.report import Verdict, VerifiedMigration, VerifyReport, verdict_on
from ceremony.core.series import Series
from ceremony.errors import Tampered
from ceremony.models import Run, RunKind, Target
from ceremony.pg.contract import ask_contract
from ceremony.pg.ledger import ledger_unguarded
from ceremony.pg.verify import run_checks
from ceremony.sources.git import commit_of


@dataclass(frozen=True)
class VerifyRequest:
    """``alias`` ``None``: the series' home database. ``drift``: compare the catalog, too."""

    series: str
    caller: Caller
    alias: str | None = None
    drift: bool = False


@control_errors()
def verify(request: VerifyRequest) -> VerifyReport:
    """Run the ``always`` and ``monitor`` checks of what is applied, compare the files with the
    ledger, the database with the contract, and the catalog with the stored snapshot where that is
    asked for.

    What the checks do is rolled back. The results are recorded. Raises UsageError, Refused and
    Tampered as ``apply`` does.
    """
    settings = conf.load()
    library = load_library(settings.root, [request.series])
    series = library.series[request.series]
    target = home_of(series, request.alias, settings)
    require_control()
    with reached(target, settings, "verify") as access:
        known = known_target(target.alias)
        rows = access.ledger.rows() if access.ledger.exists() else ()
        refuse_stranger(access, known, rows, control_identity())
        if rows:
            _require_guard(access, request.caller)
        history = History(rows)
        findings = (*errors(library.findings), *compare(series, history))
        started = now()
        found = _checked(access, series, history)
        contract = _contract(access, series, history)
        facts = access.facts
        seen = remember(access, rows, request.caller)
        drift = None
        if request.drift:
            counting = drift_rules(access, series, history, settings)
            asked = Asked(access, seen, counting, request.caller, series.name)
            drift = drift_without_lock(asked, rows)
    broken = contract.findings if contract else ()
    verdict = Verdict.FAIL if errors((*findings, *broken)) else _verdict(found)
    if verdict is Verdict.PASS and history.partly(series.name):
        verdict = Verdict.PARTIAL
    verdict = with_drift(verdict, drift)
    run = _open(request, seen, started, settings)
    record_checks(run, {version: one.checks for version, one in found.items()})
    told = (*findings, *broken, *(drift.findings() if drift else ()))
    close_run(run, verdict, finished_at=now(), findings=told)
    checked = tuple(found.values())
    return VerifyReport(facts, series.name, findings, checked, verdict, drift, contract)


def _open(request: VerifyRequest, target: Target, started: datetime, settings: Settings) -> Run:
    return open_run(
        RunFacts(
            kind=RunKind.VERIFY,
            target=target,
            series=request.series,
            actor=request.caller.actor,
            tool_version=__version__,
            started_at=started,
            command_line=request.caller.command,
            git_commit=commit_of(settings.root / request.series),
        )
    )


def with_drift(verdict: Verdict, drift: DriftReport | None) -> Verdict:
    """Drift is no pass, and neither is not to know."""
    if drift is None or drift.result is DriftResult.NONE:
        return verdict
    if drift.result is DriftResult.FOUND:
        return Verdict.FAIL
    return Verdict.PARTIAL if verdict is Verdict.PASS else verdict


def _require_guard(access: Access, caller: Caller) -> None:
    """A ledger that takes UPDATE and DELETE is no witness. Raises Tampered (ledger-touched)."""
    _, guarded = access.ledger.as_it_stands()
    if not guarded:
        problem = ledger_unguarded(access.ledger.table, caller.command)
        raise Tampered(problem.code, problem.happened, next_step=problem.next_step)


def _contract(access: Access, series: Series, history: History) -> ContractReport | None:
    """What the contract says of the target as the ledger says it is."""
    held = held_on(series, history)
    if not held:
        return None
    found = ask_contract(access.session.ask, held)
    again = f"manage.py verify_sql {series.name}"
    return ContractReport(
        len(held), tuple(one.finding(series.contract.path, again) for one in found)
    )


def _checked(access: Access, series: Series, history: History) -> dict[str, VerifiedMigration]:
    """The checks of every applied migration that has some, by version."""
    applied = history.applied(series.name)
    wanted = {
        m.version.text: m
        for m in series.migrations
        if m.version.text in applied and m.checks_when(When.ALWAYS, When.MONITOR)
    }
    checks = [c for m in wanted.values() for c in m.checks_when(When.ALWAYS, When.MONITOR)]
    outcomes = iter(run_checks(access.session, checks))
    return {
        version: VerifiedMigration(
            m.label, tuple(next(outcomes) for _ in m.checks_when(When.ALWAYS, When.MONITOR))
        )
        for version, m in wanted.items()
    }


def _verdict(found: dict[str, VerifiedMigration]) -> Verdict:
    return verdict_on(check for one in found.values() for check in one.checks)
