"""Starts: what people set going from a page, each a process of its own; written once.

Evidence, as everything else: that a start was taken up, and how it ended, are rows of their own.
"""

from django.conf import settings
from django.db import models

from ceremony.core.starting import Deed
from ceremony.models.ceremony import Ceremony, StoredManifest


class StartStation(models.TextChoices):
    """What became of a start: its process has shown its token, and has ended."""

    TAKEN = "taken up", "taken up"
    ENDED = "ended", "ended"


class RunStart(models.Model):
    """A person has started something from a page.

    ``manifest`` is the round that the page showed. ``command`` are the words behind ``manage.py``.
    ``token`` is the digest of what the process has to show, once, before ``expires_at``. ``host``
    is that of the web server.
    """

    ceremony = models.ForeignKey(Ceremony, models.PROTECT, related_name="starts")
    manifest = models.ForeignKey(StoredManifest, models.PROTECT, related_name="+")
    deed = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Deed])
    command = models.JSONField(default=list)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    username = models.CharField(max_length=255)
    token = models.CharField(max_length=80, unique=True)
    host = models.CharField(max_length=255)
    at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.deed} of {self.ceremony_id} by {self.username}"


class RunStartStep(models.Model):
    """A station of a start. ``status`` is the exit status of its process, and ``said`` the last of
    what it said; both belong to its end.
    """

    start = models.ForeignKey(RunStart, models.PROTECT, related_name="steps")
    station = models.CharField(max_length=10, choices=StartStation.choices)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    status = models.IntegerField(null=True)
    said = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["start", "station"], name="ceremony_start_once"),
        ]

    def __str__(self) -> str:
        return f"{self.start_id}: {self.station}"
