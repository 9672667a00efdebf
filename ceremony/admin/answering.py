"""Items of a checklist: answering one with evidence, and waiving one with a reason."""

from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ceremony.actions.answers import Attachment, answer, waive
from ceremony.actions.dossier import judged_of
from ceremony.actions.people import SIGN
from ceremony.actions.seen import page_stale
from ceremony.admin.act_view import About, Sent, person
from ceremony.admin.ceremony_act import CeremonyAct
from ceremony.admin.ceremony_page import counting_rows
from ceremony.admin.doors import ANSWERERS
from ceremony.admin.forms import ActForm, AnswerForm, WhyForm
from ceremony.core.item import ItemKind, ItemResult, Phase
from ceremony.core.states import BEFORE_THE_RUN, State
from ceremony.models import Ceremony, JudgedItem
from ceremony.templatetags.ceremony_pages import visible_line

_AFTER = frozenset({State.VERIFYING, State.AWAITING_SIGN_OFF})


class _ItemView(CeremonyAct):
    """About one result of an item: the newest of its round, or the page is old."""

    template = "admin/ceremony/ceremony/item.html"

    def row(self, ceremony: Ceremony, about: About) -> JudgedItem:
        """The result that the page is about (404 where the ceremony has none of that number)."""
        rows = JudgedItem.objects.filter(manifest__ceremony=ceremony, pk=about["item"])
        found = rows.select_related("manifest", "user").first()
        if found is None:
            raise Http404("The ceremony has no such item.")
        return found

    def is_newest(self, ceremony: Ceremony, row: JudgedItem) -> bool:
        """Whether it is the result that counts, in the newest round."""
        counting = counting_rows(row.manifest, Phase(row.phase))
        return row.manifest.round == ceremony.round and any(one.pk == row.pk for one, _ in counting)

    def closed(self, request: HttpRequest, ceremony: Ceremony, about: About) -> str:
        """Whether this result is still the one that counts, and the phase is open."""
        row = self.row(ceremony, about)
        if not self.is_newest(ceremony, row):
            return gettext(
                "This is not the newest result of the item. Go back to the ceremony's page."
            )
        states = BEFORE_THE_RUN if row.phase == Phase.PREFLIGHT.value else _AFTER
        if State(ceremony.state) not in states | self.also:
            return gettext("It is %(state)s: items of its %(phase)s are closed.") % {
                "state": ceremony.state,
                "phase": row.phase,
            }
        return self.unfit(row)

    also: frozenset[State] = frozenset()

    def unfit(self, row: JudgedItem) -> str:
        """Why this item is not for this page; ``""`` where it is."""
        raise NotImplementedError

    def extra(self, request: HttpRequest, ceremony: Ceremony, about: About) -> dict[str, Any]:
        """The item as it stands."""
        row = self.row(ceremony, about)
        return {"item": row, "judged": judged_of(row)}

    def current(self, ceremony: Ceremony, about: About) -> JudgedItem:
        """The row, or Refused (page-stale) where there is a newer one."""
        row = self.row(ceremony, about)
        if not self.is_newest(ceremony, row):
            raise page_stale(ceremony)
        return row


class AnswerView(_ItemView):
    """A person's answer, with evidence."""

    rights = ANSWERERS
    title = _("Answer an item")
    button = _("Record the answer")
    consequence = _("The newest answer counts; earlier ones stay in the record.")

    def unfit(self, row: JudgedItem) -> str:
        """Only items for people are answered by people."""
        if row.kind == ItemKind.HUMAN.value:
            return ""
        return gettext(
            "This item is looked at by the tool itself; it can be waived, and not answered."
        )

    def form(self, request: HttpRequest, ceremony: Ceremony, about: About, sent: Sent) -> ActForm:
        """Result and evidence."""
        return AnswerForm(**sent)

    def act(self, request: HttpRequest, ceremony: Ceremony, form: Any, about: About) -> str:
        """Record it."""
        row = self.current(ceremony, about)
        sent = form.attachment()
        file = Attachment(sent.name, sent.read()) if sent is not None else None
        result = ItemResult(form.cleaned_data["result"])
        answer(ceremony.pk, Phase(row.phase), row.item, result, form.told(), file, person(request))
        return gettext("Recorded: %(item)s is %(result)s.") % {
            "item": visible_line(row.item),
            "result": result.value,
        }


class WaiveView(_ItemView):
    """Going on although an item does not pass, with the reason."""

    rights = (SIGN,)
    title = _("Waive an item")
    button = _("Waive it")
    consequence = _("The waiver stands in every report, with your name and the reason.")
    also = _AFTER

    def unfit(self, row: JudgedItem) -> str:
        """Only what stands against going on is waived."""
        if row.result in {ItemResult.FAIL.value, ItemResult.NOT_RUN.value}:
            return ""
        return gettext("It is %(result)s: there is nothing to waive.") % {"result": row.result}

    def form(self, request: HttpRequest, ceremony: Ceremony, about: About, sent: Sent) -> ActForm:
        """Why."""
        return WhyForm(**sent)

    def act(self, request: HttpRequest, ceremony: Ceremony, form: Any, about: About) -> str:
        """Record it."""
        row = self.current(ceremony, about)
        waive(ceremony.pk, Phase(row.phase), row.item, form.cleaned_data["why"], person(request))
        return gettext("Recorded: %(item)s is waived.") % {"item": visible_line(row.item)}
