"""Targets, and what is known about each migration on them."""

from django.db import models

from ceremony.core.report import MigrationState


class Target(models.Model):
    """A database that series are applied to, as it was last seen. No secret is stored.

    ``system_identifier``, ``database_oid`` and ``ledger_id`` tell one database from its copies
    (``pg_control_system()``, ``pg_database.oid``, the ledger's ``opened`` row). ``ledger_sequence``
    and ``ledger_hash`` are the newest ledger row that control knows of: a ledger that is shorter,
    or has another hash there, went back. ``server_version`` is PostgreSQL's number (180004).
    """

    alias = models.CharField(max_length=100, unique=True)
    environment = models.CharField(max_length=100, blank=True)
    host = models.CharField(max_length=255, blank=True)
    port = models.CharField(max_length=20, blank=True)
    database_name = models.CharField(max_length=63)
    database_oid = models.BigIntegerField(null=True)
    system_identifier = models.CharField(max_length=20, blank=True)
    server_version = models.PositiveIntegerField(default=0)
    ledger_id = models.UUIDField(null=True)
    ledger_sequence = models.PositiveBigIntegerField(default=0)
    ledger_hash = models.CharField(max_length=64, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        ordering = ["alias"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.alias


class RecordState(models.TextChoices):
    """The states that the ledger can give a migration; the others need the files as well."""

    APPLIED = MigrationState.APPLIED.value, MigrationState.APPLIED.value
    PARTLY = MigrationState.PARTLY.value, MigrationState.PARTLY.value
    ROLLED_BACK = MigrationState.ROLLED_BACK.value, MigrationState.ROLLED_BACK.value
    BASELINED = MigrationState.BASELINED.value, MigrationState.BASELINED.value
    SUPERSEDED = MigrationState.SUPERSEDED.value, MigrationState.SUPERSEDED.value
    RETIRED = MigrationState.RETIRED.value, MigrationState.RETIRED.value


class MigrationRecord(models.Model):
    """What the ledger of one target says about one migration now.

    A cache of the ledger, so that pages and reports need no connection to the target: it is updated
    in place, and ``reconcile_sql`` rebuilds it. Evidence is in the attempts and their outcomes.
    """

    target = models.ForeignKey(Target, models.PROTECT, related_name="migration_records")
    series = models.CharField(max_length=100)
    version = models.CharField(max_length=40)
    name = models.CharField(max_length=255)
    path = models.CharField(max_length=1000, blank=True)
    state = models.CharField(max_length=20, choices=RecordState.choices)
    bytes_digest = models.CharField(max_length=80, blank=True)
    meaning_digest = models.CharField(max_length=80, blank=True)
    last_attempt = models.ForeignKey("Attempt", models.PROTECT, null=True, related_name="+")
    ledger_sequence = models.PositiveBigIntegerField(default=0)
    applied_at = models.DateTimeField(null=True)
    applied_by = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["target", "series", "version"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["target", "series", "version"], name="ceremony_migrationrecord_identity"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.label}"

    @property
    def label(self) -> str:
        """Version and name, as in the file name."""
        return f"{self.version}_{self.name}"
