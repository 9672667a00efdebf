"""Attempts: one try at one step, with everything that is known of it."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ceremony.admin.attempt_limits import limits_of
from ceremony.admin.attempt_states import with_state
from ceremony.admin.attempt_words import ended, left_behind, statements_left
from ceremony.admin.filters import OPEN, AttemptStateFilter, RunTargetFilter, SeriesFilter
from ceremony.admin.pictures.measured import drilled
from ceremony.admin.pictures.works import of_attempt, told_statements
from ceremony.admin.read_only import ReadOnlyAdmin
from ceremony.core.check import CheckResult
from ceremony.models import Attempt, CheckRecord, Outcome
from ceremony.templatetags.ceremony_pages import mark, moment, titled, visible_line

SIBLINGS = 10
SHOWN = 200
BROKEN_FIRST = Case(
    When(result=CheckResult.FAIL.value, then=Value(0)),
    When(result=CheckResult.PASS.value, then=Value(2)),
    default=Value(1),
    output_field=IntegerField(),
)
"""The order of checks on a page: broken ones, those that gave no verdict, those that pass."""


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """One row per try."""

    list_display = ("migration", "shown_state", "shown_target", "by", "at")
    list_filter = (AttemptStateFilter, RunTargetFilter, SeriesFilter, "direction")
    linked = ("run__id__exact",)
    search_fields = ("version", "name", "bytes_digest", "meaning_digest")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        """Every attempt with the state of its newest outcome, and its run's target and ceremony."""
        found = super().get_queryset(request).select_related("run__target", "run__in_ceremony")
        return with_state(found)

    @admin.display(description=_("Migration"), ordering="version")
    def migration(self, row: Attempt) -> str:
        return titled(row.label, f"{row.series}, {row.deed}")

    @admin.display(description=_("State"))
    def shown_state(self, row: Attempt) -> str:
        state = getattr(row, "state", None)
        return mark(state) if state else mark(OPEN, gettext("no outcome yet"))

    @admin.display(description=_("Target"), ordering="run__target__alias")
    def shown_target(self, row: Attempt) -> str:
        return visible_line(row.run.target.alias)

    @admin.display(description=_("By"), ordering="run__actor")
    def by(self, row: Attempt) -> str:
        return visible_line(row.run.actor)

    @admin.display(description=_("Planned"), ordering="planned_at")
    def at(self, row: Attempt) -> str:
        return moment(row.planned_at)

    def page_context(self, request: HttpRequest, row: Attempt) -> dict[str, Any]:
        """Outcomes (the newest counts), checks, the rehearsal, and the other tries."""
        outcomes = list(row.outcomes.select_related("settled_by"))
        checks = list(CheckRecord.objects.filter(attempt=row).order_by(BROKEN_FIRST, "pk"))
        own = _with_evidence(outcomes)
        before = drilled(row.run.target.alias, row.series, [row], row.planned_at).get(row.version)
        return {
            "outcome": outcomes[-1] if outcomes else None,
            "evidence": own,
            "rehearsed": before,
            "timeline": of_attempt(own, checks, before) if own else None,
            "statements": told_statements(own, before)[:SHOWN] if own else (),
            "statements_more": max(len(own.statements) - SHOWN, 0) if own else 0,
            "checks": checks,
            "limits": limits_of(row),
            "attempts": _siblings(row),
            **_words(row, outcomes, own),
        }


def _words(row: Attempt, outcomes: Sequence[Outcome], own: Outcome | None) -> dict[str, str]:
    if own is None:
        return {"left_behind": left_behind(outcomes), "statements_left": "", "ended": ""}
    state = outcomes[-1].state
    return {
        "left_behind": left_behind(outcomes),
        "statements_left": statements_left(own.statements, state, transactional=row.transactional),
        "ended": ended(state, own.problem),
    }


def _siblings(row: Attempt) -> QuerySet[Attempt]:
    """The newest tries at the same migration on the same target, this one among them."""
    found = Attempt.objects.filter(
        run__target=row.run.target_id, series=row.series, version=row.version
    )
    return with_state(found.select_related("run")).order_by("-run_id", "-number")[:SIBLINGS]


def _with_evidence(outcomes: Sequence[Outcome]) -> Outcome | None:
    """The outcome that the run itself wrote: one that was settled from the ledger has no
    statements.
    """
    return next((outcome for outcome in outcomes if outcome.settled_by_id is None), None)
