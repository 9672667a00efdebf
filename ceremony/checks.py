"""System checks: ``manage.py check --database ALIAS`` says whether the series of that alias match.

What is behind or ahead only warns: ``migrate`` and test runners run these checks too, and a fresh
database is behind by nature. ``--fail-level WARNING`` makes a deployment stop there.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.core.checks import CheckMessage, Error, Warning

from ceremony import conf
from ceremony.actions.readiness import look
from ceremony.core.readiness import Readiness, ReadinessState
from ceremony.errors import CeremonyError

_MESSAGES = {
    ReadinessState.BEHIND: (Warning, "ceremony.W001"),
    ReadinessState.AHEAD: (Warning, "ceremony.W002"),
    ReadinessState.UNKNOWN: (Warning, "ceremony.W003"),
    ReadinessState.INVALID: (Error, "ceremony.E001"),
}
_SETTINGS = "ceremony.W004"


def check_series(
    app_configs: Sequence[Any] | None = None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """One message per series whose home is among ``databases`` and that is no match.

    Django asks only where databases are named; nothing is changed and no lock taken.
    """
    if not databases:
        return []
    try:
        settings = conf.load()
        found = look(settings, replace(settings.gate, series=()), frozenset(databases))
    except CeremonyError as error:
        return [Warning(error.happened, hint=error.next_step, id=_SETTINGS)]
    return [_message(one) for one in found if one.state is not ReadinessState.MATCH]


def _message(one: Readiness) -> CheckMessage:
    kind, number = _MESSAGES[one.state]
    return kind(one.sentence, hint=one.next_step, id=number)
