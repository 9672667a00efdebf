"""The list of ceremonies: what waits for you, what each waits for, and the search."""

import re
from functools import cached_property, reduce
from operator import or_
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ceremony import conf
from ceremony.actions.ceremonies import expire_due
from ceremony.actions.overview import Case, Overview, overview
from ceremony.actions.people import REQUEST
from ceremony.admin.act_view import person
from ceremony.admin.ceremony_filters import (
    CeremonyEnvironmentFilter,
    CeremonyTargetFilter,
    CountedFilter,
    RiskFilter,
    StateFilter,
    Tally,
)
from ceremony.admin.read_only import ReadOnlyAdmin
from ceremony.core.plan import Direction
from ceremony.models import Ceremony, StoredManifest
from ceremony.templatetags.ceremony_awaiting import panel_of, told
from ceremony.templatetags.ceremony_pages import mark, moment, titled, visible_line

LONGEST = 200
"""How many characters of a search are looked for."""

NUMBER = re.compile(r"#?([0-9]{1,18})", re.ASCII)


class CeremonyChangeList(ChangeList):
    """Rows with what each waits for, read for all of them at once."""

    overview: Overview

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.overview = overview(person(request), timezone.now(), self.result_list)
        for row in self.result_list:
            row.case = self.overview.cases.get(row.pk)

    @cached_property
    def tally(self) -> Tally:
        """How many there are of each kind, whatever the filters; by one question."""
        searched, _twice = self.model_admin.get_search_results(
            self._request, self.root_queryset, self.query
        )
        kinds = searched.order_by().values("state", "environment", "risk", "target__alias")
        return list(kinds.annotate(n=Count("pk")))

    @property
    def total(self) -> int:
        """How many there are in all that the search finds."""
        return sum(group["n"] for group in self.tally)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What of the address stays when something else is searched for."""
        return [(name, value) for name, value in self.params.items() if name != SEARCH_VAR]

    @property
    def filters(self) -> list[dict[str, Any]]:
        """Each filter with its choices."""
        return [
            {"title": spec.title, "current": spec.current(), "choices": list(spec.offers(self))}
            for spec in self.filter_specs
            if isinstance(spec, CountedFilter)
        ]

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Any]:
        self._request = request
        return super().get_queryset(request, exclude_parameters)


class CeremonyList(ReadOnlyAdmin):
    """One row per ceremony, the newest first; the open ones unless all are asked for."""

    list_display = ("ceremony", "shown_state", "waits_for", "shown_target", "at")
    list_filter = (StateFilter, CeremonyEnvironmentFilter, RiskFilter, CeremonyTargetFilter)
    list_select_related = ("target",)
    search_fields = ("title", "series", "fingerprint", "requester")
    search_help_text = gettext_lazy(
        "Finds numbers, titles, names of migrations, series, fingerprints, and who asked."
    )
    ordering = ("-id",)

    @admin.display(description=gettext_lazy("Ceremony"), ordering="pk")
    def ceremony(self, row: Ceremony) -> str:
        back = _("way back") if row.direction == Direction.ROLL_BACK.value else ""
        risk = _("%(risk)s risk") % {"risk": row.risk} if row.risk else ""
        beside = " · ".join(filter(None, (row.environment, risk, row.series, back)))
        return titled(f"{row} {row.title}", beside)

    @admin.display(description=gettext_lazy("Status"), ordering="state")
    def shown_state(self, row: Ceremony) -> SafeString:
        return format_html_join(" ", "{}", ((one,) for one in _marks(row, _case(row))))

    @admin.display(description=gettext_lazy("Waits for"))
    def waits_for(self, row: Ceremony) -> SafeString:
        case = _case(row)
        found = [told(wait) for wait in case.waits] if case else []
        if not found:
            return format_html('<span class="cer-wide-only">{}</span>', "–")
        spans = format_html_join(" ", '<span class="cer-wait-for">{}</span>', ((w,) for w in found))
        # On a phone the row has no head of its column above it.
        label = _("Waits for")
        return format_html('<span class="cer-waits-for" data-label="{}">{}</span>', label, spans)

    @admin.display(description=gettext_lazy("Target"), ordering="target__alias")
    def shown_target(self, row: Ceremony) -> str:
        return visible_line(row.target.alias)

    @admin.display(description=gettext_lazy("When"), ordering="changed_at")
    def at(self, row: Ceremony) -> SafeString:
        return moment(row.changed_at)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CeremonyChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Those in which every word is found: as the number, or somewhere in the title, the series,
        the name of who asked, the beginning of the fingerprint, or the name of a migration.
        """
        for word in search_term[:LONGEST].split():
            queryset = queryset.filter(_found(word))
        return queryset, False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list; what is over expires first."""
        if self.has_view_permission(request):
            expire_due(timezone.now())
        title = {"title": _("Migration ceremonies")}
        response = super().changelist_view(request, {**title, **(extra_context or {})})
        found = getattr(response, "context_data", None) or {}
        if "cl" in found:
            seen: Overview = found["cl"].overview
            found["may_request"] = seen.member.may(REQUEST)
            found["awaiting"] = panel_of(seen, self.admin_site.name)
            found["guide"] = "" if found["cl"].total else conf.load().guide
        return response


def _found(word: str) -> Q:
    """Where a word is looked for."""
    number = NUMBER.fullmatch(word)
    digits = word.rpartition(":")[2]
    ways = [
        Q(title__icontains=word),
        Q(series__icontains=word),
        Q(requester__icontains=word),
        Q(fingerprint__startswith=word),
        Q(fingerprint__contains=f":{digits.lower()}") if len(digits) > 3 else Q(pk__in=()),
        Q(Exists(_runs(word))),
        *([Q(pk=int(number[1]))] if number else []),
    ]
    return reduce(or_, ways)


def _runs(word: str) -> QuerySet[StoredManifest]:
    """Rounds of a ceremony with a step of this name. The files of a step stand in front of its
    meaning in the canonical form of a manifest (``core.manifest``), other files do not.
    """
    escaped = re.sub(r"[^\w]", lambda one: f"\\{one[0]}", word)
    of_a_step = rf'"path":"[^"]*{escaped}[^"]*"[^]]*\],"meaning":'
    return StoredManifest.objects.filter(
        ceremony=OuterRef("pk"), document__icontains=word, document__iregex=of_a_step
    )


def _case(row: Ceremony) -> Case | None:
    """What was read of the row with the others; ``None`` for one that waits for nothing."""
    case: Case | None = getattr(row, "case", None)
    return case


def _marks(row: Ceremony, case: Case | None) -> list[SafeString]:
    found = [mark(row.state)]
    if case and case.changed:
        found.append(mark("stale", _("approval stale")))
    if case and case.fault:
        found.append(mark("broken", _("record damaged")))
    if row.overridden:
        found.append(mark("override", _("ran without approval")))
    return found
