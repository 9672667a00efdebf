"""Where a ceremony stands, said in one sentence, and what is next, by whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ceremony.core.gates import Gate
from ceremony.core.plan import Direction
from ceremony.core.states import State
from ceremony.models import Ceremony, Decision, SignOff

STANDS: Mapping[State, Promise] = {
    State.DRAFT: gettext_lazy("It was begun, and asks nobody for anything yet."),
    State.REQUESTED: gettext_lazy("People are asked to approve exactly what is shown here."),
    State.CHANGES_REQUESTED: gettext_lazy("An approver wants something changed first."),
    State.APPROVED: gettext_lazy("Everybody who is needed has approved it. Signing runs nothing."),
    State.RUNNING: gettext_lazy("It is running."),
    State.HALTED: gettext_lazy("The world is stopped. Nothing else starts on this target."),
    State.VERIFYING: gettext_lazy("It has run, and what came of it is being verified."),
    State.AWAITING_SIGN_OFF: gettext_lazy("It has run and was verified. It waits to be accepted."),
    State.SIGNED_OFF: gettext_lazy("It ran, was verified, and was accepted."),
    State.ROLLED_BACK: gettext_lazy("It was taken back."),
    State.REJECTED: gettext_lazy("An approver rejected it. It never ran in this round."),
    State.CANCELLED: gettext_lazy("It was called off before it ran."),
    State.EXPIRED: gettext_lazy("Its time was over before it ran."),
}


class Stop(Enum):
    """How far a halted ceremony stops its target: not at all, until people decide, or until what
    they decided, to roll back, is done.
    """

    ALONE = "alone"
    TARGET = "target"
    GOES_BACK = "goes back"


@dataclass(frozen=True)
class Standing:
    """``sentence`` says how it stands, ``next`` what is to come, and by whom; ``""`` when nothing
    is.
    """

    state: State
    sentence: str
    next: str


def standing_of(
    ceremony: Ceremony,
    gates: Sequence[Gate],
    sign_offs: Sequence[SignOff],
    stop: Stop = Stop.TARGET,
) -> Standing:
    """The sentences. ``gates`` are those before its run, or, once it ran, before its acceptance;
    ``sign_offs`` are those of its newest round; ``stop`` is of interest while it is halted.
    """
    state = State(ceremony.state)
    if state is State.HALTED and stop is Stop.ALONE:
        stands = _("It was stopped. Its target is not halted.")
    else:
        stands = str(STANDS[state])
    following = _next(ceremony, state, gates, sign_offs)
    if state is State.HALTED:
        following = _next_of_halted(ceremony, stop)
    return Standing(state, stands, following)


def _next(
    ceremony: Ceremony, state: State, gates: Sequence[Gate], sign_offs: Sequence[SignOff]
) -> str:
    place = f"{ceremony.series} --database {ceremony.target.alias}"
    again = again_command(ceremony)
    shut = next((gate for gate in gates if not gate.is_open), None)
    if state is State.CHANGES_REQUESTED:
        told = _("The author changes it and asks anew: %(command)s") % {"command": again}
        return f"{_wish(sign_offs)} {told}"
    if shut is not None and state in {State.REQUESTED, State.APPROVED, State.AWAITING_SIGN_OFF}:
        return f"{shut.name.rstrip('.')}. {shut.why} {shut.fix}"
    told = {
        State.DRAFT: _("Somebody asks for it: %(command)s"),
        State.REQUESTED: _("Nothing stands against it any more."),
        State.APPROVED: _("An operator runs it: %(run)s"),
        State.RUNNING: _(
            "Wait for its run to end; if that was cut off, the next command settles it."
        ),
        State.VERIFYING: _("Wait for the verification."),
        State.AWAITING_SIGN_OFF: _("Whoever may accept it looks at what was found, and signs."),
    }.get(state, "")
    return told % {"command": again, "run": _run(ceremony, place)}


def _next_of_halted(ceremony: Ceremony, stop: Stop) -> str:
    place = f"{ceremony.series} --database {ceremony.target.alias}"
    told = {
        Stop.ALONE: _("With files that mend it, a new round is asked for: %(again)s"),
        Stop.TARGET: _(
            "Whoever may halt takes the next station, on the page of the halt or with %(resume)s"
        ),
        Stop.GOES_BACK: _(
            "To roll back was decided: an operator does, from the page or with %(back)s"
        ),
    }[stop]
    return told % {
        "again": again_command(ceremony),
        "resume": f"manage.py resume_sql --database {ceremony.target.alias}",
        "back": f"manage.py rollback_sql {place} --ceremony {ceremony.pk}",
    }


def again_command(ceremony: Ceremony) -> str:
    """What asks for a new round."""
    place = f"{ceremony.series} --database {ceremony.target.alias}"
    return f"manage.py request_sql {place} --again {ceremony.pk}"


def _run(ceremony: Ceremony, place: str) -> str:
    back = ceremony.direction == Direction.ROLL_BACK.value
    return f"manage.py {'rollback_sql' if back else 'apply_sql'} {place} --ceremony {ceremony.pk}"


def _wish(sign_offs: Sequence[SignOff]) -> str:
    wishes = [one for one in sign_offs if one.decision == Decision.REQUEST_CHANGES]
    if not wishes:
        return ""
    asks = {"name": wishes[-1].username, "comment": wishes[-1].comment}
    return _("%(name)s asks: “%(comment)s”") % asks
