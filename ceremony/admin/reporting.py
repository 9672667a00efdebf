"""The report of a ceremony as a page: looked at, and not kept. ``report_sql`` keeps it."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.templatetags.static import static

from ceremony.actions.report import look_at
from ceremony.actions.report_page import report_page
from ceremony.admin.read_only import READING, ReadOnlyAdmin
from ceremony.errors import CeremonyError

PLAIN = "text/plain; charset=utf-8"
CONFLICT = 409


def report_response(admin: ReadOnlyAdmin, request: HttpRequest, number: int) -> HttpResponse:
    """The page for those who may see the ceremony; what stands against making it, as plain text."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    if request.method not in READING:
        return HttpResponseNotAllowed(READING)
    if admin.get_object(request, str(number)) is None:
        raise Http404("There is no such ceremony.")
    try:
        report = look_at(number)
    except CeremonyError as error:
        return HttpResponse(str(error), content_type=PLAIN, status=CONFLICT)
    return HttpResponse(report_page(report, static("ceremony/report.css")))
