"""Snapshots of catalogs: what was in a target after each run. Evidence, written once.

The contents are kept by what they are: a catalog that did not change costs one small row per run.
"""

import json
import zlib
from typing import Self

from django.db import models

from ceremony.core.catalog import Snapshot, SnapshotUnreadable, from_json, to_json
from ceremony.models.attempt import Run
from ceremony.models.target import Target


class SnapshotReason(models.TextChoices):
    """Why a snapshot was stored."""

    RUN = "run", "run"
    ACCEPTED = "accepted", "accepted"
    ADOPTED = "adopted", "adopted"


class CatalogContent(models.Model):
    """One catalog, whoever has it. ``body`` is the JSON of ``core.catalog.stored``, compressed
    (zlib, RFC 1950); ``objects`` counts what is in it.
    """

    algorithm = models.CharField(max_length=40)
    server_major = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=120)
    rights_digest = models.CharField(max_length=120)
    cosmetic_digest = models.CharField(max_length=120)
    objects_count = models.PositiveIntegerField()
    body = models.BinaryField()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["digest", "rights_digest", "cosmetic_digest", "server_major"],
                name="ceremony_catalogcontent_identity",
            ),
        ]

    def __str__(self) -> str:
        return self.digest

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        """The row that holds this catalog: the one that is there, or a new one."""
        digests = {
            "digest": snapshot.digest,
            "rights_digest": snapshot.rights_digest,
            "cosmetic_digest": snapshot.cosmetic_digest,
            "server_major": snapshot.server_major,
        }
        known = cls.objects.defer("body").filter(**digests).first()
        return known or cls.objects.create(
            **digests,
            algorithm=snapshot.algorithm,
            objects_count=len(snapshot.objects),
            body=_packed(snapshot),
        )

    def snapshot(self) -> Snapshot:
        """The catalog as values. Raises ``SnapshotUnreadable`` for a body that is not one, and
        ``SnapshotTouched`` for one that has other digests than the row.
        """
        try:
            stored = json.loads(zlib.decompress(bytes(self.body)))
        except (zlib.error, ValueError) as error:
            raise SnapshotUnreadable(f"this is no stored snapshot: {error}") from error
        found = from_json(stored)
        stated = (self.digest, self.rights_digest, self.cosmetic_digest)
        if (found.digest, found.rights_digest, found.cosmetic_digest) != stated:
            raise SnapshotTouched(self.digest)
        return found


class SnapshotTouched(ValueError):
    """A stored catalog has other digests than its row says."""


class CatalogSnapshot(models.Model):
    """The catalog of a target at one moment, after a run or because a person accepted it.

    ``ledger_id``, ``ledger_sequence`` and ``ledger_hash`` say at which row of which ledger: a
    ledger that has gone on since tells of changes that this snapshot cannot have. ``why`` is the
    person's reason where there is one.
    """

    target = models.ForeignKey(Target, models.PROTECT, related_name="snapshots")
    run = models.ForeignKey(Run, models.PROTECT, related_name="snapshots")
    content = models.ForeignKey(CatalogContent, models.PROTECT, related_name="snapshots")
    reason = models.CharField(max_length=20, choices=SnapshotReason.choices)
    why = models.TextField(blank=True)
    taken_at = models.DateTimeField()
    ledger_id = models.UUIDField()
    ledger_sequence = models.PositiveBigIntegerField()
    ledger_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        verbose_name = "snapshot"
        indexes = [models.Index(fields=["target", "-id"], name="ceremony_snapshot_newest")]

    def __str__(self) -> str:
        return f"Snapshot {self.pk}"


def _packed(snapshot: Snapshot) -> bytes:
    text = json.dumps(to_json(snapshot), ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode(), level=1)
