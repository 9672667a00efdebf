"""Snapshots: the catalog of each target after each run, and what differs from the one before."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ceremony.actions.snapshots import before
from ceremony.admin.filters import TargetFilter
from ceremony.admin.read_only import ReadOnlyAdmin
from ceremony.core.catalog import AlgorithmsDiffer, Difference, SnapshotUnreadable, diff
from ceremony.models import CatalogSnapshot
from ceremony.models.snapshot import SnapshotTouched
from ceremony.templatetags.ceremony_pages import moment, short_digest, titled, visible_line

SHOWN = 200


@admin.register(CatalogSnapshot)
class CatalogSnapshotAdmin(ReadOnlyAdmin):
    """One row per snapshot, the newest first."""

    list_display = ("shown", "shown_target", "objects", "fingerprint", "at")
    list_filter = (TargetFilter, "reason")
    search_fields = ("content__digest", "why", "ledger_hash")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CatalogSnapshot]:
        """Every snapshot, without the bodies of the catalogs."""
        rows: QuerySet[CatalogSnapshot] = super().get_queryset(request)
        return rows.select_related("target", "run", "content").defer("content__body")

    @admin.display(description="Snapshot", ordering="pk")
    def shown(self, row: CatalogSnapshot) -> str:
        beside = f"{row.run.kind} {row.run.series}".strip()
        return titled(str(row), beside if row.reason == "run" else row.reason)

    @admin.display(description="Target", ordering="target__alias")
    def shown_target(self, row: CatalogSnapshot) -> str:
        return visible_line(row.target.alias)

    @admin.display(description="Objects", ordering="content__objects_count")
    def objects(self, row: CatalogSnapshot) -> str:
        return f"{row.content.objects_count:,}"

    @admin.display(description="Fingerprint", ordering="content__digest")
    def fingerprint(self, row: CatalogSnapshot) -> str:
        return short_digest(row.content.digest)

    @admin.display(description="Taken", ordering="taken_at")
    def at(self, row: CatalogSnapshot) -> str:
        return moment(row.taken_at)

    def page_context(self, request: HttpRequest, row: CatalogSnapshot) -> dict[str, Any]:
        """What differs from the snapshot of the same target that was stored before it."""
        older = before(row)
        found, fault = differences(older, row) if older else ((), "")
        after = CatalogSnapshot.objects.filter(target=row.target_id, pk__gt=row.pk)
        return {
            "previous": older,
            "next": after.order_by("pk").first(),
            "differences": found[:SHOWN],
            "count": len(found),
            "fault": fault,
            "shown": SHOWN,
            "digests": [
                ("Fingerprint (structure)", row.content.digest),
                ("Rights", row.content.rights_digest),
                ("Comments and order of columns", row.content.cosmetic_digest),
                ("Ledger row", row.ledger_hash),
            ],
        }


def differences(
    older: CatalogSnapshot, newer: CatalogSnapshot
) -> tuple[tuple[Difference, ...], str]:
    """What differs between two snapshots; or why that cannot be said, in one sentence."""
    if older.content_id == newer.content_id:
        return (), ""
    try:
        return diff(older.content.snapshot(), newer.content.snapshot()), ""
    except SnapshotTouched:
        return (), "One of the two is not what it was when it was stored: it was tampered with."
    except SnapshotUnreadable:
        return (), "A newer version of Ceremony made one of the two."
    except AlgorithmsDiffer as differ:
        return (), f"They were made by different algorithms: {differ}."
