"""Django tables of the control database."""

from ceremony.models.attempt import Attempt, CheckRecord, Outcome, Run, RunKind, RunOutcome
from ceremony.models.audit import AuditEvent, AuditHead
from ceremony.models.rehearsal import Rehearsal
from ceremony.models.snapshot import CatalogContent, CatalogSnapshot, SnapshotReason
from ceremony.models.target import MigrationRecord, RecordState, Target

__all__ = [
    "Attempt",
    "AuditEvent",
    "AuditHead",
    "CatalogContent",
    "CatalogSnapshot",
    "CheckRecord",
    "MigrationRecord",
    "Outcome",
    "RecordState",
    "Rehearsal",
    "Run",
    "RunKind",
    "RunOutcome",
    "SnapshotReason",
    "Target",
]
