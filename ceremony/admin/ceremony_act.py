"""The page of an act on a ceremony."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from ceremony.actions.ceremonies import expire_due
from ceremony.admin.act_view import About, ActView
from ceremony.models import Ceremony


class CeremonyAct(ActView):
    """One act on one ceremony. Its form carries fingerprint and round, and what was recorded by
    then.
    """

    def get(self, request: HttpRequest, number: int, **about: Any) -> HttpResponse:
        """The form, or why there is none; what is over expires first."""
        expire_due(timezone.now())
        return super().get(request, number, **about)

    def found(self, number: int) -> Ceremony:
        """The ceremony as it is now (404 where there is none)."""
        row = Ceremony.objects.select_related("target").filter(pk=number).first()
        if row is None:
            raise Http404(f"There is no ceremony {number}.")
        return row

    def page_of(self, row: Ceremony) -> str:
        """The address of the ceremony's own page."""
        site = self.model_admin.admin_site.name
        return reverse("admin:ceremony_ceremony_change", args=[row.pk], current_app=site)

    def named(self, row: Ceremony) -> str:
        """Number and title."""
        return f"{row} {row.title}"

    def carried(self, row: Ceremony, about: About) -> dict[str, Any]:
        """The fingerprint of the newest round, and its number."""
        return {"fingerprint": self.fingerprint(row, about), "round": row.round}

    def fingerprint(self, row: Ceremony, about: About) -> str:
        """What the act is bound to."""
        return row.fingerprint or "draft"
