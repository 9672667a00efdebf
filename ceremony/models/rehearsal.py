"""Rehearsals: the certificate of each, evidence, written once."""

from django.db import models


class Rehearsal(models.Model):
    """One rehearsal of a series for a target, with its certificate
    (``core.rehearsal.certificate``).

    ``alias`` is the target's; it need not have been touched yet, so there is no row of it to point
    to. ``is_clean`` says that nothing stands against a run. ``digest`` is that of the certificate,
    which holds every other fact of the row; the columns beside it are there to be searched.
    """

    series = models.CharField(max_length=100)
    alias = models.CharField(max_length=100)
    environment = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=200)
    is_clean = models.BooleanField()
    migrations = models.PositiveIntegerField()
    faults = models.PositiveIntegerField()
    server_version = models.PositiveIntegerField()
    actor = models.CharField(max_length=255)
    host = models.CharField(max_length=255)
    command_line = models.TextField(blank=True)
    tool_version = models.CharField(max_length=50)
    seconds = models.FloatField()
    recorded_at = models.DateTimeField(db_index=True)
    digest = models.CharField(max_length=120)
    certificate = models.JSONField()

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["alias", "series", "-id"], name="ceremony_rehearsal_newest"),
        ]

    def __str__(self) -> str:
        return f"Rehearsal {self.pk}"
