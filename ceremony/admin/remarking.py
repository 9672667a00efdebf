"""Writing down an issue met, a lesson learned, a recommendation."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ceremony.actions.remarks import remark
from ceremony.admin.act_view import About, Sent, person
from ceremony.admin.ceremony_act import CeremonyAct
from ceremony.admin.doors import SPEAKERS
from ceremony.admin.forms import ActForm, RemarkForm
from ceremony.models import Ceremony, RemarkKind


class RemarkView(CeremonyAct):
    """A remark, in whatever state the ceremony is."""

    rights = SPEAKERS
    title = _("Write a remark")
    button = _("Write it down")
    consequence = _("It stands in the report, with your name; it cannot be edited.")

    def form(self, request: HttpRequest, ceremony: Ceremony, about: About, sent: Sent) -> ActForm:
        """What it is, and the words."""
        return RemarkForm(**sent)

    def act(self, request: HttpRequest, ceremony: Ceremony, form: Any, about: About) -> str:
        """Record it."""
        user = person(request)
        kind = RemarkKind(form.cleaned_data["kind"])
        remark(ceremony.pk, kind, form.cleaned_data["text"], by=user.get_username(), user=user)
        return gettext("Recorded: %(kind)s.") % {"kind": kind.label}
