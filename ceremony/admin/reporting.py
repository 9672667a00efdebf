"""The report of a ceremony as a page or a file: looked at, not kept. ``report_sql`` keeps it."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.templatetags.static import static

from ceremony.actions.report import MadeReport, look_at
from ceremony.actions.report_page import report_page
from ceremony.admin.read_only import READING, ReadOnlyAdmin
from ceremony.core.chain import canonical
from ceremony.core.execution.markdown import markdown
from ceremony.errors import CeremonyError

PLAIN = "text/plain; charset=utf-8"
CONFLICT = 409


def report_response(admin: ReadOnlyAdmin, request: HttpRequest, number: int) -> HttpResponse:
    """The report for those who may see the ceremony, as a page; ``?form=markdown`` or ``json`` as a
    file. What stands against making it, as plain text.
    """
    if not admin.has_view_permission(request):
        raise PermissionDenied
    if request.method not in READING:
        return HttpResponseNotAllowed(READING)
    form = request.GET.get("form", "html")
    if form not in {"html", "markdown", "json"}:
        raise Http404("Reports have no such form.")
    if admin.get_object(request, str(number)) is None:
        raise Http404("There is no such ceremony.")
    try:
        report = look_at(number)
    except CeremonyError as error:
        return HttpResponse(str(error), content_type=PLAIN, status=CONFLICT)
    if form == "html":
        return HttpResponse(report_page(report, static("ceremony/report.css")))
    return _file(report, number, form)


def _file(report: MadeReport, number: int, form: str) -> HttpResponse:
    """The canonical document, whose SHA-256 is the digest of the report; or the same to be read."""
    if form == "json":
        data, kind, ending = canonical(report.document), "application/json", "json"
    else:
        text = f"{markdown(report.reading)}\n---\n\nDigest: `{report.digest}`\n"
        data, kind, ending = text.encode(), "text/markdown; charset=utf-8", "md"
    return HttpResponse(
        data,
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="ceremony-{number}.{ending}"',
            "X-Content-Type-Options": "nosniff",
        },
    )
