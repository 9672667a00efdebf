"""Settling: what the ledger says about attempts that a crash left open, written into the record."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from ceremony.actions import evidence
from ceremony.actions.migration_records import store_records
from ceremony.actions.outcome_rows import IN_PLACE, STATE_AFTER
from ceremony.actions.record import recording
from ceremony.core.chain import Json
from ceremony.core.history import LedgerRow
from ceremony.core.outcome import StepState
from ceremony.core.report import Settled, SettledAs
from ceremony.models import Attempt, MigrationRecord, Outcome, RecordState, Run
from ceremony.models.attempt import FINAL
from ceremony.models.audit import Act, Action

OUTCOME_STATE = {
    SettledAs.DONE: StepState.DONE,
    SettledAs.ABORTED: StepState.FAILED,
    SettledAs.PARTLY: StepState.PARTLY,
    SettledAs.NOT_STARTED: StepState.NOT_STARTED,
}
"""How an attempt ended, by what it turned out to be. An aborted one left nothing in the target."""


def settle(run: Run, settled: Sequence[Settled], rows: Mapping[UUID, LedgerRow]) -> None:
    """Record what open attempts turned out to be; one event ``settled`` per attempt.

    ``rows`` maps attempts to the ledger row that decided (the last one with the attempt's id); an
    attempt without any is not in it. Attempts that have a final outcome already are left as they
    are. Call it with the target's lock.
    """
    with recording() as head:
        ids = [one.attempt for one in settled]
        known = set(
            Outcome.objects.filter(FINAL, attempt__in=ids).values_list("attempt_id", flat=True)
        )
        new = [one for one in settled if one.attempt not in known]
        attempts = Attempt.objects.in_bulk([one.attempt for one in new])
        Outcome.objects.bulk_create(_outcome(run, one, rows.get(one.attempt)) for one in new)
        store_records(
            _record(run, attempts[one.attempt], one, rows[one.attempt])
            for one in new
            if one.attempt in rows and one.settled_as in {SettledAs.DONE, SettledAs.PARTLY}
        )
        head.append([_settled_act(run, one, rows.get(one.attempt)) for one in new])


def repair_records(run: Run, states: Sequence[tuple[RecordState, LedgerRow]]) -> tuple[str, ...]:
    """Make the migration records of the run's target say what its ledger says.

    ``states``: each migration's state with the ledger row that it follows from. Returns the labels
    of what was changed, in order; with any, the event ``records repaired`` names them. A record
    that follows from a later row than the ledger has is left alone: a ledger that went back is for
    a person to settle.
    """
    with recording() as head:
        attempts = Attempt.objects.in_bulk([row.attempt for _, row in states if row.attempt])
        known = {(r.series, r.version): r for r in run.target.migration_records.all()}
        wrong = [
            (state, row)
            for state, row in states
            if not _agrees(known.get((row.series, row.version)), state, row)
        ]
        repaired = store_records(
            _record_of_row(run, state, row, attempts.get(row.attempt) if row.attempt else None)
            for state, row in wrong
        )
        labels = tuple(str(record) for record in repaired)
        if labels:
            detail: dict[str, Json] = {"run": run.pk, "records": labels}
            head.append([_act(run, Action.RECORDS_REPAIRED, f"Run {run.pk}", detail)])
    return labels


def _outcome(run: Run, one: Settled, row: LedgerRow | None) -> Outcome:
    done = row if row and one.settled_as is SettledAs.DONE else None
    return Outcome(
        attempt_id=one.attempt,
        state=OUTCOME_STATE[one.settled_as].value,
        finished_at=row.recorded_at if row else None,
        ledger_sequence=done.sequence if done else 0,
        ledger_hash=done.hash if done else "",
        settled_by=run,
        explanation=evidence.bounded(one.explanation),
    )


def _record(run: Run, attempt: Attempt, one: Settled, row: LedgerRow) -> MigrationRecord:
    state = STATE_AFTER[row.event] if one.settled_as is SettledAs.DONE else RecordState.PARTLY
    return _record_of_row(run, state, row, attempt)


def _record_of_row(
    run: Run, state: RecordState, row: LedgerRow, attempt: Attempt | None
) -> MigrationRecord:
    in_place = state in IN_PLACE
    return MigrationRecord(
        target_id=run.target_id,
        series=row.series,
        version=row.version,
        name=row.name,
        path=attempt.path if attempt else "",
        state=state,
        bytes_digest=row.bytes_digest,
        meaning_digest=row.meaning_digest,
        last_attempt=attempt,
        ledger_sequence=row.sequence,
        applied_at=row.recorded_at if in_place else None,
        applied_by=row.recorded_by if in_place else "",
    )


def _agrees(record: MigrationRecord | None, state: RecordState, row: LedgerRow) -> bool:
    return record is not None and (record.state, record.bytes_digest, record.meaning_digest) == (
        state,
        row.bytes_digest,
        row.meaning_digest,
    )


def _settled_act(run: Run, one: Settled, row: LedgerRow | None) -> Act:
    detail: dict[str, Json] = {
        "run": run.pk,
        "attempt": str(one.attempt),
        "settled_as": one.settled_as.value,
        "explanation": evidence.bounded(one.explanation),
        "ledger_sequence": row.sequence if row else 0,
        "ledger_hash": row.hash if row else "",
    }
    return _act(run, Action.SETTLED, one.label, detail)


def _act(run: Run, action: Action, subject: str, detail: Mapping[str, Json]) -> Act:
    return Act(action, run.actor, run.target.alias, run.series, subject, detail)
