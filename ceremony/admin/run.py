"""Runs: one call of a command on one target, with its attempts."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ceremony.admin.attempt import BROKEN_FIRST
from ceremony.admin.attempt_states import with_state
from ceremony.admin.filters import OPEN, RunVerdictFilter, SeriesFilter, TargetFilter
from ceremony.admin.read_only import ReadOnlyAdmin
from ceremony.models import CheckRecord, Run, RunOutcome
from ceremony.templatetags.ceremony_pages import mark, moment, titled, visible_line

SHOWN = 100


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """One row per call."""

    list_display = ("run", "verdict", "shown_target", "by", "at")
    list_filter = (RunVerdictFilter, TargetFilter, SeriesFilter, "kind")
    list_select_related = ("target", "outcome")
    search_fields = ("actor", "host", "series", "git_commit", "plan_digest")

    @admin.display(description="Run", ordering="pk")
    def run(self, row: Run) -> str:
        return titled(str(row), f"{row.kind} {row.series}".strip())

    @admin.display(description="Verdict", ordering="outcome__verdict")
    def verdict(self, row: Run) -> str:
        outcome = outcome_of(row)
        return mark(outcome.verdict) if outcome else mark(OPEN, "no outcome yet")

    @admin.display(description="Target", ordering="target__alias")
    def shown_target(self, row: Run) -> str:
        return visible_line(row.target.alias)

    @admin.display(description="By", ordering="actor")
    def by(self, row: Run) -> str:
        return visible_line(row.actor)

    @admin.display(description="Started", ordering="started_at")
    def at(self, row: Run) -> str:
        return moment(row.started_at)

    def page_context(self, request: HttpRequest, row: Run) -> dict[str, Any]:
        """The first attempts, and the checks that ran outside a migration, broken ones first."""
        attempts = with_state(row.attempts.select_related("run")).order_by("number")
        checks = CheckRecord.objects.filter(run=row, attempt=None)
        return {
            "outcome": outcome_of(row),
            "attempts": attempts[:SHOWN],
            "attempts_count": row.attempts.count(),
            "checks": checks.order_by(BROKEN_FIRST, "pk")[:SHOWN],
            "checks_count": checks.count(),
            "shown": SHOWN,
        }


def outcome_of(row: Run) -> RunOutcome | None:
    """The run's outcome; ``None`` for a run that was killed or is still going."""
    return getattr(row, "outcome", None)
