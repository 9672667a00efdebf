"""The population: every change of a period, from the ledgers of the targets and from control."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ceremony import conf
from ceremony.actions.actor import Actor
from ceremony.actions.audit_ledgers import LedgerRead, read_ledgers
from ceremony.actions.control import control_errors, require_control
from ceremony.actions.record import recording
from ceremony.actions.report import POPULATION, MadeReport, keep, made
from ceremony.actions.standing import NOTHING, Behind, behind_runs
from ceremony.core.execution.population import (
    Asked,
    Change,
    PopulationReport,
    Standing,
    population_document,
    population_reading,
)
from ceremony.core.history import chain_fault
from ceremony.core.ledger_row import Event, LedgerRow
from ceremony.core.opened import opened
from ceremony.core.outcome import StepState
from ceremony.core.policies.given import LOCAL
from ceremony.errors import UsageError
from ceremony.models import Attempt, Outcome, Run, RunKind, Target

_CHANGES = frozenset(
    {
        Event.APPLIED,
        Event.ROLLED_BACK,
        Event.BASELINED,
        Event.RETIRED,
        Event.SUPERSEDED,
        Event.STARTED,
    }
)
"""Events that say something was done, or begun outside a transaction."""

_ROWS_ALONE = frozenset({Event.BASELINED, Event.RETIRED, Event.SUPERSEDED})
_WRITE_ROWS = frozenset({RunKind.BASELINE.value, RunKind.RETIRE.value})
"""Runs that write such rows and run no change."""


@dataclass(frozen=True)
class PopulationRequest:
    """Both bounds are in the period, UTC. ``alias`` limits it to one target, ``""`` to none."""

    since: datetime
    until: datetime
    alias: str = ""


@control_errors()
def make_population(
    request: PopulationRequest, actor: Actor
) -> tuple[MadeReport, PopulationReport]:
    """Every change of the period with what let it through, kept as a report.

    The ledgers of the targets are read; of one that cannot be, control alone tells, and the report
    says so. Raises UsageError (alias-unknown, period-empty).
    """
    if request.since > request.until:
        raise UsageError(
            "period-empty",
            "The period ends before it begins.",
            next_step="Give the earlier day to --from and the later one to --to.",
        )
    settings = conf.load()
    require_control()
    if request.alias:
        conf.target(request.alias, settings)
    # What control knows now must stand in the ledgers that are read after it.
    targets = {one.alias: one for one in Target.objects.all()}
    reads = read_ledgers(settings, 0, [request.alias] if request.alias else ())
    report = _report(request, targets, reads)
    document = population_document(report)
    with recording() as head:
        row = keep(head, POPULATION, document, actor)
    return made(row, report.verdict, document, population_reading(report)), report


def _report(
    request: PopulationRequest, targets: Mapping[str, Target], reads: Sequence[LedgerRead]
) -> PopulationReport:
    asked: list[Asked] = []
    if request.alias and not reads:
        asked.append(Asked(request.alias, "", 0, trouble="Control knows no ledger of it."))
    changes: list[Change] = []
    seen: dict[UUID | None, str] = {}
    for read in reads:
        target = targets[read.alias]
        if read.ledger in seen:
            same = seen[read.ledger]
            asked.append(Asked(read.alias, target.environment, len(read.rows), same_as=same))
            continue
        fault = "" if read.not_checked else _fault(read, target)
        trouble = read.not_checked or fault
        if not trouble:
            seen[read.ledger] = read.alias
        rows = len(read.rows)
        new = not read.rows and target.environment == LOCAL  # A local database is made anew.
        broken = bool(fault) and not new
        asked.append(Asked(read.alias, target.environment, rows, trouble, broken=broken))
        found = _from_control(target, request) if trouble else _from_ledger(read, target, request)
        changes += found
    ordered = sorted(changes, key=lambda one: (one.at, one.alias, one.ledger_sequence))
    return PopulationReport(
        request.since, request.until, request.alias, tuple(asked), tuple(ordered)
    )


def _fault(read: LedgerRead, target: Target) -> str:
    """Why a ledger is no witness, as a sentence; ``""`` for one that is. ``target`` is what control
    knew before it was read.
    """
    if fault := chain_fault(read.rows):
        return fault
    try:
        facts = opened(read.rows)
    except (ValueError, KeyError, TypeError, AttributeError):
        return "it says who governs it in a form that nobody writes."
    known = target.ledger_sequence
    if facts is None:
        return f"there is none, and control knows one of {known} rows." if known else ""
    if facts.ledger != target.ledger_id:
        return "it is not the one that control knows."
    if known and (known > len(read.rows) or read.rows[known - 1].hash != target.ledger_hash):
        return f"it lacks row {known} as control knows it."
    return ""


def _from_ledger(read: LedgerRead, target: Target, request: PopulationRequest) -> list[Change]:
    """The last word of the ledger on each attempt of the period."""
    last: dict[object, LedgerRow] = {}
    for row in read.rows:
        if row.event in _CHANGES and request.since <= row.recorded_at <= request.until:
            last[row.attempt or row.sequence] = row
    runs = _runs_of(row.attempt for row in last.values() if row.attempt)
    behind = behind_runs({run.pk for run in runs.values()})
    return [
        _change_of_row(row, target, runs.get(row.attempt) if row.attempt else None, behind)
        for row in last.values()
    ]


def _change_of_row(
    row: LedgerRow, target: Target, run: Run | None, behind: Mapping[int, Behind]
) -> Change:
    if run is None:
        told = Behind(Standing.NONE, why="Control knows no such attempt.")
    elif run.target_id != target.pk and run.target.ledger_id != target.ledger_id:
        told = Behind(Standing.NONE, why=f"The attempt was one at {run.target.alias}.")
    else:
        told = _told(run, row.event, behind)
        if told.fingerprint and row.manifest_digest != told.fingerprint:
            why = "The row in the ledger names another manifest."
            told = replace(told, standing=Standing.NONE, why=why)
    return _change(
        told,
        target,
        run,
        series=row.series,
        label=f"{row.version}_{row.name}",
        event=row.event.value,
        at=row.recorded_at,
        by=row.recorded_by,
        ledger_sequence=row.sequence,
        attempt=str(row.attempt or ""),
    )


def _from_control(target: Target, request: PopulationRequest) -> list[Change]:
    """What control recorded as done, or partly done, in the period."""
    outcomes = Outcome.objects.filter(
        attempt__run__target=target,
        state__in=[StepState.DONE.value, StepState.PARTLY.value],
        finished_at__range=(request.since, request.until),
    ).select_related("attempt__run")
    rows = list(outcomes.order_by("pk"))
    behind = behind_runs({one.attempt.run_id for one in rows})
    return [
        _change(
            _told(one.attempt.run, Event(one.attempt.event), behind),
            target,
            one.attempt.run,
            series=one.attempt.series,
            label=one.attempt.label,
            event=one.attempt.event if one.state == StepState.DONE.value else one.state,
            at=one.finished_at or one.attempt.planned_at,
            by=one.attempt.run.actor,
            ledger_sequence=one.ledger_sequence,
            attempt=str(one.attempt_id),
        )
        for one in rows
    ]


def _told(run: Run, event: Event, behind: Mapping[int, Behind]) -> Behind:
    if run.kind in _WRITE_ROWS and event in _ROWS_ALONE:
        return Behind(Standing.RECORDED)
    return behind.get(run.pk, NOTHING)


def _change(
    told: Behind,
    target: Target,
    run: Run | None,
    *,
    series: str,
    label: str,
    event: str,
    at: datetime,
    by: str,
    ledger_sequence: int,
    attempt: str,
) -> Change:
    return Change(
        alias=target.alias,
        environment=target.environment,
        series=series,
        label=label,
        event=event,
        at=at,
        by=by,
        ledger_sequence=ledger_sequence,
        attempt=attempt,
        run=run.pk if run else 0,
        ceremony=told.ceremony,
        title=told.title,
        standing=told.standing,
        people=told.people,
        why=told.why,
    )


def _runs_of(attempts: Iterable[UUID]) -> dict[UUID, Run]:
    rows = Attempt.objects.filter(pk__in=list(attempts)).select_related("run__target")
    return {one.pk: one.run for one in rows}
