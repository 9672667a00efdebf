"""Resolving: what an attempt without outcome turned out to be, by the ledger alone.

Only with the target's lock in hand: a server process that outlived its client still holds the
lock, so whoever has it knows that no earlier attempt is at work any more. ``pg_xact_status`` is
not asked: after a crash PostgreSQL gives the same transaction numbers out again, and it would
answer for somebody else's transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from ceremony.core.history import SETTLED, left_nothing
from ceremony.core.ledger_row import Event, LedgerRow
from ceremony.core.report import Settled, SettledAs


@dataclass(frozen=True)
class OpenAttempt:
    """An attempt that control knows no outcome of.

    ``run`` and ``number`` order the attempts of one run.
    """

    attempt: UUID
    run: int
    number: int
    series: str
    label: str


def resolve(attempts: Sequence[OpenAttempt], rows: Iterable[LedgerRow]) -> tuple[Settled, ...]:
    """One verdict per attempt, in the order given (by run, then number)."""
    last = last_rows(rows)
    started: set[int] = set()
    found = []
    for one in attempts:
        row = last.get(one.attempt)
        verdict, why = _verdict(row) if row else _without_row(one.run in started)
        if verdict is SettledAs.ABORTED:
            started.add(one.run)
        found.append(Settled(one.attempt, one.series, one.label, verdict, why))
    return tuple(found)


def last_rows(rows: Iterable[LedgerRow]) -> dict[UUID, LedgerRow]:
    """The last ledger row of every attempt that has one."""
    return {row.attempt: row for row in rows if row.attempt is not None}


def _verdict(row: LedgerRow) -> tuple[SettledAs, str]:
    if row.event in SETTLED:
        return SettledAs.DONE, f"Row {row.sequence} of the ledger says {row.event.value}."
    if row.event is Event.FAILED and left_nothing(row):
        return (
            SettledAs.ABORTED,
            f"Row {row.sequence} of the ledger says failed, with no statement in the database.",
        )
    return (
        SettledAs.PARTLY,
        f"Row {row.sequence} of the ledger says {row.event.value}, and none says that it was "
        "finished.",
    )


def _without_row(earlier_aborted: bool) -> tuple[SettledAs, str]:
    """The first step of a run without a row may have begun; those behind it cannot have."""
    if earlier_aborted:
        return SettledAs.NOT_STARTED, "The step before it was not finished."
    return SettledAs.ABORTED, "The ledger has no row of it: nothing of it is in the database."
