"""Signing, for each purpose."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ceremony.actions.people import SIGN
from ceremony.actions.sign import sign
from ceremony.actions.sign_refusals import needs_typing
from ceremony.actions.signing import SignRequest
from ceremony.admin.act_view import About, Sent, person
from ceremony.admin.ceremony_act import CeremonyAct
from ceremony.admin.forms import ActForm, Offer
from ceremony.admin.looked import remember, remembered
from ceremony.admin.refusal_words import already_signed, said_to, too_late
from ceremony.admin.sign_form import ATTESTED, Asked, SignForm, warned_of
from ceremony.admin.sign_reading import Reading, reading_of
from ceremony.admin.sign_words import offers, recorded
from ceremony.core.header import Risk
from ceremony.core.states import State
from ceremony.errors import CeremonyError
from ceremony.models import Ceremony, Decision, Purpose
from ceremony.templatetags.ceremony_pages import visible_line

_REPEATED = frozenset({"page-stale", "approval-repeated", "approval-late", "approval-stale"})
"""How a form is refused that was sent twice."""

_HEADINGS: Mapping[Purpose, str | Promise] = {
    Purpose.APPROVAL: _("Sign off %(about)s"),
    Purpose.ACCEPTANCE: _("Accept what came of %(about)s"),
    Purpose.DECISION: _("Agree that %(about)s stays as it is"),
    Purpose.REVIEW: _("Review the run without approval of %(about)s"),
}


class SignView(CeremonyAct):
    """A decision about what the page shows: before the run, after it, about a halt, or about
    break-glass.
    """

    template = "admin/ceremony/ceremony/sign.html"
    rights = (SIGN,)
    button = _("Record my decision")
    purpose: Purpose = Purpose.APPROVAL
    _shown_row: Ceremony | None = None
    _reading: Reading | None = None

    @property
    def consequence(self) -> str:  # type: ignore[override]
        """What does not follow from it."""
        if self.purpose is Purpose.APPROVAL:
            return gettext("Approving does not run anything.")
        return gettext("Signing does not run anything.")

    def heading(self, row: Ceremony) -> str:
        """What for, and which ceremony."""
        return str(_HEADINGS[self.purpose]) % {"about": visible_line(self.named(row))}

    def get(self, request: HttpRequest, number: int, **about: Any) -> HttpResponse:
        """The form; the browser remembers which round was looked at."""
        answer = super().get(request, number, **about)
        if self._shown_row is not None and self._shown_row.round:
            remember(answer, request, self._shown_row)
        return answer

    def found(self, number: int) -> Ceremony:
        """As it is now; what was read of it before is read anew."""
        self._reading, self._shown_row = None, super().found(number)
        return self._shown_row

    def reading(self, request: HttpRequest, ceremony: Ceremony) -> Reading:
        """What the page is about, read once."""
        if self._reading is None:
            user = person(request)
            since = remembered(request, user, ceremony)
            self._reading = reading_of(ceremony, user, self.purpose, since)
        return self._reading

    def closed(self, request: HttpRequest, ceremony: Ceremony, about: About) -> str:
        """Whether the ceremony asks for this now, and the person may say anything."""
        read = self.reading(request, ceremony)
        if not read.in_time(Decision.COMMENT):
            late = gettext("It is %(state)s: the %(purpose)s is not asked for now.") % {
                "state": ceremony.state,
                "purpose": self.purpose,
            }
            return f"{too_late(ceremony)} {late}".strip()
        objection = read.silence
        return objection.sentence if objection else ""

    def carried(self, row: Ceremony, about: About) -> dict[str, Any]:
        """What is signed, the number of the round, and which warnings stand on the page."""
        read = self._reading
        if read is None:
            return {"fingerprint": "draft", "round": row.round}
        held = {"fingerprint": read.subject, "round": row.round}
        return {**held, "warned": warned_of(self._warnings(read))}

    def form(self, request: HttpRequest, ceremony: Ceremony, about: About, sent: Sent) -> ActForm:
        """Only decisions that are asked for now, and that the person may take, are offered."""
        if ceremony.state == State.DRAFT:
            return SignForm(asked=Asked(()), **sent)
        read = self.reading(request, ceremony)
        policy, high = read.dossier.policy, needs_typing(ceremony)
        approving = self.purpose is Purpose.APPROVAL
        asked = Asked(
            decisions=self._decisions(read),
            losses=read.shown["losses"] if approving and policy.data_loss else (),
            warnings=self._warnings(read),
            reading=approving and ceremony.risk != Risk.LOW.value,
            typing=high,
            password=policy.reauthenticate or (high and person(request).has_usable_password()),
            always=policy.reauthenticate,
            subject=read.subject,
        )
        return SignForm(asked=asked, **sent)

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
        return recorded(self.found(ceremony.pk), self.purpose, decision, given["fingerprint"])

    def kept(self, request: HttpRequest, row: Ceremony) -> QueryDict:
        """The words, where something else is to be signed by now: what was decided and attested was
        said of what stood there before, and the ticks would be read as said of this.
        """
        if row.state == State.DRAFT:
            return request.POST
        if request.POST.get("fingerprint") == self.reading(request, row).subject:
            return request.POST
        kept = request.POST.copy()
        for name in ATTESTED:
            kept.pop(name, None)
        kept["decision"] = Decision.COMMENT.value
        return kept

    def says(self, request: HttpRequest, row: Ceremony, error: CeremonyError) -> str:
        """A form that was sent twice was recorded once; the person is told so."""
        sent_round = request.POST.get("round") == str(row.round)
        approves = request.POST.get("decision") == Decision.APPROVE
        if error.code in _REPEATED and approves and sent_round and row.round:
            signed = self.reading(request, row).signed_already
            if signed is not None:
                return already_signed(signed)
        return said_to(error, row)

    def extra(self, request: HttpRequest, ceremony: Ceremony, about: About) -> dict[str, Any]:
        """What is signed, in full, and what others said before."""
        if ceremony.state == State.DRAFT:
            return {}
        read = self.reading(request, ceremony)
        objection, signed = read.objection, read.signed_already
        return {
            **read.shown,
            "subject": read.subject,
            "purpose": self.purpose,
            "objection": objection.sentence if objection else "",
            "objected": said_to(objection, ceremony) if objection else "",
            "signed_already": already_signed(signed) if signed else "",
            "opened": True,
        }

    def _warnings(self, read: Reading) -> tuple[str, ...]:
        return read.sql.facts.warnings if self.purpose is Purpose.APPROVAL else ()

    def _decisions(self, read: Reading) -> Sequence[tuple[str, Offer]]:
        objected = read.objection is not None
        return [
            (decision.value, offer)
            for decision, offer in offers(read.dossier.ceremony, self.purpose)
            if read.in_time(decision) and not (objected and decision is Decision.APPROVE)
        ]
