"""Halting a target, and the stations of its halt: assess, decide, document.

The pages do what ``halt_sql`` and ``resume_sql`` do; whoever comes here is logged in.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ceremony.actions.actor import current_actor
from ceremony.actions.halt import HaltRequest, halt
from ceremony.actions.halt_report import halt_report, steps_of
from ceremony.actions.halts import open_halt_of
from ceremony.actions.people import HALT
from ceremony.actions.ready import Caller
from ceremony.actions.resume import ResumeRequest, resume
from ceremony.actions.seen import page_stale
from ceremony.actions.watching import Unwatched
from ceremony.admin.act_view import About, ActView, Sent, person
from ceremony.admin.forms import FOR_EVER, ActForm, Offer, Words
from ceremony.admin.stations import links_of, stations_of
from ceremony.core.halting import Course, HaltReport, Station
from ceremony.models import HaltStep, Target
from ceremony.templatetags.ceremony_pages import visible_line

COMMAND = "admin"
"""Where a run's record has the command line."""

NONE = "none"
"""What a form carries where the target is under no halt."""

LOCK_SECONDS = 2
"""How long a page waits for the target's lock."""


class StationForm(ActForm):
    """A station of a halt: what a person says there."""

    text = Words(label=_("In words"), help_text=FOR_EVER)


class LedgerForm(StationForm):
    """A station that the target is told of: where the halt begins, and where it ends."""

    text = Words(
        label=_("In words"), help_text=_("Kept for ever, in the ledger of the target too.")
    )


class DecideForm(StationForm):
    """A decision, and why."""

    course = forms.ChoiceField(widget=forms.RadioSelect, label=_("The decision"))
    field_order = ("course", "text")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["course"].choices = [  # type: ignore[attr-defined]
            (
                Course.ROLL_BACK.value,
                Offer(gettext("Roll back"), gettext("the way that was approved")),
            ),
            (
                Course.FIX_FORWARD.value,
                Offer(gettext("Fix forward"), gettext("a new round, approved anew")),
            ),
            (
                Course.ACCEPT.value,
                Offer(gettext("Accept it as it is"), gettext("people sign for that")),
            ),
        ]


@dataclass(frozen=True)
class Standing:
    """The halt that a target is under, with the stations that were taken; ``None`` for none."""

    report: HaltReport | None
    steps: tuple[HaltStep, ...] = ()


class TargetAct(ActView):
    """One act about the halt of one target. ``station`` is the one that is taken."""

    template = "admin/ceremony/target/halt.html"
    rights = (HALT,)
    station: Station = Station.STOP
    form_class: type[ActForm] = StationForm
    _standing: Standing | None = None

    def found(self, number: int) -> Target:
        """The target (404 where there is none)."""
        self._standing = None
        row = Target.objects.filter(pk=number).first()
        if row is None:
            raise Http404(f"There is no target {number}.")
        return row

    def page_of(self, row: Target) -> str:
        """The page of its halt: where it stands, and what is next."""
        site = self.model_admin.admin_site.name
        return reverse("admin:ceremony_target_halt", args=[row.pk], current_app=site)

    def carried(self, row: Target, about: About) -> dict[str, Any]:
        """The halt that the page is about."""
        report = self.standing(row).report
        return {"fingerprint": str(report.halt) if report else NONE, "round": 0}

    def form(self, request: HttpRequest, row: Target, about: About, sent: Sent) -> ActForm:
        """What is said at the station."""
        return self.form_class(**sent)

    def closed(self, request: HttpRequest, row: Target, about: About) -> str:
        """Whether the station can be taken now."""
        report = self.standing(row).report
        if report is None:
            return gettext("The target is under no halt.")
        if report.state.allows(self.station):
            return ""
        following = report.state.next
        if following is None:
            return gettext("No station is left.")
        return gettext("The next station is %(station)s.") % {"station": following.value}

    def extra(self, request: HttpRequest, row: Target, about: About) -> dict[str, Any]:
        """Where the halt stands."""
        found = self.standing(row)
        return {
            "report": found.report,
            "halts": found.steps,
            "stations": stations_of(row, found.report, self.station),
            "links": links_of(found.report),
        }

    def standing(self, row: Target) -> Standing:
        """Where the halt of the target stands, read once."""
        if self._standing is None:
            self._standing = _standing_of(row)
        return self._standing

    def named(self, row: Target) -> str:
        """Its alias."""
        return row.alias

    def caller(self, request: HttpRequest) -> Caller:
        """Who asks."""
        name = person(request).get_username()
        return Caller(current_actor(name), COMMAND, wait_seconds=LOCK_SECONDS, account=name)


