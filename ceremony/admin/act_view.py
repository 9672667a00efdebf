"""The page of an act: what it is about, what stands against it, one form, and one button.

GET shows, POST acts; nothing else is understood. Rights are asked of permissions and groups, so
that being a superuser is no right. A refusal is shown above the form, which keeps what was typed.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from copy import copy
from typing import Any, ClassVar, cast

from django.contrib import messages
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from ceremony.actions.people import Member, member_of
from ceremony.actions.seen import as_seen, refuse_old, seen_now
from ceremony.admin.body_limit import bounded
from ceremony.admin.forms import ActForm
from ceremony.admin.refusal_words import said_to
from ceremony.errors import CeremonyError
from ceremony.templatetags.ceremony_pages import visible_line

About = dict[str, Any]
"""What an address names beside the row: the purpose of a sign-off, the number of an item."""

Sent = Mapping[str, Any]
"""What was sent, as the arguments that bind a form; empty for none."""


def person(request: HttpRequest) -> AbstractUser:
    """Who is logged in, as the account was read for this request, and no wrapper around it;
    ``admin_view`` lets nobody else come here.
    """
    return cast("AbstractUser", copy(request.user) if request.user.pk else request.user)


@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
class ActView(View):
    """One act on one row. ``rights``: any of them is enough, and the right to view.

    ``model_admin`` is the admin of the row's model, which lends its site, media and texts.
    """

    http_method_names = ["get", "head", "post"]
    template = "admin/ceremony/act.html"
    rights: ClassVar[tuple[str, ...]] = ()
    title: ClassVar[str | Promise] = ""
    button: ClassVar[str | Promise] = ""
    consequence: ClassVar[str | Promise] = ""
    model_admin: Any = None
    _member: Member | None = None
    _seen = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Refuse (403) whoever has no right, before anything is read."""
        if not self.model_admin.has_view_permission(request) or not self.may(request):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def may(self, request: HttpRequest) -> bool:
        """Whether the person has one of the rights, of his or her own or by a group."""
        return any(self.member(request).may(right) for right in self.rights)

    def member(self, request: HttpRequest) -> Member:
        """The person with rights and groups as they are now, asked once."""
        if self._member is None:
            self._member = member_of(person(request))
        return self._member

    def get(self, request: HttpRequest, number: int, **about: Any) -> HttpResponse:
        """The form, or why there is none now."""
        return self.shown(request, self.look(number), about, None)

    def post(self, request: HttpRequest, number: int, **about: Any) -> HttpResponse:
        """Act once, then go to the row's page; or the form again with what stands against it."""
        row = self.look(number)
        try:
            form = self.form(request, row, about, {"data": request.POST, "files": request.FILES})
            self.refuse_old(row, request.POST)
            if not form.is_valid():
                return self.shown(request, row, about, form)
            with self.bound(row, form.cleaned_data["seen"]):
                told = self.act(request, row, form, about)
        except CeremonyError as error:
            return self.refused(request, number, about, error)
        messages.success(request, visible_line(told))
        return HttpResponseRedirect(self.page_of(row))

    def look(self, number: int) -> Any:
        """The row as it is now, with what is recorded by now. That is noted before anything is read
        for the page: what comes between is not on it, and makes it old.
        """
        row = self.found(number)
        self._seen = seen_now(row)
        return row

    def found(self, number: int) -> Any:
        """The row as it is now (404 where there is none)."""
        raise NotImplementedError

    def page_of(self, row: Any) -> str:
        """The address of the row's own page."""
        raise NotImplementedError

    def refuse_old(self, row: Any, sent: Mapping[str, str]) -> None:
        """Raises Refused (page-stale) where more is recorded by now. Asked before the form: what
        it offered may not be on offer any more. It is asked again under the lock, where the act
        begins. A form that carries nothing is judged as such.
        """
        if "seen" in sent:
            refuse_old(row, sent["seen"])

    def bound(self, row: Any, seen: str) -> AbstractContextManager[None]:
        """Inside, the act is refused (page-stale) where more is recorded than was ``seen``."""
        return as_seen(row, seen)

    def carried(self, row: Any, about: About) -> dict[str, Any]:
        """What else the form carries: fingerprint and round."""
        raise NotImplementedError

    def form(self, request: HttpRequest, row: Any, about: About, sent: Sent) -> ActForm:
        """The form for this row, with what was ``sent``. Raises CeremonyError for damage."""
        raise NotImplementedError

    def act(self, request: HttpRequest, row: Any, form: Any, about: About) -> str:
        """Do it, by the action that owns it; one sentence that says what was recorded.

        Raises CeremonyError where it is refused.
        """
        raise NotImplementedError

    def closed(self, request: HttpRequest, row: Any, about: About) -> str:
        """Why there is nothing to do here now, in one sentence; ``""`` where there is."""
        return ""

    def extra(self, request: HttpRequest, row: Any, about: About) -> dict[str, Any]:
        """What the page shows beside the row."""
        return {}

    def refused(
        self, request: HttpRequest, number: int, about: About, error: CeremonyError
    ) -> HttpResponse:
        """The page as it is now, with the refusal and what was typed."""
        row = self.look(number)
        try:
            kept = self.kept(request, row)
            form = self.form(request, row, about, {"data": kept, "files": request.FILES})
            form.is_valid()
        except CeremonyError:
            return self.shown(request, row, about, None, error)
        form.place(error)
        return self.shown(request, row, about, form, error)

    def kept(self, request: HttpRequest, row: Any) -> QueryDict:
        """What of a refused form stands in the next one."""
        return request.POST

    def says(self, request: HttpRequest, row: Any, error: CeremonyError) -> str:
        """What the page says to the person in front of a refusal; ``""`` for nothing more."""
        return said_to(error, row)

    def heading(self, row: Any) -> str:
        """The title of the page."""
        return f"{self.title}: {visible_line(self.named(row))}"

    def named(self, row: Any) -> str:
        """The row as titles name it."""
        return str(row)

    def shown(
        self,
        request: HttpRequest,
        row: Any,
        about: About,
        form: ActForm | None,
        error: CeremonyError | None = None,
    ) -> HttpResponse:
        """The page with the form; what it carries is always what this page shows."""
        try:
            told = self._told(request, row, about, form)
        except CeremonyError as damaged:
            told, error = {"form": None}, error or damaged
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "media": self.model_admin.media,
            "changelist": self.model_admin.list_url(),
            "title": self.heading(row),
            "row": row,
            "page": self.page_of(row),
            "error": error,
            "says": self.says(request, row, error) if error else "",
            "button": self.button,
            "consequence": self.consequence,
            **told,
        }
        return TemplateResponse(request, self.template, context)

    def _told(
        self, request: HttpRequest, row: Any, about: About, form: ActForm | None
    ) -> dict[str, Any]:
        """The form, what it carries, and what the page shows beside it."""
        extra = self.extra(request, row, about)
        if closed := self.closed(request, row, about):
            typed = form.typed() if form is not None else ()
            return {"form": None, "closed": closed, "typed": typed, **extra}
        form = form or self.form(request, row, about, {})
        if form.is_bound:
            form.focus_first_error()
        return {"form": form, "held": {**self.carried(row, about), "seen": self._seen}, **extra}


def act_path(
    model_admin: Any, route: str, name: str, view: type[View], **options: Any
) -> URLPattern:
    """The address of an act, behind the login. An act commits on its own: no transaction is put
    around it, even where ``ATOMIC_REQUESTS`` would.
    """
    page = view.as_view(model_admin=model_admin, **options)
    guarded = transaction.non_atomic_requests(bounded(model_admin.admin_site.admin_view(page)))
    name = f"ceremony_{model_admin.opts.model_name}_{name}"
    found: URLPattern = path(route, guarded, name=name)
    return found
