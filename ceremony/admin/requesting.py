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
from django.views.decorators.cache import never_cache
from django.views.generic import View

from ceremony import conf
from ceremony.actions.actor import current_actor
from ceremony.actions.people import REQUEST, may
from ceremony.actions.planned import PlanAsked
from ceremony.actions.ready import Caller
from ceremony.actions.request import LONGEST_TITLE, CancelRequest, CeremonyRequest, cancel, request
from ceremony.actions.watching import Unwatched
from ceremony.admin.act_view import About, Sent, person
from ceremony.admin.ceremony_act import CeremonyAct
from ceremony.admin.forms import ActForm, WhyForm, Words
from ceremony.core.plan import Direction
from ceremony.core.requesting import RequestReport
from ceremony.core.states import Act, State, after
from ceremony.errors import CeremonyError
from ceremony.models import Ceremony
from ceremony.sources.folder import series_names
from ceremony.templatetags.ceremony_pages import short_digest, visible_line

COMMAND = "admin"
"""Where a run's record has the command line."""


class RequestForm(forms.Form):
    """What shapes the plan, and what those who sign should know."""

    use_required_attribute = False
    error_css_class = "cer-wrong"

    series = forms.ChoiceField(label="Series")
    database = forms.ChoiceField(label="Database", required=False)
    direction = forms.ChoiceField(
        choices=[(one.value, one.value) for one in Direction],
        initial=Direction.APPLY.value,
        widget=forms.RadioSelect,
        label="Direction",
    )
    to = forms.CharField(required=False, max_length=100, label="Up to this version")
    variant = forms.CharField(
        required=False, max_length=100, label="Another way back", help_text="For a rollback alone."
    )
    include_late = forms.BooleanField(
        required=False, label="Take in migrations older than one already applied"
    )
    title = forms.CharField(
        required=False,
        max_length=LONGEST_TITLE,
        label="Title",
        widget=forms.TextInput(attrs={"size": 60}),
    )
    why = Words(required=False, label="What those who sign should know")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        names = [(name, visible_line(name)) for name in series_names(conf.load().root)]
        aliases = [(alias, visible_line(alias)) for alias in sorted(connections)]
        self.fields["series"].choices = names  # type: ignore[attr-defined]
        home = ("", "the series' own")
        self.fields["database"].choices = [home, *aliases]  # type: ignore[attr-defined]

    def focus_first_error(self) -> None:
        """As for every form of an act."""
        ActForm.focus_first_error(self)  # type: ignore[arg-type]


@method_decorator(never_cache, name="dispatch")
class RequestView(View):
    """A new ceremony. Sent twice, it is refused: one that asks for the same is open already."""

    http_method_names = ["get", "head", "post"]
    model_admin: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Refuse (403) whoever has no right, before anything is read."""
        allowed = self.model_admin.has_view_permission(request) and may(person(request), REQUEST)
        if not allowed:
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, asked: HttpRequest) -> HttpResponse:
        """The empty form."""
        return self._shown(asked, RequestForm())

    def post(self, asked: HttpRequest) -> HttpResponse:
        """Open the ceremony and go to its page; or the form again with what stands against it."""
        form = RequestForm(data=asked.POST)
        if not form.is_valid():
            return self._shown(asked, form)
        try:
            report = request(_wanted(form.cleaned_data, asked), Unwatched())
        except CeremonyError as error:
            return self._shown(asked, form, error)
        if not report.number:
            form.add_error(None, "There is nothing to request: everything is as it should be.")
            return self._shown(asked, form)
        messages.success(asked, _requested(report))
        site = self.model_admin.admin_site.name
        page = reverse("admin:ceremony_ceremony_change", args=[report.number], current_app=site)
        return HttpResponseRedirect(page)

    def _shown(
        self, asked: HttpRequest, form: RequestForm, error: CeremonyError | None = None
    ) -> HttpResponse:
        if form.is_bound:
            form.focus_first_error()
        context = {
            **self.model_admin.admin_site.each_context(asked),
            "opts": self.model_admin.opts,
            "media": self.model_admin.media,
            "changelist": self.model_admin.list_url(),
            "title": "Request a ceremony",
            "form": form,
            "error": error,
            "button": "Request",
            "consequence": "Nothing is changed in the target: it is read, under its lock, and the "
            "files are frozen.",
        }
        return TemplateResponse(asked, "admin/ceremony/act.html", context)


class AgainView(CeremonyAct):
    """A new round, for what changed since the last one."""

    rights = (REQUEST,)
    title = "Open a new round"
    button = "Open a new round"
    consequence = "Earlier signatures do not count for it."

    def closed(self, request: HttpRequest, ceremony: Ceremony, about: About) -> str:
        """Whether a round can be opened from its state."""
        state = State(ceremony.state)
        if state is not State.DRAFT and after(state, Act.REQUEST) is not None:
            return ""
        return f"It is {ceremony.state}: no round is opened now."

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
        return _requested(report) if report.number else "There is nothing to request any more."


class CancelView(CeremonyAct):
    """Calling a ceremony off before it runs."""

    rights = (REQUEST,)
    title = "Call it off"
    button = "Call it off"
    consequence = (
        "It ends here; where a halt of it still waits for a decision, this round alone ends. What "
        "was signed stays in the record."
    )

    def closed(self, request: HttpRequest, ceremony: Ceremony, about: About) -> str:
        """Whether its state leads there."""
        if after(State(ceremony.state), Act.CANCEL) is not None:
            return ""
        return f"It is {ceremony.state}: it cannot be called off any more."

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
        return f"Ceremony {ceremony.pk} was called off. It is {done.state} now."


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
    return (
        f"Ceremony {report.number}, round {report.round}, was requested: "
        f"{short_digest(report.fingerprint)}. It is {report.state.value} now."
    )
