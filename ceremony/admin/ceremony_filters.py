"""The filters of the list of ceremonies: each choice with how many there are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ceremony.core.states import ENDED, State
from ceremony.templatetags.ceremony_pages import visible_line

OPEN = "open"
ALL = "all"
UNSTATED = "not stated"
"""The choice of ceremonies whose risk nobody stated."""

RISKS = ("high", "medium", "low", UNSTATED)

CHOICES = 200
"""How many choices one filter has at most."""

Tally = Sequence[Mapping[str, Any]]
"""How many ceremonies (``n``) there are of each state, environment, risk and target (``alias``)."""


class CountedFilter(admin.SimpleListFilter):
    """A filter whose choices are what there is, with how many. They are counted by the list, for
    all filters at once (``CeremonyChangeList.tally``).
    """

    any_word: str | Promise = gettext_lazy("all")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The choices are counted, and come from ``choices``."""
        return []

    def has_output(self) -> bool:
        return True

    def chosen(self) -> str:
        """The value that is asked for; ``""`` for no matter which."""
        return str(self.value() or "")

    def takes(self, group: Mapping[str, Any]) -> bool:
        """Whether the ceremonies of a group of the tally are shown by this filter."""
        return self.chosen() in ("", self.of(group))

    def of(self, group: Mapping[str, Any]) -> str:
        """The choice that a group of the tally belongs to."""
        return str(group[str(self.parameter_name)])

    def ordered(self, found: Iterable[str]) -> Iterable[str]:
        """The values in the order in which they are offered."""
        return sorted(found)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.narrowed(queryset, self.chosen()) if self.chosen() else queryset

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(**{str(self.parameter_name): value})

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The same as ``offers``, for templates of Django's."""
        yield from self.offers(changelist)

    def offers(self, changelist: Any) -> Iterator[dict[str, Any]]:
        """Every choice: address, words, how many, and whether it is the chosen one."""
        counts = self._counts(changelist)
        yield self._choice(changelist, "", self.any_word, sum(counts.values()))
        offered = {*counts, *filter(None, [self.chosen()])}
        for value in list(self.ordered(offered))[:CHOICES]:
            yield self._choice(changelist, value, visible_line(value), counts.get(value, 0))

    def current(self) -> str:
        """The chosen one in words."""
        return visible_line(self.chosen() or self.any_word)

    def _counts(self, changelist: Any) -> dict[str, int]:
        """How many of each, as the other filters leave them."""
        others = [one for one in changelist.filter_specs if one is not self]
        counts: dict[str, int] = {}
        for group in changelist.tally:
            if all(one.takes(group) for one in others):
                counts[self.of(group)] = counts.get(self.of(group), 0) + group["n"]
        return counts

    def _choice(
        self, changelist: Any, value: str, words: str | Promise, count: int
    ) -> dict[str, Any]:
        name = str(self.parameter_name)
        there = changelist.get_query_string({name: value}) if value else None
        return {
            "selected": value == self.chosen(),
            "query_string": there or changelist.get_query_string(remove=[name]),
            "display": words,
            "count": count,
        }


class StateFilter(CountedFilter):
    """By state; the open ones without a word, and all of them where something is searched for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def chosen(self) -> str:
        return str(self.value() or (ALL if self.request.GET.get(SEARCH_VAR) else OPEN))

    def takes(self, group: Mapping[str, Any]) -> bool:
        chosen = self.chosen()
        return chosen in (ALL, group["state"]) or (chosen == OPEN and _is_open(group))

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == OPEN:
            return rows.exclude(state__in=[state.value for state in ENDED])
        return rows if value == ALL else rows.filter(state=value)

    def offers(self, changelist: Any) -> Iterator[dict[str, Any]]:
        counts = self._counts(changelist)
        ended = sum(counts.get(state.value, 0) for state in ENDED)
        total = sum(counts.values())
        yield self._choice(changelist, OPEN, _("open"), total - ended)
        yield self._choice(changelist, ALL, _("all"), total)
        for state in State:
            if counts.get(state.value) or state.value == self.chosen():
                yield self._choice(changelist, state.value, state.value, counts.get(state, 0))

    def current(self) -> str:
        words = {OPEN: _("open"), ALL: _("all")}
        return words.get(self.chosen()) or visible_line(self.chosen())


class CeremonyEnvironmentFilter(CountedFilter):
    """By environment."""

    title = gettext_lazy("environment")
    parameter_name = "environment"


class RiskFilter(CountedFilter):
    """By risk, the highest first."""

    title = gettext_lazy("risk")
    parameter_name = "risk"

    def of(self, group: Mapping[str, Any]) -> str:
        return str(group["risk"] or UNSTATED)

    def ordered(self, found: Iterable[str]) -> Iterable[str]:
        places = {one: place for place, one in enumerate(RISKS)}
        return sorted(found, key=lambda one: (places.get(one, len(places)), one))

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(risk="" if value == UNSTATED else value)


class CeremonyTargetFilter(CountedFilter):
    """By target."""

    title = gettext_lazy("target")
    parameter_name = "target"

    def of(self, group: Mapping[str, Any]) -> str:
        return str(group["target__alias"])

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(target__alias=value)


def _is_open(group: Mapping[str, Any]) -> bool:
    return State(group["state"]) not in ENDED
