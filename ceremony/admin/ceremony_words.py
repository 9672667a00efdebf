"""Where a ceremony stands, said in one sentence, and what is next, by whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from ceremony.core.gates import Gate
from ceremony.core.plan import Direction
from ceremony.core.states import State
from ceremony.models import Ceremony, Decision, SignOff

_STANDS = {
    State.DRAFT: "It was begun, and asks nobody for anything yet.",
    State.REQUESTED: "People are asked to approve exactly what is shown here.",
    State.CHANGES_REQUESTED: "An approver wants something changed first.",
    State.APPROVED: "Everybody who is needed has approved it. Signing runs nothing.",
    State.RUNNING: "It is running.",
    State.HALTED: "The world is stopped. Nothing else starts on this target.",
    State.VERIFYING: "It has run, and what came of it is being verified.",
    State.AWAITING_SIGN_OFF: "It has run and was verified. It waits to be accepted.",
    State.SIGNED_OFF: "It ran, was verified, and was accepted.",
    State.ROLLED_BACK: "It was taken back.",
    State.REJECTED: "An approver rejected it. It never ran in this round.",
    State.CANCELLED: "It was called off before it ran.",
    State.EXPIRED: "Its time was over before it ran.",
}


@dataclass(frozen=True)
class Standing:
    """``sentence`` says how it stands, ``next`` what is to come, and by whom; ``""`` when nothing
    is.
    """

    state: State
    sentence: str
    next: str


def standing_of(
    ceremony: Ceremony, gates: Sequence[Gate], sign_offs: Sequence[SignOff]
) -> Standing:
    """The sentences. ``gates`` are those before its run, or, once it ran, before its acceptance;
    ``sign_offs`` are those of its newest round.
    """
    state = State(ceremony.state)
    return Standing(state, _STANDS[state], _next(ceremony, state, gates, sign_offs))


def _next(
    ceremony: Ceremony, state: State, gates: Sequence[Gate], sign_offs: Sequence[SignOff]
) -> str:
    place = f"{ceremony.series} --database {ceremony.target.alias}"
    again = f"manage.py request_sql {place} --again {ceremony.pk}"
    shut = next((gate for gate in gates if not gate.is_open), None)
    if state is State.CHANGES_REQUESTED:
        return f"{_wish(sign_offs)} The author changes it and asks anew: {again}"
    if shut is not None and state in {State.REQUESTED, State.APPROVED, State.AWAITING_SIGN_OFF}:
        return f"{shut.name.rstrip('.')}. {shut.why} {shut.fix}"
    return {
        State.DRAFT: f"Somebody asks for it: {again}",
        State.REQUESTED: "Nothing stands against it any more.",
        State.APPROVED: f"An operator runs it: {_run(ceremony, place)}",
        State.RUNNING: "Wait for its run to end; if that was cut off, the next command settles it.",
        State.HALTED: "Whoever may halt takes the next station, on the page of the halt or with "
        f"manage.py resume_sql --database {ceremony.target.alias}",
        State.VERIFYING: "Wait for the verification.",
        State.AWAITING_SIGN_OFF: "Whoever may accept it looks at what was found, and signs.",
    }.get(state, "")


def _run(ceremony: Ceremony, place: str) -> str:
    back = ceremony.direction == Direction.ROLL_BACK.value
    return f"manage.py {'rollback_sql' if back else 'apply_sql'} {place} --ceremony {ceremony.pk}"


def _wish(sign_offs: Sequence[SignOff]) -> str:
    wishes = [one for one in sign_offs if one.decision == Decision.REQUEST_CHANGES]
    return f"{wishes[-1].username} asks: “{wishes[-1].comment}”" if wishes else ""