class HaltView(TargetAct):
    """Stopping the world on a target. No other act on it makes that stale."""

    form_class = LedgerForm
    title = _("Halt")
    button = _("Halt the target now")
    consequence = _(
        "What runs there is cancelled and undone, and nothing more starts until the halt is lifted."
    )

    def refuse_old(self, row: Target, sent: Mapping[str, str]) -> None:
        """A halt that stands is not raised again; nothing else is in the way of one."""
        if open_halt_of(row) is not None:
            raise page_stale(row)

    def bound(self, row: Target, seen: str) -> AbstractContextManager[None]:
        """The ledger of the target hears of a halt first: what it says is never left half told."""
        return nullcontext()

    def closed(self, request: HttpRequest, row: Target, about: About) -> str:
        """A target is halted once."""
        return gettext("The target is halted.") if self.standing(row).report else ""

    def act(self, request: HttpRequest, row: Target, form: Any, about: About) -> str:
        """Halt it. What is not as it should be is a warning of its own."""
        found = halt(HaltRequest(row.alias, form.cleaned_data["text"], self.caller(request)))
        for sentence in found.stopped.unsettled() if found.stopped else ():
            messages.warning(request, visible_line(sentence))
        return gettext("%(target)s is halted.") % {"target": visible_line(found.alias)}


class AssessView(TargetAct):
    """What was found."""

    title = _("Assess the halt")
    button = _("Record what was found")
    consequence = _("Nothing is decided by it.")
    station = Station.ASSESS

    def act(self, request: HttpRequest, row: Target, form: Any, about: About) -> str:
        """Record it."""
        self._resume(request, row, form, assess=form.cleaned_data["text"])
        return gettext("Recorded: what was found.")

    def _resume(self, request: HttpRequest, row: Target, form: Any, **said: Any) -> HaltReport:
        """Take a station of exactly the halt that the page showed."""
        found = open_halt_of(row)
        if found is None or found.id != _halt_of(form):
            raise page_stale(row)
        return resume(
            ResumeRequest(row.alias, self.caller(request), account=person(request), **said),
            Unwatched(),
        )


class DecideView(AssessView):
    """Roll back, fix forward, or accept."""

    title = _("Decide about the halt")
    button = _("Record the decision")
    consequence = _("Who goes on needs approvals anew; the approved way back needs none.")
    station = Station.DECIDE
    form_class = DecideForm

    def act(self, request: HttpRequest, row: Target, form: Any, about: About) -> str:
        """Record it."""
        course = Course(form.cleaned_data["course"])
        self._resume(request, row, form, course=course, reason=form.cleaned_data["text"])
        return gettext("Recorded: %(course)s.") % {"course": course.value}


class ExecuteView(AssessView):
    """How what was decided is carried out; and whether it has been, which the ledger says."""

    title = _("Carry out the decision")
    button = _("See whether it was carried out")
    consequence = _("This runs nothing: the ledger of the target is read.")
    station = Station.EXECUTE
    form_class = ActForm

    def act(self, request: HttpRequest, row: Target, form: Any, about: About) -> str:
        """Look, and record what is found."""
        report = self._resume(request, row, form)
        if report.state.next is Station.EXECUTE:
            return gettext("It was not carried out yet.")
        following = report.state.next
        return gettext("It was carried out. The next station is %(station)s.") % {
            "station": following.value if following else "–"
        }


class DocumentView(AssessView):
    """What is to be remembered; it lifts the halt."""

    title = _("Document the halt")
    button = _("Document it and lift the halt")
    consequence = _("The halt is lifted with it.")
    station = Station.DOCUMENT
    form_class = LedgerForm

    def act(self, request: HttpRequest, row: Target, form: Any, about: About) -> str:
        """Record it, and lift the halt."""
        report = self._resume(request, row, form, document=form.cleaned_data["text"])
        if report.lifted:
            return gettext("The halt is lifted.")
        return gettext("Recorded: what is to be remembered.")


VIEWS: dict[str, type[TargetAct]] = {
    "halt": HaltView,
    Station.ASSESS.value: AssessView,
    Station.DECIDE.value: DecideView,
    Station.EXECUTE.value: ExecuteView,
    Station.DOCUMENT.value: DocumentView,
}
"""The pages below a target, by the name of their address."""


def _standing_of(row: Target) -> Standing:
    found = open_halt_of(row)
    if found is None:
        return Standing(None)
    steps = steps_of(found)
    return Standing(halt_report(found, steps=steps), steps)


def _halt_of(form: Any) -> UUID | None:
    try:
        return UUID(form.cleaned_data["fingerprint"])
    except ValueError:
        return None
