"""Django tables of the control database."""

from ceremony.models.attempt import Attempt, CheckRecord, Outcome, Run, RunKind, RunOutcome
from ceremony.models.audit import AuditEvent, AuditHead
from ceremony.models.ceremony import (
    Blob,
    Ceremony,
    CeremonyRun,
    Decision,
    HaltStep,
    JudgedItem,
    Purpose,
    Remark,
    RemarkKind,
    RunPurpose,
    SignOff,
    Spending,
    StoredManifest,
    StoredReport,
    Transition,
)
from ceremony.models.rehearsal import Rehearsal
from ceremony.models.snapshot import CatalogContent, CatalogSnapshot, SnapshotReason
from ceremony.models.start import RunStart, RunStartStep, StartStation
from ceremony.models.target import MigrationRecord, RecordState, Target

__all__ = [
    "Attempt",
    "AuditEvent",
    "AuditHead",
    "Blob",
    "CatalogContent",
    "CatalogSnapshot",
    "Ceremony",
    "CeremonyRun",
    "CheckRecord",
    "Decision",
    "HaltStep",
    "JudgedItem",
    "MigrationRecord",
    "Outcome",
    "Purpose",
    "RecordState",
    "Rehearsal",
    "Remark",
    "RemarkKind",
    "Run",
    "RunKind",
    "RunOutcome",
    "RunPurpose",
    "RunStart",
    "RunStartStep",
    "SignOff",
    "SnapshotReason",
    "Spending",
    "StartStation",
    "StoredManifest",
    "StoredReport",
    "Target",
    "Transition",
]
