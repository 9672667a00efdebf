"""Filters of the lists. Their choices come from small tables, never from the list itself."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from ceremony.core.outcome import StepState
from ceremony.core.report import Verdict
from ceremony.models import MigrationRecord, Outcome, Target
from ceremony.models.attempt import FINAL
from ceremony.models.audit import Action
from ceremony.templatetags.ceremony_pages import visible_line

OPEN = "open"
"""Shown for an attempt or a run that nothing has settled yet."""


class _ChoiceFilter(admin.SimpleListFilter):
    """A filter whose values are lines of text, shown with hostile characters made visible."""

    def values(self) -> list[str]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, visible_line(value)) for value in self.values()]

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return self.narrowed(queryset, value) if value else queryset


class TargetFilter(_ChoiceFilter):
    """By target; ``path`` leads from the listed model to the alias."""

    title = "target"
    parameter_name = "target"
    path = "target__alias"

    def values(self) -> list[str]:
        return list(Target.objects.order_by("alias").values_list("alias", flat=True)[:200])

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(**{self.path: value})


class RunTargetFilter(TargetFilter):
    """By the target of the attempt's run."""

    path = "run__target__alias"


class EventTargetFilter(TargetFilter):
    """By the alias that stands in the event."""

    path = "target"


class SeriesFilter(_ChoiceFilter):
    """By series: those that some target has a record of."""

    title = "series"
    parameter_name = "series"

    def values(self) -> list[str]:
        names = MigrationRecord.objects.order_by("series").values_list("series", flat=True)
        return list(names.distinct()[:200])

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(series=value)


class AttemptStateFilter(_ChoiceFilter):
    """By how the attempt ended; ``open`` is one that no ledger was asked about yet."""

    title = "state"
    parameter_name = "state"

    def values(self) -> list[str]:
        return [*(state.value for state in StepState), OPEN]

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        outcomes = Outcome.objects.filter(attempt=OuterRef("pk"))
        if value == OPEN:
            return rows.filter(~Exists(outcomes.filter(FINAL)))
        return rows.filter(Exists(outcomes.filter(state=value)))


class RunVerdictFilter(_ChoiceFilter):
    """By verdict; ``open`` is a run that was killed or is still going."""

    title = "verdict"
    parameter_name = "verdict"

    def values(self) -> list[str]:
        return [*(verdict.value for verdict in Verdict), OPEN]

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == OPEN:
            return rows.filter(outcome=None)
        return rows.filter(outcome__verdict=value)


class ActionFilter(_ChoiceFilter):
    """By what an event tells."""

    title = "what"
    parameter_name = "action"

    def values(self) -> list[str]:
        return [action.value for action in Action]

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(action=value)
