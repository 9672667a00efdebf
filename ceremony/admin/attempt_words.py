"""What an attempt left in its target, in words."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from ceremony.core.outcome import StatementState, StepState
from ceremony.core.sqlstates import CONDITIONS
from ceremony.models import Outcome

LEFT_BEHIND = {
    StepState.DONE: _("Committed, together with its row in the ledger."),
    StepState.FAILED: _("Nothing of it is in the target."),
    StepState.PARTLY: _("Some of its statements are in the target, others are not."),
    StepState.UNKNOWN: _(
        "Not known yet: the link broke during COMMIT, and only the ledger can tell."
    ),
    StepState.NOT_STARTED: _("It was never sent to the target."),
}
"""What an attempt left in its target, where nothing more exact was recorded."""
NOTHING_SAID = _(
    "No outcome yet: it is running, or its run was killed. reconcile_sql asks the ledger."
)

_COMMITTED = gettext_lazy("committed")
_PLAIN: Mapping[str, Any] = {
    StatementState.DONE.value: _COMMITTED,
    StatementState.ALREADY_IN.value: gettext_lazy("in from an earlier try"),
    StatementState.FAILED.value: gettext_lazy("failed"),
    StatementState.UNKNOWN.value: gettext_lazy("not known"),
    StatementState.NOT_RUN.value: gettext_lazy("not started"),
    StatementState.NOT_SENT.value: gettext_lazy("not sent"),
}
_UNDONE = {StatementState.DONE.value: gettext_lazy("rolled back")}
_OPEN = {StatementState.DONE.value: gettext_lazy("answered, but not known to be committed")}


def left_behind(outcomes: Sequence[Outcome]) -> str:
    """The sentence that the run recorded, or the plain one of its state."""
    if not outcomes:
        return str(NOTHING_SAID)
    newest = outcomes[-1]
    if newest.settled_by_id is None and newest.problem:
        return str(newest.problem["state"])
    return str(LEFT_BEHIND[StepState(newest.state)])


def statements_left(
    statements: Sequence[Mapping[str, Any]], state: str, *, transactional: bool
) -> str:
    """``1–2 committed, 3 failed, 4 not started``: what became of each statement when the attempt
    ended in ``state``; ``""`` without statements. In one transaction all of them share its fate.
    """
    words: Mapping[str, Any] = _PLAIN
    if transactional:
        words = {**_PLAIN, **_FATES.get(state, {})}
    told = [(one["number"], words.get(one["state"], one["state"])) for one in statements]
    groups = ((str(word), [number for number, _ in found]) for word, found in _grouped(told))
    return ", ".join(f"{_span(numbers)} {word}" for word, numbers in groups)


_FATES = {StepState.FAILED.value: _UNDONE, StepState.UNKNOWN.value: _OPEN}


def _grouped(
    told: Iterable[tuple[int, Any]],
) -> Iterable[tuple[Any, list[tuple[int, Any]]]]:
    return ((word, list(found)) for word, found in groupby(told, key=lambda one: one[1]))


def _span(numbers: Sequence[int]) -> str:
    return f"{numbers[0]}–{numbers[-1]}" if len(numbers) > 1 else str(numbers[0])


def ended(state: str, problem: Mapping[str, Any] | None) -> str:
    """Where and with which SQLSTATE it ended; ``""`` where there is nothing to name."""
    server = (problem or {}).get("server")
    if not server or state == StepState.DONE:
        return ""
    name = CONDITIONS.get(server["sqlstate"], "").replace("_", " ")
    told = f"{name} {server['sqlstate']}".strip()
    if not server.get("statement"):
        return told
    return gettext("at statement %(number)s: %(told)s") % {
        "number": server["statement"],
        "told": told,
    }
