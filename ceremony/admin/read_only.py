"""Pages that only show: no form, no add, no change, no delete, no actions, for nobody."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.functional import cached_property

from ceremony.admin.days import asked_day
from ceremony.admin.exporting import EXPORTED, KINDS, export_path
from ceremony.templatetags.ceremony_pages import visible_line

LISTED = 10_000
LISTED_WORDS = "10 000+"
READING = ("GET", "HEAD")

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    # Django's classes take type arguments in the stubs only.
    _Paginator = Paginator
    _ModelAdmin = admin.ModelAdmin


class CappedPaginator(_Paginator):
    """Counts no further than ``LISTED`` rows: a list opens as quickly over a million rows as over a
    thousand.
    """

    @cached_property
    def count(self) -> int:
        rows = cast("QuerySet[Any]", self.object_list)
        return rows[:LISTED].count()


class ReadOnlyAdmin(_ModelAdmin):
    """A list, and a page of our own per row (``admin/ceremony/<model>/change_form.html``)."""

    actions = None
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # counts of each choice would read the whole table
    paginator = CappedPaginator
    linked: tuple[str, ...] = ()  # lookups of the list that pages of ours lead to

    class Media:
        css = {
            "all": [
                "ceremony/admin.css",
                "ceremony/forms.css",
                "ceremony/page.css",
                "ceremony/list.css",
                "ceremony/trail.css",
                "ceremony/sql.css",
                "ceremony/pictures.css",
            ]
        }

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what the list itself asks for. Django lets an address ask for any lookup of any
        column: a regular expression that is none, or that never ends.
        """
        return lookup in self._lookups()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list. Only GET and HEAD are understood (405)."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in READING:
            return HttpResponseNotAllowed(READING)
        if _asks_for_nul(request) or self._asks_for_no_day(request):
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")
        context = {
            "title": str(self.opts.verbose_name_plural).capitalize(),
            "listed": LISTED,
            "listed_words": LISTED_WORDS,
            "exported": EXPORTED,
            "exports": self._exports(request),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of one row. Only GET and HEAD are understood (405)."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in READING:
            return HttpResponseNotAllowed(READING)
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404(f"There is no {self.opts.verbose_name} {visible_line(object_id)}.")
        return TemplateResponse(request, self._templates(), self._context(request, row))

    def get_urls(self) -> list[URLPattern]:
        """The list as a file, then Django's own."""
        return [export_path(self), *super().get_urls()]

    def listed_rows(self, request: HttpRequest) -> QuerySet[Any]:
        """What the list shows under the filters of the address, all pages of it. Raises
        IncorrectLookupParameters for filters that are none.
        """
        if _asks_for_nul(request) or self._asks_for_no_day(request):
            raise IncorrectLookupParameters
        rows: QuerySet[Any] = self.get_changelist_instance(request).queryset
        return rows

    def history_view(
        self,
        request: HttpRequest,
        object_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Django's own log knows nothing of these rows: the audit trail is their history."""
        return self.change_view(request, object_id)

    def list_url(self) -> str:
        """The address of the list."""
        name = f"admin:ceremony_{self.opts.model_name}_changelist"
        return reverse(name, current_app=self.admin_site.name)

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page of ``row`` needs beyond the row itself, read with a fixed number of
        queries.
        """
        return {}

    def _context(self, request: HttpRequest, row: Model) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": visible_line(str(row)),
            "opts": self.opts,
            "media": self.media,
            "changelist": self.list_url(),
            "row": row,
            **self.page_context(request, row),
        }

    def _lookups(self) -> Iterator[str]:
        """What filters, dates above the list, and links of ours put into its address."""
        yield from self.linked
        for one in self.list_filter:
            if isinstance(one, str):
                yield from (one, f"{one}__exact", f"{one}__isnull")
            elif isinstance(one, type) and issubclass(one, admin.SimpleListFilter):
                yield str(one.parameter_name)
        if self.date_hierarchy:
            yield from (f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day"))

    def _exports(self, request: HttpRequest) -> list[tuple[str, str]]:
        """The addresses of the files, with the filters of this list."""
        asked = request.GET.copy()
        for name in (PAGE_VAR, ERROR_FLAG):
            asked.pop(name, None)
        query = f"?{asked.urlencode()}" if asked else ""
        name = f"admin:ceremony_{self.opts.model_name}_export"
        site = self.admin_site.name
        return [
            (form.upper(), reverse(name, args=[form], current_app=site) + query) for form in KINDS
        ]

    def _asks_for_no_day(self, request: HttpRequest) -> bool:
        """Whether the address asks for a day that is in no calendar."""
        try:
            asked_day(str(self.date_hierarchy), request.GET)
        except ValueError:
            return True
        return False

    def _templates(self) -> list[str]:
        return [f"admin/ceremony/{self.opts.model_name}/change_form.html"]


def _asks_for_nul(request: HttpRequest) -> bool:
    """Whether a filter is asked for a character that no text in PostgreSQL has. The search says so
    itself.
    """
    return any("\0" in value for name, value in request.GET.items() if name != SEARCH_VAR)
