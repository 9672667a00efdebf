"""The runs of a ceremony, with their steps and checks, as control recorded them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from ceremony.core.check import CheckSeverity
from ceremony.core.execution.facts import Checked, Ran, RunOf, Trouble
from ceremony.core.execution.verdict import of_checks
from ceremony.core.outcome import StatementState, StepState
from ceremony.core.report import Verdict
from ceremony.models import (
    Attempt,
    Ceremony,
    CeremonyRun,
    CheckRecord,
    Outcome,
    RunOutcome,
    Spending,
)

_IN = frozenset({StatementState.DONE.value, StatementState.ALREADY_IN.value})
_LOUD = frozenset({"WARNING", "ERROR"})
_ENDED: Mapping[str, Verdict] = {
    StepState.FAILED.value: Verdict.FAIL,
    StepState.PARTLY.value: Verdict.PARTIAL,
    StepState.UNKNOWN.value: Verdict.PARTIAL,
    StepState.NOT_STARTED.value: Verdict.NOT_RUN,
}

Records = Mapping[UUID | None, Sequence[CheckRecord]]


def runs_of(ceremony: Ceremony) -> tuple[RunOf, ...]:
    """Every run of the ceremony, oldest first."""
    rows = list(
        CeremonyRun.objects.filter(ceremony=ceremony)
        .select_related("run", "manifest")
        .order_by("run_id")
    )
    numbers = [row.run_id for row in rows]
    attempts = _by_run(Attempt.objects.filter(run_id__in=numbers).order_by("run_id", "number"))
    outcomes = _final(Outcome.objects.filter(attempt__run_id__in=numbers).order_by("pk"))
    checks = _checks(CheckRecord.objects.filter(run_id__in=numbers).order_by("pk"))
    ends = {one.pk: one for one in RunOutcome.objects.filter(pk__in=numbers)}
    spent = set(Spending.objects.filter(run_id__in=numbers).values_list("run_id", flat=True))
    return tuple(
        _run(
            row,
            ends.get(row.run_id),
            row.run_id in spent,
            [_step(one, outcomes.get(one.pk), checks[row.run_id]) for one in attempts[row.run_id]],
            [_checked(one) for one in checks[row.run_id].get(None, ())],
        )
        for row in rows
    )


def _run(
    row: CeremonyRun,
    end: RunOutcome | None,
    spent: bool,
    steps: Sequence[Ran],
    checks: Sequence[Checked],
) -> RunOf:
    run = row.run
    return RunOf(
        number=run.pk,
        round=row.manifest.round,
        purpose=str(row.purpose),
        reason=row.reason,
        operator=run.actor,
        host=run.host,
        git_commit=run.git_commit,
        tool_version=run.tool_version,
        command_line=run.command_line,
        started_at=run.started_at,
        finished_at=end.finished_at if end else None,
        verdict=end.verdict if end else "",
        microseconds=_microseconds(end.seconds) if end else 0,
        spent=spent,
        trouble=_trouble(end.problem) if end else None,
        steps=tuple(steps),
        checks=tuple(checks),
    )


def _step(attempt: Attempt, outcome: Outcome | None, records: Records) -> Ran:
    checks = [_checked(one) for one in records.get(attempt.pk, ())]
    statements = outcome.statements if outcome else []
    # What succeeded in a transaction that was undone is not in the database.
    undone = outcome is not None and outcome.state == StepState.FAILED.value
    messages = outcome.messages if outcome else []
    return Ran(
        number=attempt.number,
        version=attempt.version,
        label=attempt.label,
        deed=attempt.deed,
        attempt=str(attempt.pk),
        state=outcome.state if outcome else "",
        verdict=_verdict(outcome, checks),
        microseconds=_microseconds(outcome.seconds) if outcome else 0,
        statements=len(statements),
        statements_in=0 if undone else sum(one["state"] in _IN for one in statements),
        ledger_sequence=outcome.ledger_sequence if outcome else 0,
        ledger_hash=outcome.ledger_hash if outcome else "",
        checks=tuple(checks),
        warnings=tuple(one["text"] for one in messages if one.get("severity") in _LOUD),
        trouble=_trouble(outcome.problem) if outcome else None,
        settled=outcome.explanation if outcome and outcome.settled_by_id else "",
    )


def _verdict(outcome: Outcome | None, checks: Sequence[Checked]) -> Verdict:
    """DONE is a pass where its checks are one; a step without checks has only itself to show. What
    was found to be in after its run had died is there, and what its checks said is not.
    """
    if outcome is None:
        return Verdict.NOT_RUN
    if outcome.state in _ENDED:
        return _ENDED[outcome.state]
    if outcome.settled_by_id:
        return Verdict.PARTIAL
    counting = [one for one in checks if one.severity != CheckSeverity.INFO]
    return of_checks(counting) if counting else Verdict.PASS


def _checked(record: CheckRecord) -> Checked:
    return Checked(
        version=record.version,
        name=record.name,
        when=record.when,
        severity=record.severity,
        expectation=record.expectation,
        result=record.result,
        explanation=record.explanation,
    )


def _trouble(problem: Mapping[str, Any] | None) -> Trouble | None:
    if problem is None:
        return None
    server = problem.get("server") or {}
    return Trouble(
        code=problem["code"],
        happened=problem["happened"],
        sqlstate=server.get("sqlstate", ""),
        statement=server.get("statement", 0),
    )


def _by_run(attempts: Iterable[Attempt]) -> Mapping[int, Sequence[Attempt]]:
    found: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        found[attempt.run_id].append(attempt)
    return found


def _final(outcomes: Iterable[Outcome]) -> Mapping[UUID, Outcome]:
    """The last word on each attempt: what settles it comes after ``unknown``."""
    return {one.attempt_id: one for one in outcomes}


def _checks(records: Iterable[CheckRecord]) -> Mapping[int, Records]:
    found: dict[int, dict[UUID | None, list[CheckRecord]]] = defaultdict(dict)
    for record in records:
        found[record.run_id].setdefault(record.attempt_id, []).append(record)
    return found


def _microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)
