"""The states of a ceremony, and the one table of what leads from which to which.

Buttons, the picture in the docs, the tests and the trigger in the database come from this table:
what is not in it cannot happen.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """Where a ceremony stands."""

    DRAFT = "draft"
    REQUESTED = "requested"
    CHANGES_REQUESTED = "changes requested"
    APPROVED = "approved"
    RUNNING = "running"
    HALTED = "halted"
    VERIFYING = "verifying"
    AWAITING_SIGN_OFF = "awaiting sign-off"
    SIGNED_OFF = "signed off"
    ROLLED_BACK = "rolled back"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Act(StrEnum):
    """What moves a ceremony from one state to the next. The words stay for ever in the trail.

    REQUEST opens a round, the first or a new one for what has changed since. CALL_OFF is what
    REJECT, CANCEL and EXPIRE come to in a round that was to fix forward what is halted: the halt
    still waits for a decision, so it is all that ends. APPROVE is the
    sign-off that completes the quorum (or the open policy, which asks for none). START spends the
    approval; OVERRIDE runs without one (break-glass). FINISH ends the run, VERIFY the verification
    after it. ACCEPT_AS_IS lifts a halt without another run, by a quorum of its own. SIGN_OFF is
    the acceptance.
    """

    REQUEST = "request"
    REQUEST_CHANGES = "request changes"
    APPROVE = "approve"
    WITHDRAW = "withdraw"
    REJECT = "reject"
    CANCEL = "cancel"
    EXPIRE = "expire"
    CALL_OFF = "call off"
    START = "start"
    OVERRIDE = "override"
    FINISH = "finish"
    VERIFY = "verify"
    HALT = "halt"
    ACCEPT_AS_IS = "accept as is"
    ROLL_BACK = "roll back"
    SIGN_OFF = "sign off"


_D, _R, _C, _A = State.DRAFT, State.REQUESTED, State.CHANGES_REQUESTED, State.APPROVED

TABLE: Mapping[tuple[State, Act], State] = MappingProxyType(
    {
        **{(state, Act.REQUEST): _R for state in (_D, _R, _C, _A, State.HALTED)},
        **{(state, Act.REQUEST_CHANGES): _C for state in (_R, _A)},
        (_R, Act.APPROVE): _A,
        (_A, Act.WITHDRAW): _R,
        **{(state, Act.REJECT): State.REJECTED for state in (_R, _C, _A)},
        **{(state, Act.CANCEL): State.CANCELLED for state in (_D, _R, _C, _A)},
        **{(state, Act.EXPIRE): State.EXPIRED for state in (_R, _C, _A)},
        **{(state, Act.CALL_OFF): State.HALTED for state in (_R, _C, _A)},
        (_A, Act.START): State.RUNNING,
        **{(state, Act.OVERRIDE): State.RUNNING for state in (_D, _R, _C, _A)},
        (State.RUNNING, Act.FINISH): State.VERIFYING,
        (State.VERIFYING, Act.VERIFY): State.AWAITING_SIGN_OFF,
        **{
            (state, Act.HALT): State.HALTED
            for state in (State.RUNNING, State.VERIFYING, State.AWAITING_SIGN_OFF)
        },
        (State.HALTED, Act.ACCEPT_AS_IS): State.VERIFYING,
        (State.HALTED, Act.ROLL_BACK): State.ROLLED_BACK,
        (State.AWAITING_SIGN_OFF, Act.SIGN_OFF): State.SIGNED_OFF,
    }
)
"""(state, act) to the next state. Every other pair is illegal and changes nothing."""

ENDED = frozenset(
    {State.SIGNED_OFF, State.ROLLED_BACK, State.REJECTED, State.CANCELLED, State.EXPIRED}
)
"""States that nothing leads out of."""

BEFORE_THE_RUN = frozenset({_D, _R, _C, _A})
"""States in which nothing has run yet in the newest round."""


def after(state: State, act: Act) -> State | None:
    """The state that ``act`` leads to from ``state``; ``None`` where it is illegal."""
    return TABLE.get((state, act))


def acts_in(state: State) -> tuple[Act, ...]:
    """The acts that are legal in ``state``, in the order of the table."""
    return tuple(act for (one, act) in TABLE if one is state)
