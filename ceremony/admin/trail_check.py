"""The button that has the chain checked: a bounded part, recorded as an event of the trail."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from ceremony.actions.check_trail import TrailCheck, check_trail
from ceremony.admin.act_view import person
from ceremony.admin.body_limit import bounded


def check_path(model_admin: Any) -> URLPattern:
    """``check/``, behind the login; it commits on its own."""

    def view(request: HttpRequest) -> HttpResponse:
        return check_view(model_admin, request)

    guarded = bounded(model_admin.admin_site.admin_view(view))
    return path(
        "check/", transaction.non_atomic_requests(guarded), name="ceremony_auditevent_check"
    )


def check_view(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Check and go back to the list. Only POST is understood (405): it leaves an event."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    check = check_trail(person(request).get_username())
    tell = messages.success if check.intact else messages.error
    tell(request, _said(check))
    return HttpResponseRedirect(model_admin.list_url())


def _said(check: TrailCheck) -> str:
    if not check.intact:
        return _("The chain is broken at event %(event)s.") % {"event": check.broken_at}
    if check.at_end:
        return _("The chain is intact to event %(event)s.") % {"event": check.last}
    return _(
        "The chain is intact to event %(event)s of %(head)s. Check on: the next part begins there."
    ) % {"event": check.last, "head": check.head}
