"""The readiness view, for probes of load balancers and orchestrators."""

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ceremony import conf
from ceremony.actions.readiness import look
from ceremony.core.readiness import Readiness, ReadinessState, worst
from ceremony.errors import CeremonyError

FORMAT = "ceremony-readiness-v1"

_log = logging.getLogger("ceremony.readiness")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 where every series counts as ready by ``CEREMONY["GATE"]["ACCEPT"]``, else 503.

    The answer names migrations and codes; addresses, users and the words of errors go to the log
    (``ceremony.readiness``) alone.
    """
    try:
        settings = conf.load()
        found = look(settings, settings.gate)
    except CeremonyError as error:
        _log.error("%s", error)
        return _answer(ReadinessState.UNKNOWN, (), is_ready=False, code=error.code)
    refused = [one for one in found if not one.is_ready(settings.gate.accept)]
    for one in refused:
        _log.warning("%s Next: %s", one.sentence, one.next_step)
    return _answer(worst(found), found, is_ready=not refused)


def _answer(
    state: ReadinessState, found: tuple[Readiness, ...], *, is_ready: bool, code: str = ""
) -> JsonResponse:
    answer = {
        "format": FORMAT,
        "ready": is_ready,
        "state": state.value,
        "code": code,
        "series": [_series(one) for one in found],
    }
    return JsonResponse(answer, status=200 if is_ready else 503)


def _series(one: Readiness) -> dict[str, object]:
    return {
        "series": one.series,
        "database": one.alias,
        "state": one.state.value,
        "behind": list(one.behind),
        "ahead": list(one.ahead),
        "halted": one.halted,
        "findings": [{"code": found.code, "path": found.path} for found in one.findings],
    }
