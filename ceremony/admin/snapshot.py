"""Snapshots: the catalog of each target after each run, and what differs from others of it."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ceremony.actions.snapshots import before
from ceremony.admin.filters import TargetFilter
from ceremony.admin.read_only import ReadOnlyAdmin
from ceremony.core.catalog import AlgorithmsDiffer, Difference, SnapshotUnreadable, diff
from ceremony.models import CatalogSnapshot, SnapshotReason
from ceremony.models.snapshot import SnapshotTouched
from ceremony.templatetags.ceremony_pages import mark, moment, short_digest, titled, visible_line

SHOWN = 200

NEWEST = "newest"
"""``?against=newest`` compares with the newest snapshot of the target; else the one before."""

OCCASIONS = {
    SnapshotReason.RUN: _("What a run left"),
    SnapshotReason.ACCEPTED: _("The catalog that a person accepted"),
    SnapshotReason.ADOPTED: _("The catalog that a target was adopted with"),
}


@admin.register(CatalogSnapshot)
class CatalogSnapshotAdmin(ReadOnlyAdmin):
    """One row per snapshot, the newest first."""

    list_display = ("shown", "shown_target", "objects", "fingerprint", "at")
    list_filter = (TargetFilter, "reason")
    search_fields = ("content__digest", "why", "ledger_hash")
    search_help_text = _("Searches fingerprints, reasons, and hashes of the ledger.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CatalogSnapshot]:
        """Every snapshot, without the bodies of the catalogs, and the content of the one before."""
        rows: QuerySet[CatalogSnapshot] = super().get_queryset(request)
        older = CatalogSnapshot.objects.filter(target=OuterRef("target"), pk__lt=OuterRef("pk"))
        newest_of_these = older.order_by("-pk").values("content")[:1]
        rows = rows.annotate(content_before=Subquery(newest_of_these))
        return rows.select_related("target", "run", "content").defer("content__body")

    @admin.display(description=_("Snapshot"), ordering="pk")
    def shown(self, row: CatalogSnapshot) -> str:
        beside = f"{row.run.kind} {row.run.series}".strip()
        return titled(str(row), beside if row.reason == "run" else row.reason)

    @admin.display(description=_("Target"), ordering="target__alias")
    def shown_target(self, row: CatalogSnapshot) -> str:
        return visible_line(row.target.alias)

    @admin.display(description=_("Objects"), ordering="content__objects_count")
    def objects(self, row: CatalogSnapshot) -> str:
        return f"{row.content.objects_count:,}"

    @admin.display(description=_("Catalog"), ordering="content__digest")
    def fingerprint(self, row: CatalogSnapshot) -> str:
        return format_html("{} {}", _drift(row), short_digest(row.content.digest))

    @admin.display(description=_("Taken"), ordering="taken_at")
    def at(self, row: CatalogSnapshot) -> str:
        return moment(row.taken_at)

    def page_context(self, request: HttpRequest, row: CatalogSnapshot) -> dict[str, Any]:
        """What differs from the snapshot of the same target that was stored before it, or from
        the newest.
        """
        older = before(row)
        of_target = CatalogSnapshot.objects.filter(target=row.target_id, pk__gt=row.pk)
        following = of_target.order_by("pk").first()
        against = NEWEST if request.GET.get("against") == NEWEST else ""
        newest = of_target.select_related("content").order_by("-pk").first() if against else None
        first, second = (row, newest) if against else (older, row)
        found, fault = differences(first, second) if first and second else ((), "")
        return {
            "previous": older,
            "next": following,
            "against": against,
            "other": newest if against else older,
            "occasion": OCCASIONS[SnapshotReason(row.reason)],
            "differences": found[:SHOWN],
            "count": len(found),
            "fault": fault,
            "shown": SHOWN,
            "digests": [
                (_("Fingerprint (structure)"), row.content.digest),
                (_("Rights"), row.content.rights_digest),
                (_("Comments and order of columns"), row.content.cosmetic_digest),
                (_("Ledger row"), row.ledger_hash),
            ],
        }


def _drift(row: Any) -> str:
    """Whether the catalog is the one of the snapshot before, as icon and word."""
    if row.content_before is None:
        return mark("change", gettext("first"))
    if row.content_before == row.content_id:
        return mark("no drift", gettext("the same"))
    return mark("changed", gettext("differs"))


def differences(
    older: CatalogSnapshot, newer: CatalogSnapshot
) -> tuple[tuple[Difference, ...], str]:
    """What differs between two snapshots; or why that cannot be said, in one sentence."""
    if older.content_id == newer.content_id:
        return (), ""
    try:
        return diff(older.content.snapshot(), newer.content.snapshot()), ""
    except SnapshotTouched:
        return (), gettext(
            "One of the two is not what it was when it was stored: it was tampered with."
        )
    except SnapshotUnreadable:
        return (), gettext("A newer version of Ceremony made one of the two.")
    except AlgorithmsDiffer as differ:
        return (), gettext("They were made by different algorithms: %s.") % differ
