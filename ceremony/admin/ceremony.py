"""Ceremonies: the list, the page of one, and the addresses of every act on it."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path
from django.utils import timezone

from ceremony.actions.ceremonies import expire_due
from ceremony.actions.manifest import frozen
from ceremony.actions.rounds import manifest_of
from ceremony.admin.act_view import act_path, person
from ceremony.admin.answering import AnswerView, WaiveView
from ceremony.admin.ceremony_list import CeremonyList
from ceremony.admin.ceremony_live import every, seen_word, state_response, what_goes_on
from ceremony.admin.ceremony_page import page_of
from ceremony.admin.frozen_files import files_of
from ceremony.admin.read_only import READING
from ceremony.admin.remarking import RemarkView
from ceremony.admin.reporting import CONFLICT, PLAIN, report_response
from ceremony.admin.requesting import AgainView, CancelView, RequestView
from ceremony.admin.running import start_paths
from ceremony.admin.signing import SignView
from ceremony.admin.withdrawing import WithdrawView
from ceremony.errors import CeremonyError
from ceremony.models import Ceremony, JudgedItem, Purpose
from ceremony.templatetags.ceremony_pages import short_digest, visible_line


@admin.register(Ceremony)
class CeremonyAdmin(CeremonyList):
    """One row per ceremony, and a page for each."""

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page; what is over expires first."""
        if self.has_view_permission(request):
            expire_due(timezone.now())
        return super().change_view(request, object_id, form_url, extra_context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Ceremony]:
        """Every ceremony with its target."""
        rows: QuerySet[Ceremony] = super().get_queryset(request)
        return rows.select_related("target")

    def page_context(self, request: HttpRequest, row: Ceremony) -> dict[str, Any]:
        """Everything about it."""
        told, seen = visible_line(f"{row} {row.title}"), seen_word(row)
        shown = page_of(row, person(request))
        live = what_goes_on(row)
        return {"title": told, "seen": seen, "every": every(row), "live": live, **shown}

    def get_urls(self) -> list[URLPattern]:
        """The pages of acts, then Django's own."""
        act = partial(act_path, self)
        purposes = {
            "sign": Purpose.APPROVAL,
            "accept": Purpose.ACCEPTANCE,
            "decision": Purpose.DECISION,
            "review": Purpose.REVIEW,
        }
        return [
            act("request/", "request", RequestView),
            *(
                act(f"<int:number>/{name}/", name, SignView, purpose=purpose)
                for name, purpose in purposes.items()
            ),
            act("<int:number>/withdraw/<str:purpose>/", "withdraw", WithdrawView),
            act("<int:number>/again/", "again", AgainView),
            act("<int:number>/cancel/", "cancel", CancelView),
            act("<int:number>/items/<int:item>/answer/", "answer", AnswerView),
            act("<int:number>/items/<int:item>/waive/", "waive", WaiveView),
            act("<int:number>/remark/", "remark", RemarkView),
            *start_paths(self),
            path(
                "<int:number>/state.json",
                self.admin_site.admin_view(partial(state_response, self)),
                name="ceremony_ceremony_state",
            ),
            path(
                "<int:number>/report/",
                self.admin_site.admin_view(partial(report_response, self)),
                name="ceremony_ceremony_report",
            ),
            path(
                "<int:number>/files/<str:digest>/",
                self.admin_site.admin_view(self.file_view),
                name="ceremony_ceremony_file",
            ),
            *super().get_urls(),
        ]

    def file_view(self, request: HttpRequest, number: int, digest: str) -> HttpResponse:
        """The kept bytes of a file of the ceremony, or of one that is attached to an answer, to be
        saved: hashed again, never shown as a page.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in READING:
            return HttpResponseNotAllowed(READING)
        row = self.get_object(request, str(number))
        try:
            ending = _ending(row, digest) if row is not None else None
            data = frozen(digest) if ending is not None else None
        except CeremonyError as error:
            return HttpResponse(str(error), content_type=PLAIN, status=CONFLICT)
        if data is None:
            raise Http404("The ceremony has no such file.")
        return HttpResponse(
            data,
            content_type="application/octet-stream",
            headers={
                "Content-Disposition": f'attachment; filename="{short_digest(digest)}{ending}"',
                "X-Content-Type-Options": "nosniff",
            },
        )


def _ending(row: Ceremony, digest: str) -> str | None:
    """How the name of a saved file ends: what is attached to an answer may be anything, and has no
    ending. ``None`` for what is no file of the ceremony.
    """
    if JudgedItem.objects.filter(manifest__ceremony=row, blob=digest).exists():
        return ""
    # All rounds are read: where one was damaged, no file of the ceremony is handed out.
    manifests = [manifest_of(stored) for stored in row.manifests.all()]
    frozen_ones = (file.digest for manifest in manifests for file in files_of(manifest))
    return ".sql" if digest in frozen_ones else None
