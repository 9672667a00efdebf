"""Taking one's own signature back."""

from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ceremony.actions.rounds import newest_round, policy_of
from ceremony.actions.sign import sign
from ceremony.actions.sign_refusals import in_time
from ceremony.actions.signing import SignRequest
from ceremony.actions.subjects import subject_of
from ceremony.admin.act_view import About, Sent, person
from ceremony.admin.ceremony_act import CeremonyAct
from ceremony.admin.doors import has_signed
from ceremony.admin.forms import ActForm, WithdrawForm
from ceremony.admin.sign_words import recorded
from ceremony.models import Ceremony, Decision, Purpose


class WithdrawView(CeremonyAct):
    """Taking one's own signature back, whatever rights are left."""

    rights = ()
    title = _("Withdraw my signature")
    button = _("Withdraw my signature")
    consequence = _("The signature stays in the record, and counts no longer.")

    def may(self, request: HttpRequest) -> bool:
        """Whoever has lost the right may take back what it gave; the action looks for it."""
        return True

    def closed(self, request: HttpRequest, ceremony: Ceremony, about: About) -> str:
        """Whether there is a signature to take back, and it is still time for that."""
        purpose = _purpose(about)
        if not in_time(ceremony, purpose, Decision.WITHDRAW):
            return gettext("It is %(state)s: nothing is taken back now.") % {
                "state": ceremony.state
            }
        if not has_signed(ceremony, person(request), purpose):
            return gettext("You have not signed what is to be signed now.")
        return ""

    def fingerprint(self, ceremony: Ceremony, about: About) -> str:
        """What was signed."""
        return subject_of(ceremony, _purpose(about))

    def form(self, request: HttpRequest, ceremony: Ceremony, about: About, sent: Sent) -> ActForm:
        """Why, and the password where the policy asks for it."""
        password = bool(ceremony.round) and policy_of(newest_round(ceremony)).reauthenticate
        return WithdrawForm(password=password, **sent)

    def act(self, request: HttpRequest, ceremony: Ceremony, form: Any, about: About) -> str:
        """Withdraw exactly what the form carries."""
        given, purpose = form.cleaned_data, _purpose(about)
        sign(
            SignRequest(
                ceremony.pk,
                given["fingerprint"],
                purpose,
                Decision.WITHDRAW,
                given["comment"],
                password=given.get("password") or None,
            ),
            person(request),
        )
        left = self.found(ceremony.pk)
        return recorded(left, purpose, Decision.WITHDRAW, given["fingerprint"])


def _purpose(about: About) -> Purpose:
    try:
        return Purpose(about["purpose"])
    except ValueError:
        raise Http404("Nobody signs for that purpose.") from None
