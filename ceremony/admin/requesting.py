"""Asking for a change, for a new round of one, and calling one off."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import View

from ceremony import conf
from ceremony.actions.actor import current_actor
from ceremony.actions.library import series_on_disk
from ceremony.actions.people import REQUEST, member_of
from ceremony.actions.planned import PlanAsked
from ceremony.actions.ready import Caller
from ceremony.actions.request import LONGEST_TITLE, CancelRequest, CeremonyRequest, cancel, request
from ceremony.actions.watching import Unwatched
from ceremony.admin.act_view import About, Sent, person
from ceremony.admin.ceremony_act import CeremonyAct
from ceremony.admin.forms import ActForm, FormOfAct, Offer, WhyForm, Words
from ceremony.core.plan import Direction
from ceremony.core.requesting import RequestReport
from ceremony.core.states import Act, State, after
from ceremony.errors import CeremonyError
from ceremony.models import Ceremony
from ceremony.templatetags.ceremony_pages import short_digest, visible_line

COMMAND = "admin"
"""Where a run's record has the command line."""


class RequestForm(FormOfAct):
    """What shapes the plan, and what those who sign should know. Raises UsageError (root-missing,
    root-unreadable): a web server need not have the files.
    """

    series = forms.ChoiceField(label=_("Series"))
    database = forms.ChoiceField(label=_("Database"), required=False)
    direction = forms.ChoiceField(
        initial=Direction.APPLY.value, widget=forms.RadioSelect, label=_("Direction")
    )
    to = forms.CharField(
        required=False,
        max_length=100,
        label=_("Up to this version"),
        help_text=_("The last one to apply; on the way back, the one that stays."),
    )
    variant = forms.CharField(
        required=False,
        max_length=100,
        label=_("Another way back"),
        help_text=_("For a rollback alone."),
    )
    include_late = forms.BooleanField(
        required=False, label=_("Take in migrations older than one already applied")
    )
    title = forms.CharField(
        required=False,
        max_length=LONGEST_TITLE,
        label=_("Title"),
        widget=forms.TextInput(attrs={"size": 60}),
    )
    why = Words(required=False, label=_("What those who sign should know"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        names = [(name, visible_line(name)) for name in series_on_disk(conf.load().root)]
        aliases = [(alias, visible_line(alias)) for alias in sorted(connections)]
        home = ("", gettext("the series' own"))
        offers = {"series": names, "database": [home, *aliases], "direction": _directions()}
        for name, choices in offers.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean_variant(self) -> str:
        """The way back by its name, which nothing but a rollback takes."""
        given = str(self.cleaned_data["variant"])
        if given and self.cleaned_data.get("direction") == Direction.APPLY.value:
            raise forms.ValidationError(
                gettext("This applies what is pending: leave it empty, or choose to roll back.")
            )
        return given


def _directions() -> list[tuple[str, Offer]]:
    beside = {
        Direction.APPLY: gettext("what is pending"),
        Direction.ROLL_BACK: gettext("what was applied, newest first"),
    }
    return [(one.value, Offer(one.value, beside[one])) for one in Direction]


@method_decorator(never_cache, name="dispatch")
class RequestView(View):
    """A new ceremony. Sent twice, it is refused: one that asks for the same is open already."""

    http_method_names = ["get", "head", "post"]
    model_admin: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Refuse (403) whoever has no right, before anything is read."""
        allowed = self.model_admin.has_view_permission(request)
        if not allowed or not member_of(person(request)).may(REQUEST):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, asked: HttpRequest) -> HttpResponse:
        """The empty form, or why there is none."""
        try:
            return self._shown(asked, RequestForm())
        except CeremonyError as error:
            return self._shown(asked, None, error)

    def post(self, asked: HttpRequest) -> HttpResponse:
        """Open the ceremony and go to its page; or the form again with what stands against it."""
        form: RequestForm | None = None
        try:
            form = RequestForm(data=asked.POST)
            if not form.is_valid():
                return self._shown(asked, form)
            report = request(_wanted(form.cleaned_data, asked), Unwatched())
        except CeremonyError as error:
            return self._shown(asked, form, error)
        if not report.number:
            done = gettext("There is nothing to request: everything is as it should be.")
            form.add_error(None, done)
            return self._shown(asked, form)
        messages.success(asked, _requested(report))
        site = self.model_admin.admin_site.name
        page = reverse("admin:ceremony_ceremony_change", args=[report.number], current_app=site)
        return HttpResponseRedirect(page)

    def _shown(
        self, asked: HttpRequest, form: RequestForm | None, error: CeremonyError | None = None
    ) -> HttpResponse:
        if form is not None and form.is_bound:
            form.focus_first_error()
        context = {
            **self.model_admin.admin_site.each_context(asked),
            "opts": self.model_admin.opts,
            "media": self.model_admin.media,
            "changelist": self.model_admin.list_url(),
            "title": gettext("Request a ceremony"),
            "form": form,
            "error": error,
            "page": self.model_admin.list_url(),
            "button": gettext("Request sign-off"),
            "consequence": gettext(
                "Nothing is changed in the target: it is read, under its lock, and the files are "
                "frozen."
            ),
        }
        return TemplateResponse(asked, "admin/ceremony/act.html", context)


class AgainView(CeremonyAct):
    """A new round, for what changed since the last one."""

    rights = (REQUEST,)
    title = _("Open a new round")
    button = _("Open a new round")
    consequence = _("Earlier signatures do not count for it.")

    def closed(self, request: HttpRequest, ceremony: Ceremony, about: About) -> str:
        """Whether a round can be opened from its state."""
        state = State(ceremony.state)
        if state is not State.DRAFT and after(state, Act.REQUEST) is not None:
            return ""
        return gettext("It is %(state)s: no round is opened now.") % {"state": ceremony.state}

    def form(self, request: HttpRequest, ceremony: Ceremony, about: About, sent: Sent) -> ActForm:
        """What those who sign should know."""
        return WhyForm(**sent)

    def act(self, asked: HttpRequest, ceremony: Ceremony, form: Any, about: About) -> str:
        """Read the target, freeze the files, and ask anew."""
        report = request(
            CeremonyRequest(
                ceremony.series,
                _caller(asked),
                ceremony.target.alias,
                why=form.cleaned_data["why"],
                account=person(asked),
                again=ceremony.pk,
            ),
            Unwatched(),
        )
        if not report.number:
            return gettext("There is nothing to request any more.")
        return _requested(report)


class CancelView(CeremonyAct):
    """Calling a ceremony off before it runs."""

    rights = (REQUEST,)
    title = _("Call it off")
    button = _("Call it off")
    consequence = _(
        "It ends here; where a halt of it still waits for a decision, this round alone ends. What "
        "was signed stays in the record."
    )

    def closed(self, request: HttpRequest, ceremony: Ceremony, about: About) -> str:
        """Whether its state leads there."""
        if after(State(ceremony.state), Act.CANCEL) is not None:
            return ""
        return gettext("It is %(state)s: it cannot be called off any more.") % {
            "state": ceremony.state
        }

    def form(self, request: HttpRequest, ceremony: Ceremony, about: About, sent: Sent) -> ActForm:
        """Why."""
        return WhyForm(**sent)

    def act(self, request: HttpRequest, ceremony: Ceremony, form: Any, about: About) -> str:
        """Cancel it."""
        done = cancel(
            CancelRequest(
                ceremony.series,
                ceremony.pk,
                form.cleaned_data["why"],
                _caller(request),
                ceremony.target.alias,
                person(request),
            )
        )
        return gettext("Ceremony %(number)s was called off. It is %(state)s now.") % {
            "number": ceremony.pk,
            "state": done.state,
        }


def _caller(request: HttpRequest) -> Caller:
    """Who asks; a page does not wait for a lock."""
    name = person(request).get_username()
    return Caller(current_actor(name), COMMAND, wait_seconds=0, account=name)


def _wanted(given: dict[str, Any], request: HttpRequest) -> CeremonyRequest:
    return CeremonyRequest(
        given["series"],
        _caller(request),
        given["database"] or None,
        Direction(given["direction"]),
        PlanAsked(given["to"], given["variant"], given["include_late"]),
        given["title"],
        given["why"],
        person(request),
    )


def _requested(report: RequestReport) -> str:
    return gettext(
        "Ceremony %(number)s, round %(round)s, was requested: %(digest)s. It is %(state)s now."
    ) % {
        "number": report.number,
        "round": report.round,
        "digest": short_digest(report.fingerprint),
        "state": report.state.value,
    }
