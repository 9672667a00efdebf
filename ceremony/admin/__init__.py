"""The admin: what is recorded, to be read. Importing it registers the pages."""

from ceremony.admin.attempt import AttemptAdmin
from ceremony.admin.audit_event import AuditEventAdmin
from ceremony.admin.ceremony import CeremonyAdmin
from ceremony.admin.check_record import CheckRecordAdmin
from ceremony.admin.migration_record import MigrationRecordAdmin
from ceremony.admin.rehearsal import RehearsalAdmin
from ceremony.admin.run import RunAdmin
from ceremony.admin.snapshot import CatalogSnapshotAdmin
from ceremony.admin.target import TargetAdmin

__all__ = [
    "AttemptAdmin",
    "AuditEventAdmin",
    "CatalogSnapshotAdmin",
    "CeremonyAdmin",
    "CheckRecordAdmin",
    "MigrationRecordAdmin",
    "RehearsalAdmin",
    "RunAdmin",
    "TargetAdmin",
]
