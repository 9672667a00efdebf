"""The plan of a series on a target: every migration with its lanes, on a page below the target."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from ceremony.admin.pictures.lanes import lanes_of
from ceremony.admin.read_only import READING
from ceremony.models import Target
from ceremony.templatetags.ceremony_pages import visible_line

TEMPLATE = "admin/ceremony/target/plan.html"


def plan_path(model_admin: Any) -> URLPattern:
    """The address of the page, behind the login."""

    def page(request: HttpRequest, number: int, series: str) -> HttpResponse:
        """Needs the right to view targets and migration records. Only GET and HEAD (405)."""
        seen = request.user.has_perm("ceremony.view_migrationrecord")
        if not (seen and model_admin.has_view_permission(request)):
            raise PermissionDenied
        if request.method not in READING:
            return HttpResponseNotAllowed(READING)
        target = model_admin.get_object(request, str(number)) if "\0" not in series else None
        if target is None:
            raise Http404(_("There is no target %(number)s.") % {"number": number})
        return TemplateResponse(request, TEMPLATE, _context(model_admin, request, target, series))

    guarded = model_admin.admin_site.admin_view(page)
    route = "<int:number>/plan/<path:series>/"
    found: URLPattern = path(route, guarded, name="ceremony_target_plan")
    return found


def _context(model_admin: Any, request: HttpRequest, row: Target, series: str) -> dict[str, Any]:
    title = _("Plan of %(series)s on %(target)s") % {"series": series, "target": row.alias}
    lanes = lanes_of(row, series, whole=True)
    if not lanes.rows:
        raise Http404(_("Neither files nor records of this series are known here."))
    return {
        **model_admin.admin_site.each_context(request),
        "title": visible_line(title),
        "opts": model_admin.opts,
        "media": model_admin.media,
        "changelist": model_admin.list_url(),
        "row": row,
        "lanes": lanes,
    }
