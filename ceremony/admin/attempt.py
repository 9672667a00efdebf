"""Attempts: one try at one step, with everything that is known of it."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest

from ceremony.admin.attempt_states import with_state
from ceremony.admin.filters import OPEN, AttemptStateFilter, RunTargetFilter, SeriesFilter
from ceremony.admin.read_only import ReadOnlyAdmin
from ceremony.core.check import CheckResult
from ceremony.core.outcome import StepState
from ceremony.models import Attempt, CheckRecord, Outcome
from ceremony.templatetags.ceremony_pages import mark, moment, titled, visible_line

SIBLINGS = 10
BROKEN_FIRST = Case(
    When(result=CheckResult.FAIL.value, then=Value(0)),
    When(result=CheckResult.PASS.value, then=Value(2)),
    default=Value(1),
    output_field=IntegerField(),
)
"""The order of checks on a page: broken ones, those that gave no verdict, those that pass."""

LEFT_BEHIND = {
    StepState.DONE: "Committed, together with its row in the ledger.",
    StepState.FAILED: "Nothing of it is in the target.",
    StepState.PARTLY: "Some of its statements are in the target, others are not.",
    StepState.UNKNOWN: "Not known yet: the link broke during COMMIT, and only the ledger can tell.",
    StepState.NOT_STARTED: "It was never sent to the target.",
}
"""What an attempt left in its target, where nothing more exact was recorded."""
NOTHING_SAID = (
    "No outcome yet: it is running, or its run was killed. reconcile_sql asks the ledger."
)


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """One row per try."""

    list_display = ("migration", "shown_state", "shown_target", "by", "at")
    list_filter = (AttemptStateFilter, RunTargetFilter, SeriesFilter, "direction")
    list_select_related = ("run__target",)
    linked = ("run__id__exact",)
    search_fields = ("version", "name", "bytes_digest", "meaning_digest")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        """Every attempt with the state of its newest outcome."""
        return with_state(super().get_queryset(request))

    @admin.display(description="Migration", ordering="version")
    def migration(self, row: Attempt) -> str:
        return titled(row.label, f"{row.series}, {row.deed}")

    @admin.display(description="State")
    def shown_state(self, row: Attempt) -> str:
        state = getattr(row, "state", None)
        return mark(state) if state else mark(OPEN, "no outcome yet")

    @admin.display(description="Target", ordering="run__target__alias")
    def shown_target(self, row: Attempt) -> str:
        return visible_line(row.run.target.alias)

    @admin.display(description="By", ordering="run__actor")
    def by(self, row: Attempt) -> str:
        return visible_line(row.run.actor)

    @admin.display(description="Planned", ordering="planned_at")
    def at(self, row: Attempt) -> str:
        return moment(row.planned_at)

    def page_context(self, request: HttpRequest, row: Attempt) -> dict[str, Any]:
        """Outcomes (the newest counts), checks, and the other tries at the same migration."""
        outcomes = list(row.outcomes.select_related("settled_by"))
        siblings = Attempt.objects.filter(
            run__target=row.run.target_id, series=row.series, version=row.version
        ).select_related("run")
        return {
            "outcome": outcomes[-1] if outcomes else None,
            "earlier": outcomes[:-1],
            "evidence": _with_evidence(outcomes),
            "left_behind": _left_behind(outcomes),
            "checks": CheckRecord.objects.filter(attempt=row).order_by(BROKEN_FIRST, "pk"),
            "attempts": with_state(siblings).order_by("-run_id", "-number")[:SIBLINGS],
        }


def _with_evidence(outcomes: Sequence[Outcome]) -> Outcome | None:
    """The outcome that the run itself wrote: one that was settled from the ledger has no
    statements.
    """
    return next((outcome for outcome in outcomes if outcome.settled_by_id is None), None)


def _left_behind(outcomes: Sequence[Outcome]) -> str:
    if not outcomes:
        return NOTHING_SAID
    newest = outcomes[-1]
    if newest.settled_by_id is None and newest.problem:
        return str(newest.problem["state"])
    return LEFT_BEHIND[StepState(newest.state)]
