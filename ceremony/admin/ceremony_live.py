"""The state of a ceremony for a page that stands open: one small answer, told again only when
something was recorded.
"""

import hashlib
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery
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

from ceremony.actions.live import Live, live_of
from ceremony.admin.read_only import READING, ReadOnlyAdmin
from ceremony.core.states import ENDED, State
from ceremony.models import (
    Attempt,
    Ceremony,
    HaltStep,
    JudgedItem,
    Outcome,
    Remark,
    RunOutcome,
    SignOff,
)

RUNNING = 3
"""Seconds between two questions while it runs."""

WAITING = 15
"""Seconds between two questions while it waits for somebody."""

_MOVES = frozenset({State.RUNNING, State.VERIFYING})


def state_response(admin: ReadOnlyAdmin, request: HttpRequest, number: int) -> HttpResponse:
    """What the ceremony is now, as JSON with an ETag; 304 where nothing was recorded since."""
    if not admin.has_view_permission(request):
        raise PermissionDenied
    if request.method not in READING:
        return HttpResponseNotAllowed(READING)
    row = _seen_rows().filter(pk=number).first()
    if row is None:
        raise Http404("There is no such ceremony.")
    seen, now = _word(row), _now(request, row)
    tag = f'"{seen}-{hashlib.sha256(now.encode()).hexdigest()[:16]}"'
    if request.headers.get("If-None-Match") == tag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        told = {"state": row.state, "seen": seen, "every": every(row), "now": now}
        response = JsonResponse(told)
    response["ETag"] = tag
    patch_cache_control(response, private=True, no_cache=True)
    return response


def seen_word(shown: Ceremony) -> str:
    """What a page that shows this row may show, as one short word; asked before the rest is read,
    so that what is recorded meanwhile is told of by the next answer.
    """
    newest = _seen_rows().get(pk=shown.pk)
    newest.round, newest.transitions = shown.round, shown.transitions
    return _word(newest)


def every(ceremony: Ceremony) -> int:
    """How many seconds a page waits before it asks again; 0 where nothing more is to come."""
    state = State(ceremony.state)
    if state in ENDED:
        return 0
    return RUNNING if state in _MOVES else WAITING


def what_goes_on(ceremony: Ceremony) -> Live | None:
    """What is at work on the target while it runs and is verified; ``None`` at any other time."""
    return live_of(ceremony) if State(ceremony.state) in _MOVES else None


def _now(request: HttpRequest, row: Ceremony) -> str:
    """The same as the page writes it, ``""`` for nothing."""
    found = what_goes_on(row)
    if found is None:
        return ""
    return render_to_string("ceremony/partials/live.html", {"live": found}, request)


def _seen_rows() -> QuerySet[Ceremony]:
    """Ceremonies with the newest row of each kind that a page shows."""
    own = OuterRef("pk")
    kinds: dict[str, QuerySet[Any]] = {
        "signed": SignOff.objects.filter(manifest__ceremony=own),
        "judged": JudgedItem.objects.filter(manifest__ceremony=own),
        "halted": HaltStep.objects.filter(ceremony=own),
        "remarked": Remark.objects.filter(ceremony=own),
        "tried": Attempt.objects.filter(run__in_ceremony__ceremony=own),
        "came": Outcome.objects.filter(attempt__run__in_ceremony__ceremony=own),
        "ended": RunOutcome.objects.filter(run__in_ceremony__ceremony=own),
    }
    return Ceremony.objects.select_related("target").annotate(
        **{f"newest_{name}": _newest(rows, name) for name, rows in kinds.items()}
    )


def _newest(rows: QuerySet[Any], name: str) -> Subquery:
    if name == "tried":
        # Attempts have no numbers of their own.
        numbers = rows.order_by("-run_id").values("run_id")
    else:
        numbers = rows.order_by("-pk").values("pk")
    return Subquery(numbers[:1], output_field=BigIntegerField())


def _word(row: Ceremony) -> str:
    newest = [vars(row)[name] or 0 for name in sorted(vars(row)) if name.startswith("newest_")]
    return ".".join(str(one) for one in (row.round, row.transitions, *newest))
