"""The audit trail: every event, whether it follows from the one before, and whether all do."""

from datetime import UTC
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ceremony.actions.check_trail import trail_standing
from ceremony.admin.days import days
from ceremony.admin.event_words import (
    changes,
    gist,
    laid_out,
    number_of_ceremony,
    rows_told,
    told,
)
from ceremony.admin.filters import ActionFilter, EventTargetFilter, SeriesFilter
from ceremony.admin.read_only import ReadOnlyAdmin
from ceremony.admin.trail_check import check_path
from ceremony.core.chain import GENESIS
from ceremony.models import AuditEvent, AuditHead, Ceremony
from ceremony.templatetags.ceremony_pages import mark, moment_utc, titled, visible_line

NEWEST = 20
"""How many ceremonies the filter names; an address may name any."""


class AboutCeremonyFilter(admin.SimpleListFilter):
    """By the ceremony that an event is about, by its number."""

    title = _("ceremony")
    parameter_name = "ceremony"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The newest; and the one that is asked for."""
        numbers = Ceremony.objects.order_by("-pk").values_list("pk", flat=True)[:NEWEST]
        asked = [str(one)] if (one := self.value()) else []
        named = dict.fromkeys([*(str(number) for number in numbers), *asked])
        return [(number, visible_line(f"#{number}")) for number in named]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AuditEvent]
    ) -> QuerySet[AuditEvent]:
        """Events whose subject is that ceremony."""
        value = self.value()
        return queryset.filter(subject=f"Ceremony {value}") if value else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """One row per act, the newest first."""

    list_display = ("at", "who", "what", "about", "chain")
    list_filter = (ActionFilter, EventTargetFilter, SeriesFilter, AboutCeremonyFilter)
    # The beginnings of words, which an index finds among a million events.
    search_fields = ("actor__startswith", "subject__startswith", "hash__startswith")
    search_help_text = _(
        "Searches how these begin: who, what it is about (a ceremony as “Ceremony 12”), hashes."
    )
    date_hierarchy = "recorded_at"
    ordering = ("-sequence",)
    # Any other order would sort the whole trail for each page.
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        """Every event with the hash that the one before it has."""
        before = AuditEvent.objects.filter(sequence=OuterRef("sequence") - 1)
        events: QuerySet[AuditEvent] = super().get_queryset(request)
        return events.annotate(before=Subquery(before.values("hash")[:1]))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with what the checks of the whole chain said. Days are those of UTC."""
        if not self.has_view_permission(request):
            return super().changelist_view(request, extra_context)
        context = {
            "title": _now("Audit trail"),
            "standing": trail_standing(),
            "days": days(AuditEvent, "recorded_at", request.GET),
            **(extra_context or {}),
        }
        with timezone.override(UTC):
            return super().changelist_view(request, context)

    def get_urls(self) -> list[URLPattern]:
        """The check of the chain, then Django's own."""
        return [check_path(self), *super().get_urls()]

    @admin.display(description=_("When (UTC)"))
    def at(self, row: AuditEvent) -> str:
        return moment_utc(row.recorded_at)

    @admin.display(description=_("Who"))
    def who(self, row: AuditEvent) -> str:
        return visible_line(row.actor)

    @admin.display(description=_("What"))
    def what(self, row: AuditEvent) -> str:
        return format_html(
            '{} <span class="cer-below">{}</span>', mark(row.action), visible_line(gist(row))
        )

    @admin.display(description=_("About"))
    def about(self, row: AuditEvent) -> str:
        place = " / ".join(dict.fromkeys(filter(None, [row.target, row.series])))
        return titled(row.subject or "–", place)

    @admin.display(description=_("Chain"))
    def chain(self, row: AuditEvent) -> str:
        if chain_fault(row):
            return mark("broken", _now("broken"))
        return mark("intact", row.hash[:6])

    def page_context(self, request: HttpRequest, row: AuditEvent) -> dict[str, Any]:
        """Whether the event holds, its neighbours, and its payload laid out for reading."""
        around = AuditEvent.objects.filter(sequence__in=[row.sequence - 1, row.sequence + 1])
        neighbours = {event.sequence: event for event in around}
        following = neighbours.get(row.sequence + 1)
        return {
            "fault": chain_fault(row) or _next_fault(row, following),
            "previous": neighbours.get(row.sequence - 1),
            "next": following,
            "changes": changes(row),
            "told": told(row),
            "rows": rows_told(row),
            "ceremony": _ceremony_of(row),
            "payload": laid_out(row.payload),
            "hashes": [(_("Previous hash"), row.previous_hash), (_("Hash"), row.hash)],
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


def _ceremony_of(row: AuditEvent) -> Ceremony | None:
    number = number_of_ceremony(row)
    return Ceremony.objects.filter(pk=number).first() if number else None
