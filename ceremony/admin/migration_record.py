"""Migration records: what each target's ledger says about each migration."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ceremony.admin.attempt_states import with_state
from ceremony.admin.filters import SeriesFilter, TargetFilter
from ceremony.admin.matrix import MatrixPages
from ceremony.admin.pictures.durations import durations_of
from ceremony.admin.pictures.lanes import lanes_of
from ceremony.models import Attempt, MigrationRecord
from ceremony.templatetags.ceremony_pages import mark, moment, titled, visible_line

LATEST = 20


@admin.register(MigrationRecord)
class MigrationRecordAdmin(MatrixPages):
    """One row per target and migration."""

    list_display = ("migration", "shown_state", "shown_target", "by", "at")
    list_filter = (TargetFilter, SeriesFilter, "state")
    list_select_related = ("target",)
    search_fields = ("version", "name", "bytes_digest", "meaning_digest", "applied_by")
    ordering = ("target__alias", "series", "-version")

    @admin.display(description=_("Migration"), ordering="version")
    def migration(self, row: MigrationRecord) -> str:
        return titled(row.label, row.series)

    @admin.display(description=_("State"), ordering="state")
    def shown_state(self, row: MigrationRecord) -> str:
        return mark(row.state)

    @admin.display(description=_("Target"), ordering="target__alias")
    def shown_target(self, row: MigrationRecord) -> str:
        return visible_line(row.target.alias)

    @admin.display(description=_("By"), ordering="applied_by")
    def by(self, row: MigrationRecord) -> str:
        return visible_line(row.applied_by or "–")

    @admin.display(description=_("When"), ordering="applied_at")
    def at(self, row: MigrationRecord) -> str:
        return moment(row.applied_at)

    def page_context(self, request: HttpRequest, row: MigrationRecord) -> dict[str, Any]:
        """The latest attempts on this target, its durations on all of them, and where it sits."""
        attempts = Attempt.objects.filter(
            run__target=row.target_id, series=row.series, version=row.version
        )
        latest = with_state(attempts.select_related("run")).order_by("-run_id", "-number")
        return {
            "attempts": latest[:LATEST],
            "latest": LATEST,
            "durations": durations_of(row.series, row.version, row.target.alias),
            "lanes": lanes_of(row.target, row.series, {row.version}),
        }
