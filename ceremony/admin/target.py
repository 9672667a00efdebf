"""Targets: which database each alias is, and how its series stand."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ceremony.actions.halts import open_halt_of
from ceremony.actions.people import HALT, may
from ceremony.admin.act_view import act_path, person
from ceremony.admin.halting import VIEWS
from ceremony.admin.plan_page import plan_path
from ceremony.admin.read_only import ReadOnlyAdmin
from ceremony.models import Run, Target
from ceremony.templatetags.ceremony_pages import moment, server_version, visible_line

LATEST = 20


@admin.register(Target)
class TargetAdmin(ReadOnlyAdmin):
    """One row per database."""

    list_display = ("shown_alias", "shown_environment", "database", "server", "seen")
    search_fields = ("alias", "environment", "database_name", "host")
    search_help_text = _("Searches aliases, environments, databases and hosts.")

    @admin.display(description=_("Target"), ordering="alias")
    def shown_alias(self, row: Target) -> str:
        return visible_line(row.alias)

    @admin.display(description=_("Environment"), ordering="environment")
    def shown_environment(self, row: Target) -> str:
        return visible_line(row.environment or "–")

    @admin.display(description=_("Database"), ordering="database_name")
    def database(self, row: Target) -> str:
        where = {"database": row.database_name, "host": row.host or gettext("local socket")}
        return visible_line(gettext("%(database)s on %(host)s") % where)

    @admin.display(description=_("PostgreSQL"), ordering="server_version")
    def server(self, row: Target) -> str:
        return server_version(row.server_version)

    @admin.display(description=_("Last seen"), ordering="last_seen_at")
    def seen(self, row: Target) -> str:
        return moment(row.last_seen_at)

    def get_urls(self) -> list[URLPattern]:
        """The pages of its halt, the plans of its series, then Django's own."""
        below = [
            act_path(self, f"<int:number>/{name}/", name, view) for name, view in VIEWS.items()
        ]
        return [*below, plan_path(self), *super().get_urls()]

    def page_context(self, request: HttpRequest, row: Target) -> dict[str, Any]:
        """How many migrations of each series are in which state, and the latest runs."""
        states = (
            row.migration_records.order_by("series", "state")
            .values("series", "state")
            .annotate(count=Count("pk"))
        )
        return {
            "states": states,
            "runs": _latest_runs(row),
            "latest": LATEST,
            "halted": open_halt_of(row),
            "may_halt": may(person(request), HALT),
        }


def _latest_runs(row: Target) -> QuerySet[Run]:
    return row.runs.select_related("outcome", "target").order_by("-pk")[:LATEST]
