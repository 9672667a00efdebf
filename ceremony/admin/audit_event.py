"""The audit trail: every event, and whether it follows from the one before."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from ceremony.admin.filters import ActionFilter, EventTargetFilter, SeriesFilter
from ceremony.admin.read_only import ReadOnlyAdmin
from ceremony.core.chain import GENESIS
from ceremony.models import AuditEvent, AuditHead
from ceremony.templatetags.ceremony_pages import mark, moment_utc, titled, visible_line


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """One row per act, the newest first."""

    list_display = ("at", "who", "what", "about", "chain")
    list_filter = (ActionFilter, EventTargetFilter, SeriesFilter)
    search_fields = ("actor", "subject", "hash")
    search_help_text = "Searches who, what it is about, and hashes."
    date_hierarchy = "recorded_at"
    ordering = ("-sequence",)
    # Any other order would sort the whole trail for each page.
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        """Every event with the hash that the one before it has."""
        before = AuditEvent.objects.filter(sequence=OuterRef("sequence") - 1)
        events: QuerySet[AuditEvent] = super().get_queryset(request)
        return events.annotate(before=Subquery(before.values("hash")[:1]))

    @admin.display(description="When (UTC)")
    def at(self, row: AuditEvent) -> str:
        return moment_utc(row.recorded_at)

    @admin.display(description="Who")
    def who(self, row: AuditEvent) -> str:
        return visible_line(row.actor)

    @admin.display(description="What")
    def what(self, row: AuditEvent) -> str:
        return mark(row.action)

    @admin.display(description="About")
    def about(self, row: AuditEvent) -> str:
        place = " / ".join(dict.fromkeys(filter(None, [row.target, row.series])))
        return titled(row.subject or "–", place)

    @admin.display(description="Chain")
    def chain(self, row: AuditEvent) -> str:
        return mark("broken") if chain_fault(row) else mark("intact", row.hash[:6])

    def page_context(self, request: HttpRequest, row: AuditEvent) -> dict[str, Any]:
        """Whether the event holds, its neighbours, and its payload laid out for reading."""
        around = AuditEvent.objects.filter(sequence__in=[row.sequence - 1, row.sequence + 1])
        neighbours = {event.sequence: event for event in around}
        following = neighbours.get(row.sequence + 1)
        return {
            "fault": chain_fault(row) or _next_fault(row, following),
            "previous": neighbours.get(row.sequence - 1),
            "next": following,
            "payload": _laid_out(row.payload),
            "hashes": [("Previous hash", row.previous_hash), ("Hash", row.hash)],
        }


def chain_fault(row: AuditEvent) -> str:
    """Why an event of ``get_queryset`` does not hold, in one sentence; ``""`` when it does."""
    before = GENESIS if row.sequence == 1 else getattr(row, "before", None)
    if before is None:
        return f"Event {row.sequence - 1} is missing."
    if before != row.previous_hash:
        return f"It does not name the hash of event {row.sequence - 1}."
    return row.fault()


def _next_fault(row: AuditEvent, following: AuditEvent | None) -> str:
    if following is not None:
        broken = following.previous_hash != row.hash
        return f"Event {following.sequence} does not name its hash." if broken else ""
    head = AuditHead.objects.filter(sequence=row.sequence, hash=row.hash)
    return "" if head.exists() else f"Event {row.sequence + 1} is missing."


def _laid_out(payload: str) -> str:
    try:
        return json.dumps(json.loads(payload), ensure_ascii=False, indent=2)
    except ValueError:
        return payload
