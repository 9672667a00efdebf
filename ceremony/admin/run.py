"""Runs: one call of a command on one target, with its attempts."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ceremony.admin.attempt import BROKEN_FIRST
from ceremony.admin.filters import OPEN, RunVerdictFilter, SeriesFilter, TargetFilter
from ceremony.admin.pictures.measured import measured
from ceremony.admin.pictures.works import of_run
from ceremony.admin.read_only import ReadOnlyAdmin
from ceremony.models import CheckRecord, Run, RunOutcome
from ceremony.templatetags.ceremony_pages import mark, moment, titled, visible_line

SHOWN = 100


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """One row per call."""

    list_display = ("run", "verdict", "shown_target", "by", "at")
    list_filter = (RunVerdictFilter, TargetFilter, SeriesFilter, "kind")
    search_fields = ("actor", "host", "series", "git_commit", "plan_digest")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        """Every run with its target, its outcome and the ceremony that it belongs to."""
        return super().get_queryset(request).select_related("target", "outcome", "in_ceremony")

    @admin.display(description=_("Run"), ordering="pk")
    def run(self, row: Run) -> str:
        return titled(str(row), f"{row.kind} {row.series}".strip())

    @admin.display(description=_("Verdict"), ordering="outcome__verdict")
    def verdict(self, row: Run) -> str:
        outcome = outcome_of(row)
        return mark(outcome.verdict) if outcome else mark(OPEN, gettext("no outcome yet"))

    @admin.display(description=_("Target"), ordering="target__alias")
    def shown_target(self, row: Run) -> str:
        return visible_line(row.target.alias)

    @admin.display(description=_("By"), ordering="actor")
    def by(self, row: Run) -> str:
        return visible_line(row.actor)

    @admin.display(description=_("Started"), ordering="started_at")
    def at(self, row: Run) -> str:
        return moment(row.started_at)

    def page_context(self, request: HttpRequest, row: Run) -> dict[str, Any]:
        """The first attempts, and the checks that ran outside a migration, broken ones first."""
        attempts = list(measured(row.attempts.select_related("run")).order_by("number")[:SHOWN])
        checks = CheckRecord.objects.filter(run=row, attempt=None)
        return {
            "outcome": outcome_of(row),
            "attempts": attempts,
            "timeline": of_run(row, attempts) if attempts else None,
            "attempts_count": row.attempts.count(),
            "checks": checks.order_by(BROKEN_FIRST, "pk")[:SHOWN],
            "checks_count": checks.count(),
            "shown": SHOWN,
        }


def outcome_of(row: Run) -> RunOutcome | None:
    """The run's outcome; ``None`` for a run that was killed or is still going."""
    return getattr(row, "outcome", None)
