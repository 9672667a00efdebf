"""Check results: what each verification asked, what it saw, and the rows that broke it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ceremony.admin.filters import RunTargetFilter, SeriesFilter
from ceremony.admin.read_only import ReadOnlyAdmin
from ceremony.core.check import CheckResult
from ceremony.models import CheckRecord
from ceremony.templatetags.ceremony_pages import mark, moment, titled, visible_line

LATEST = 20
"""How many results of the same check are shown on the page of one."""

BROKEN = "broken"
"""Shown for every result but PASS and NOT APPLICABLE."""

HOLDS = (CheckResult.PASS.value, CheckResult.NOT_APPLICABLE.value)


class ResultFilter(admin.SimpleListFilter):
    """By result; ``broken`` are all that need a look."""

    title = _("result")
    parameter_name = "result"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Every result there is."""
        return [(BROKEN, _("broken")), *((one.value, one.value) for one in CheckResult)]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[CheckRecord]
    ) -> QuerySet[CheckRecord]:
        """Those with the result."""
        value = self.value()
        if value == BROKEN:
            return queryset.exclude(result__in=HOLDS)
        return queryset.filter(result=value) if value else queryset


@admin.register(CheckRecord)
class CheckRecordAdmin(ReadOnlyAdmin):
    """One row per result, the newest first."""

    list_display = ("shown", "shown_result", "rows", "shown_target", "at")
    list_filter = (ResultFilter, "severity", RunTargetFilter, SeriesFilter)
    list_select_related = ("run__target",)
    # Versions and names are found by how they begin, which an index answers.
    search_fields = ("version__startswith", "name__startswith")
    search_help_text = _("Searches how versions and names of checks begin.")
    ordering = ("-id",)
    sortable_by = ()
    linked = ("run__id__exact", "attempt__id__exact")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CheckRecord]:
        """Every result with its run and target."""
        rows: QuerySet[CheckRecord] = super().get_queryset(request)
        return rows.select_related("run__target")

    @admin.display(description=_("Check"))
    def shown(self, row: CheckRecord) -> str:
        return titled(row.name, f"{row.series} {row.version}, {row.when}")

    @admin.display(description=_("Result"))
    def shown_result(self, row: CheckRecord) -> str:
        return mark(row.result)

    @admin.display(description=_("Rows"))
    def rows(self, row: CheckRecord) -> str:
        count = row.observed.get("row_count")
        return "–" if count is None or row.result in HOLDS else f"{count}"

    @admin.display(description=_("Target"))
    def shown_target(self, row: CheckRecord) -> str:
        return visible_line(row.run.target.alias)

    @admin.display(description=_("When"))
    def at(self, row: CheckRecord) -> str:
        return moment(row.run.started_at)

    def page_context(self, request: HttpRequest, row: CheckRecord) -> dict[str, Any]:
        """The result in full, and what the same check said on the same target before and after."""
        same = CheckRecord.objects.filter(
            run__target=row.run.target_id, series=row.series, version=row.version, name=row.name
        )
        return {
            "title": visible_line(row.name),
            "checks": [row],
            "history": same.select_related("run").order_by("-pk")[:LATEST],
            "latest": LATEST,
        }
