"""Starting from the page: a run, the approved way back, a verification that was cut off; and what
became of it.

What starts is a process of its own, which outlives this server: the page only looks on.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ceremony import conf
from ceremony.actions.people import RUN
from ceremony.actions.start_process import launch
from ceremony.actions.start_refusals import needs_environment
from ceremony.actions.start_run import StartRequest, not_started, order_start
from ceremony.actions.starts import starting_of
from ceremony.admin.act_view import About, Sent, act_path, person
from ceremony.admin.ceremony_act import CeremonyAct
from ceremony.admin.start_form import StartAsks, StartForm
from ceremony.admin.start_page import StartPage, closed_now, page_of_start, shown_of
from ceremony.admin.start_state import start_every, start_response, start_word
from ceremony.core.starting import Deed
from ceremony.core.states import State
from ceremony.errors import Refused
from ceremony.models import Ceremony
from ceremony.templatetags.ceremony_pages import visible_line

_FOUND = 302

_HEADINGS: Mapping[Deed, str | Promise] = {
    Deed.RUN: _("Run %(about)s"),
    Deed.WAY_BACK: _("Take %(about)s back"),
    Deed.VERIFY: _("Verify %(about)s again"),
}
_BUTTONS: Mapping[Deed, str | Promise] = {
    Deed.RUN: _("Run it now"),
    Deed.WAY_BACK: _("Take it back now"),
    Deed.VERIFY: _("Verify it now"),
}
_CONSEQUENCES: Mapping[Deed, str | Promise] = {
    Deed.RUN: _("This changes the database."),
    Deed.WAY_BACK: _("This changes the database: what the ceremony brought in is taken back."),
    Deed.VERIFY: _("The database is only read. The ceremony moves on."),
}


class StartView(CeremonyAct):
    """One of the deeds on one ceremony. Where settings say so the page only shows what to type."""

    template = "admin/ceremony/ceremony/run.html"
    rights = (RUN,)
    deed: Deed = Deed.RUN
    _page: StartPage | None = None

    @property
    def button(self) -> Any:  # type: ignore[override]
        """What is done."""
        return _BUTTONS[self.deed]

    @property
    def consequence(self) -> Any:  # type: ignore[override]
        """What comes of it."""
        return _CONSEQUENCES[self.deed]

    def heading(self, row: Ceremony) -> str:
        """Which ceremony."""
        return str(_HEADINGS[self.deed]) % {"about": visible_line(self.named(row))}

    def found(self, number: int) -> Ceremony:
        """As it is now; what was read of it before is read anew."""
        self._page = None
        return super().found(number)

    def post(self, request: HttpRequest, number: int, **about: Any) -> HttpResponse:
        """Start it, and stay on this page, which follows it. Sent twice, it is started once, and
        nobody is told off.
        """
        if self._is_repeated(request, self.found(number)):
            messages.info(request, gettext("It was started already, and once."))
            return HttpResponseRedirect(request.path)
        answer = super().post(request, number, **about)
        return HttpResponseRedirect(request.path) if answer.status_code == _FOUND else answer

    def closed(self, request: HttpRequest, ceremony: Ceremony, about: About) -> str:
        """What stands against it, or that it has to be typed."""
        if ceremony.state == State.DRAFT:
            return gettext("It was begun, and asks nobody for anything yet.")
        told = closed_now(self._read(request, ceremony))
        if not told and not conf.load().starts.starts:
            return gettext("Runs are not started from pages here. Type the command.")
        return told

    def form(self, request: HttpRequest, ceremony: Ceremony, about: About, sent: Sent) -> StartForm:
        """What is asked for: by risk, by policy, by loss."""
        if ceremony.state == State.DRAFT:
            return StartForm(asks=StartAsks(), **sent)
        page = self._read(request, ceremony)
        asks = StartAsks(
            ceremony.environment if needs_environment(ceremony, self.deed) else "",
            page.dossier.policy.reauthenticate,
            bool(page.losses),
        )
        return StartForm(asks=asks, **sent)

    def act(self, request: HttpRequest, ceremony: Ceremony, form: Any, about: About) -> str:
        """Record who pressed, then start the process."""
        given, user = form.cleaned_data, person(request)
        ordered = order_start(
            StartRequest(
                ceremony.pk,
                self.deed,
                given["fingerprint"],
                given.get("environment", ""),
                given.get("password") or None,
                given.get("why_lost", ""),
                given.get("backup", ""),
            ),
            user,
        )
        try:
            launch(ordered.row, ordered.words, ordered.token)
        except Refused as error:
            not_started(ordered.row, error.happened)
            raise
        return gettext("Started, as %(name)s. It goes on without this page.") % {
            "name": user.get_username()
        }

    def extra(self, request: HttpRequest, ceremony: Ceremony, about: About) -> dict[str, Any]:
        """What it is about to do, and what became of the last one."""
        if ceremony.state == State.DRAFT:
            return {}
        page = self._read(request, ceremony)
        return {
            **shown_of(page),
            "followed": start_word(ceremony, page.starting),
            "every": start_every(ceremony, page.starting),
        }

    def _read(self, request: HttpRequest, ceremony: Ceremony) -> StartPage:
        if self._page is None:
            self._page = page_of_start(ceremony, self.deed, person(request))
        return self._page

    def _is_repeated(self, request: HttpRequest, ceremony: Ceremony) -> bool:
        """Whether the same person has started the same, and it is under way."""
        found = starting_of(ceremony)
        if found is None or found.over:
            return False
        same = (found.row.user_id, found.row.deed) == (request.user.pk, self.deed.value)
        return same and found.row.manifest.fingerprint == request.POST.get("fingerprint")


def start_paths(model_admin: Any) -> list[URLPattern]:
    """The pages below a ceremony from which something is started."""
    act = partial(act_path, model_admin)
    return [
        act("<int:number>/run/", "run", StartView, deed=Deed.RUN),
        act("<int:number>/way-back/", "way_back", StartView, deed=Deed.WAY_BACK),
        act("<int:number>/verify-again/", "verify_again", StartView, deed=Deed.VERIFY),
        path(
            "<int:number>/run/state.json",
            model_admin.admin_site.admin_view(partial(start_response, model_admin)),
            name="ceremony_ceremony_started",
        ),
    ]
