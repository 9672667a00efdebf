"""Signing, for each purpose, and taking one's own signature back."""

from typing import Any

from django.http import Http404, HttpRequest

from ceremony.actions.people import SIGN
from ceremony.actions.quorums import quorum_now
from ceremony.actions.rounds import newest_round, policy_of
from ceremony.actions.sign import sign
from ceremony.actions.sign_refusals import in_time, needs_typing
from ceremony.actions.signers import may_speak, objection_to
from ceremony.actions.signing import SignRequest
from ceremony.actions.subjects import subject_of
from ceremony.admin.act_view import About, Sent, person
from ceremony.admin.ceremony_act import CeremonyAct
from ceremony.admin.ceremony_page import checklists_of, round_of, sign_offs_of, staleness_of
from ceremony.admin.doors import has_signed
from ceremony.admin.forms import ActForm, SignForm, WithdrawForm
from ceremony.core.header import Risk
from ceremony.core.states import State
from ceremony.models import Ceremony, Decision, Purpose
from ceremony.templatetags.ceremony_pages import short_digest

_SAYS = {
    Decision.COMMENT: "Comment only: no decision; everybody sees it",
    Decision.APPROVE: "Approve",
    Decision.REQUEST_CHANGES: "Request changes: it goes back to the author",
    Decision.REJECT: "Reject: it ends here",
}
_APPROVES = {
    Purpose.APPROVAL: "Approve: I have read exactly this and agree that it runs",
    Purpose.ACCEPTANCE: "Accept: I have seen what ran and what was found",
    Purpose.DECISION: "Agree: it stays as it is",
    Purpose.REVIEW: "Reviewed: I have looked at what ran without an approval, and why",
}


class SignView(CeremonyAct):
    """A decision about what the page shows: before the run, after it, about a halt, or about
    break-glass.
    """

    template = "admin/ceremony/ceremony/sign.html"
    rights = (SIGN,)
    title = "Sign"
    button = "Record my decision"
    consequence = "Signing does not run anything."
    purpose: Purpose = Purpose.APPROVAL

    def closed(self, request: HttpRequest, ceremony: Ceremony, about: About) -> str:
        """Whether the ceremony asks for this now, and the person may say anything."""
        if not in_time(ceremony, self.purpose, Decision.COMMENT):
            return f"It is {ceremony.state}: the {self.purpose} is not asked for now."
        objection = may_speak(person(request))
        return objection.sentence if objection else ""

    def fingerprint(self, ceremony: Ceremony, about: About) -> str:
        """What is signed."""
        return subject_of(ceremony, self.purpose)

    def form(self, request: HttpRequest, ceremony: Ceremony, about: About, sent: Sent) -> ActForm:
        """Only decisions that are asked for now, and that the person may take, are offered."""
        if ceremony.state == State.DRAFT:
            return SignForm(decisions=[], **sent)
        of_round = round_of(ceremony)
        approving = self.purpose is Purpose.APPROVAL
        return SignForm(
            decisions=self._decisions(request, ceremony),
            losses=of_round["losses"] if approving and of_round["policy"].data_loss else (),
            reading=approving and ceremony.risk != Risk.LOW.value,
            typing=needs_typing(ceremony),
            password=of_round["policy"].reauthenticate,
            **sent,
        )

    def act(self, request: HttpRequest, ceremony: Ceremony, form: Any, about: About) -> str:
        """Sign exactly what the form carries."""
        given = form.cleaned_data
        decision = Decision(given["decision"])
        sign(
            SignRequest(
                ceremony.pk,
                given["fingerprint"],
                self.purpose,
                decision,
                given["comment"],
                form.accepted(),
                given.get("password") or None,
                given.get("typed", ""),
            ),
            person(request),
        )
        return _recorded(self.found(ceremony.pk), self.purpose, decision, given["fingerprint"])

    def extra(self, request: HttpRequest, ceremony: Ceremony, about: About) -> dict[str, Any]:
        """What is signed, in full, and what others said before."""
        if ceremony.state == State.DRAFT:
            return {}
        shown = {
            "subject": subject_of(ceremony, self.purpose),
            "sign_offs": sign_offs_of(ceremony),
            "checklists": checklists_of(ceremony, person(request)),
            "halts": ceremony.halts.order_by("pk"),
            "runs": ceremony.runs.select_related("run__outcome").order_by("run_id"),
            "objection": self._objection(request, ceremony),
            "opened": True,
        }
        return shown | staleness_of(ceremony) | round_of(ceremony)

    def _decisions(self, request: HttpRequest, ceremony: Ceremony) -> list[tuple[str, str]]:
        found = []
        for decision, says in _SAYS.items():
            if not in_time(ceremony, self.purpose, decision):
                continue
            if decision is Decision.APPROVE and self._objection(request, ceremony):
                continue
            word = _APPROVES[self.purpose] if decision is Decision.APPROVE else says
            found.append((decision.value, word))
        return found

    def _objection(self, request: HttpRequest, ceremony: Ceremony) -> str:
        """Why the person may comment at most; ``""`` where he or she may approve."""
        rules = quorum_now(ceremony, self.purpose).rules
        found = objection_to(person(request), rules)
        return found.sentence if found else ""


class WithdrawView(CeremonyAct):
    """Taking one's own signature back, whatever rights are left."""

    rights = ()
    title = "Withdraw my signature"
    button = "Withdraw my signature"
    consequence = "The signature stays in the record, and counts no longer."

    def may(self, request: HttpRequest) -> bool:
        """Whoever has lost the right may take back what it gave; the action looks for it."""
        return True

    def closed(self, request: HttpRequest, ceremony: Ceremony, about: About) -> str:
        """Whether there is a signature to take back, and it is still time for that."""
        purpose = _purpose(about)
        if not in_time(ceremony, purpose, Decision.WITHDRAW):
            return f"It is {ceremony.state}: nothing is taken back now."
        if not has_signed(ceremony, person(request), purpose):
            return "You have not signed what is to be signed now."
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
        return _recorded(left, purpose, Decision.WITHDRAW, given["fingerprint"])


def _purpose(about: About) -> Purpose:
    try:
        return Purpose(about["purpose"])
    except ValueError:
        raise Http404("Nobody signs for that purpose.") from None


def _recorded(ceremony: Ceremony, purpose: Purpose, decision: Decision, subject: str) -> str:
    told = f"Recorded: {purpose}, {decision}, {short_digest(subject)}. State: {ceremony.state}."
    if not in_time(ceremony, purpose, Decision.COMMENT):
        return told
    return f"{told} Signatures still needed: {quorum_now(ceremony, purpose).missing}."
