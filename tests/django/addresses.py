"""Every address below ``admin/ceremony/``, from the URL list: a new one cannot be forgotten."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver

from ceremony.actions.rounds import manifest_of
from ceremony.models import Ceremony, JudgedItem, MigrationRecord

GONE = 987_654
"""A number that no row has."""

Given = Callable[["Address"], object]


@dataclass(frozen=True)
class Address:
    """One address: its route, the name it is found by, and the model whose page it is."""

    route: str
    name: str
    pattern: URLPattern
    model: Any

    def url(self, **instead: object) -> str:
        """The address with rows that there are, or with what is given ``instead``."""
        found = self.route
        for parameter in self.pattern.pattern.converters:
            value = instead[parameter] if parameter in instead else self.given(parameter)
            found = found.replace(self.placeholder(parameter), quote(str(value), safe=""))
        return f"/{found}"

    def given(self, parameter: str) -> object:
        """A value for a parameter. What is not known here has to be added to ``GIVEN``."""
        assert parameter in GIVEN, f"{self.route}: GIVEN has no value for {parameter!r}"
        return GIVEN[parameter](self)

    def placeholder(self, parameter: str) -> str:
        """How the route writes the parameter."""
        start = self.route.rindex("<", 0, self.route.index(f"{parameter}>"))
        return self.route[start : self.route.index(">", start) + 1]

    def numbers(self) -> list[str]:
        """The parameters that name a row."""
        return [one for one in self.pattern.pattern.converters if one in ROWS]


def _newest(address: Address) -> Any:
    row = address.model.objects.order_by("pk").last()
    assert row is not None, f"{address.route}: there is no {address.model._meta.verbose_name}"
    return row


def _file_of(ceremony: Ceremony) -> str:
    """The digest of a file of the newest round."""
    return manifest_of(ceremony.manifests.latest("round")).steps[0].files[0].digest


GIVEN: dict[str, Given] = {
    "object_id": lambda address: _newest(address).pk,
    "number": lambda address: _newest(address).pk,
    "item": lambda address: JudgedItem.objects.earliest("pk").pk,
    "purpose": lambda address: "approval",
    "digest": lambda address: _file_of(_newest(address)),
    "form": lambda address: "jsonl",
    "series": lambda address: MigrationRecord.objects.earliest("pk").series,
}
"""What stands for each parameter of an address."""

ROWS = {"object_id", "number", "item", "digest"}
"""Parameters of which there can be none."""


def addresses() -> list[Address]:
    """Every address of ours in the admin, those without a name as well."""
    found = [one for one in _walk(get_resolver(), "") if one[0].startswith("admin/ceremony/")]
    return [_address(route, pattern) for route, pattern in found]


def registered() -> list[Any]:
    """The models of ours that have pages."""
    return [model for model in admin.site._registry if model._meta.app_label == "ceremony"]


def _address(route: str, pattern: URLPattern) -> Address:
    models = {model._meta.model_name: model for model in registered()}
    model = models.get(route.split("/")[2])
    assert model is not None, f"{route} belongs to no model that is registered"
    return Address(route, pattern.name or "", pattern, model)


def _walk(resolver: URLResolver, before: str) -> Iterator[tuple[str, URLPattern]]:
    for one in resolver.url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _walk(one, route)
        else:
            yield route, one
