"""The state of what was started, for a page that stands open and follows it."""

import hashlib
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseNotModified,
    JsonResponse,
)
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control

from ceremony.actions.live import live_of
from ceremony.actions.start_process import words_of
from ceremony.actions.starts import Starting, starting_of
from ceremony.admin.ceremony_live import RUNNING, every, seen_word
from ceremony.admin.read_only import READING, ReadOnlyAdmin
from ceremony.models import Ceremony


def start_response(admin: ReadOnlyAdmin, request: HttpRequest, number: int) -> HttpResponse:
    """What became of the newest start, as JSON with an ETag; 304 where nothing did."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    if request.method not in READING:
        return HttpResponseNotAllowed(READING)
    row = Ceremony.objects.select_related("target").filter(pk=number).first()
    if row is None:
        raise Http404("There is no such ceremony.")
    starting = starting_of(row)
    seen, at_work = start_word(row, starting), starting is not None and not starting.over
    shown = {"live": live_of(row)} if at_work else {"live": None}
    now = render_to_string("ceremony/partials/live.html", shown, request) if at_work else ""
    tag = f'"{seen}-{hashlib.sha256(now.encode()).hexdigest()[:16]}"'
    if request.headers.get("If-None-Match") == tag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        told: dict[str, Any] = {"state": row.state, "seen": seen, "now": now}
        response = JsonResponse({**told, "every": start_every(row, starting)})
    response["ETag"] = tag
    patch_cache_control(response, private=True, no_cache=True)
    return response


def start_word(row: Ceremony, starting: Starting | None) -> str:
    """What a page that shows these may show, as one short word."""
    if starting is None:
        return seen_word(row)
    words = words_of(starting.row, starting.steps)
    said = hashlib.sha256(words.text.encode()).hexdigest()[:8]
    of_start = (starting.row.pk, len(starting.steps), int(starting.over), words.status, said)
    return ".".join((seen_word(row), *(str(one) for one in of_start)))


def start_every(row: Ceremony, starting: Starting | None) -> int:
    """How many seconds the page waits before it asks again."""
    return RUNNING if starting is not None and not starting.over else every(row)
