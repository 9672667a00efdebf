"""One row of the ledger in a target, and the events that rows tell of."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Event(StrEnum):
    """What a ledger row says. State is the last event per series and version."""

    OPENED = "opened"
    APPLIED = "applied"
    ROLLED_BACK = "rolled back"
    BASELINED = "baselined"
    RETIRED = "retired"
    SUPERSEDED = "superseded"
    STARTED = "started"
    STATEMENT = "statement"
    FINISHED = "finished"
    FAILED = "failed"
    HALTED = "halted"
    RESUMED = "resumed"


@dataclass(frozen=True)
class LedgerRow:
    """One row of the append-only ledger in a target.

    ``sequence`` counts from 1 without gaps; ``previous_hash`` and ``hash`` are 64 hexadecimal
    digits (``previous_hash`` of row 1 is 64 zeros). ``statement`` is the statement's number for
    ``statement`` rows, else 0. ``detail`` is canonical JSON: for ``opened`` the environment, the
    control identity and the ledger's own id. ``audit_sequence`` and ``audit_hash`` are the head of
    the control side's trail when the row was made. ``recorded_at`` is the runner's clock, UTC.
    """

    sequence: int
    series: str
    version: str
    name: str
    event: Event
    bytes_digest: str
    meaning_digest: str
    checks_digest: str
    rollback_digest: str
    attempt: UUID | None
    manifest_digest: str
    statement: int
    detail: str
    recorded_by: str
    recorded_at: datetime
    tool_version: str
    audit_sequence: int
    audit_hash: str
    previous_hash: str
    hash: str
