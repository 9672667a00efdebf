"""What stands against starting something from a page, as far as control can tell.

The process asks everything anew, under the target's lock.
"""

from collections.abc import Iterator

from django.contrib.auth.models import AbstractUser

from ceremony import conf
from ceremony.actions import evidence
from ceremony.actions.dossier import Dossier
from ceremony.actions.halts import (
    lets_pass,
    lets_through,
    open_halt_among,
    open_halt_of,
    state_among,
)
from ceremony.actions.judge import refuse_now
from ceremony.actions.people import names_of
from ceremony.actions.quorums import quorum_in
from ceremony.actions.ready import Caller
from ceremony.actions.rounds import newest_round, policy_of
from ceremony.actions.sign_refusals import needs_typing
from ceremony.actions.signers import known_authors
from ceremony.actions.starts import starting_of
from ceremony.core.authors import shared
from ceremony.core.plan import Direction
from ceremony.core.policy import Duty
from ceremony.core.starting import Deed
from ceremony.core.states import State
from ceremony.errors import Refused
from ceremony.models import Ceremony, Purpose

NOTHING_STARTED = "Nothing was started."


def refuse_under_way(ceremony: Ceremony) -> None:
    """Raises Refused (start-under-way): pressed twice, or by two people, it starts once."""
    found = starting_of(ceremony)
    if found is not None and not found.over:
        raise Refused(
            "start-under-way",
            f"{found.row.username} has started this {found.row.at:%Y-%m-%d %H:%M:%S} UTC, and it "
            "is under way.",
            state="It was not started a second time.",
            next_step="Follow it on the page of the ceremony.",
        )


def refuse_stale(ceremony: Ceremony, fingerprint: str) -> None:
    """Raises Refused (approval-stale) where the page showed another round than the newest."""
    if ceremony.fingerprint != fingerprint:
        raise Refused(
            "approval-stale",
            f"Ceremony {ceremony.pk} has another round now ({ceremony.round}); you were shown "
            f"{fingerprint.rpartition(':')[2][:8]}.",
            state=NOTHING_STARTED,
            next_step="Read what it is now; start it from there.",
        )


def refuse_unstartable(ceremony: Ceremony, deed: Deed, caller: Caller) -> None:
    """Raises Refused where the ceremony's state, its gates or its halt are against it:
    ceremony-state, target-halted, and what ``judge.refuse_now`` raises.
    """
    if deed is Deed.RUN:
        refuse_now(ceremony, caller, conf.load(), looked=False)
        return
    wanted = State.HALTED if deed is Deed.WAY_BACK else State.VERIFYING
    if State(ceremony.state) is not wanted or _is_rollback(ceremony, deed):
        raise _not_now(ceremony, deed)
    if deed is Deed.WAY_BACK and not is_decided(ceremony):
        raise Refused(
            "target-halted",
            f"The target {ceremony.target.alias!r} is halted, and nobody has decided to take "
            f"ceremony {ceremony.pk} back.",
            state=NOTHING_STARTED,
            next_step="Decide it first: assess the halt, then decide to roll back.",
        )


def is_decided(ceremony: Ceremony) -> bool:
    """Whether the way back of a halted ceremony may be taken: no halt of its target stands, or to
    roll back is what was decided about it.
    """
    halt = open_halt_of(ceremony.target)
    return halt is None or lets_through(halt, ceremony.pk, Direction.ROLL_BACK)


def way_back_decided(dossier: Dossier) -> bool:
    """The same from what was read."""
    ceremony = dossier.ceremony
    halt = open_halt_among(dossier.halts, ceremony.target)
    if halt is None:
        return True
    decided = lets_pass(state_among(dossier.halts, halt.id), ceremony, Direction.ROLL_BACK)
    return decided and halt.ceremony == ceremony.pk


def duty_against(dossier: Dossier, user: AbstractUser) -> str:
    """Why the policy keeps a person from running this, in a sentence; ``""`` for nothing."""
    ceremony, policy, names = dossier.ceremony, dossier.policy, names_of(user)
    name = evidence.clean(user.get_username())
    if Duty.AUTHOR_OPERATOR in policy.separate and shared(names, known_authors(ceremony)):
        return f"{name!r} is one of its authors, and the policy keeps author and operator apart."
    counting = (one for one in quorum_in(dossier, Purpose.APPROVAL).standings if one.counts)
    signers = [name for one in counting for name in names_of(one.sign_off.user)]
    if Duty.APPROVER_OPERATOR in policy.separate and shared(names, signers):
        return f"{name!r} has approved it, and the policy keeps approver and operator apart."
    return ""


def needs_environment(ceremony: Ceremony, deed: Deed) -> bool:
    """Whether the environment's name has to be typed: where the risk is high or not stated, and
    where a protected target asks nobody else.
    """
    if deed is Deed.VERIFY:
        return False
    if needs_typing(ceremony):
        return True
    return ceremony.environment != conf.LOCAL and policy_of(newest_round(ceremony)).is_open


def refuse_untyped(ceremony: Ceremony, deed: Deed, typed: str) -> None:
    """Raises Refused (environment-typed-wrong)."""
    if needs_environment(ceremony, deed) and typed != ceremony.environment:
        raise Refused(
            "environment-typed-wrong",
            f"This is not the name of the environment: {ceremony.environment}.",
            state=NOTHING_STARTED,
            next_step=f"Type {ceremony.environment}, if that is where it shall run.",
        )


def deeds_of(ceremony: Ceremony) -> Iterator[Deed]:
    """What a ceremony in its state is started for; gates and halts aside."""
    state = State(ceremony.state)
    if state is State.APPROVED:
        yield Deed.RUN
    if state is State.HALTED and ceremony.direction == Direction.APPLY.value:
        yield Deed.WAY_BACK
    if state is State.VERIFYING:
        yield Deed.VERIFY


def _is_rollback(ceremony: Ceremony, deed: Deed) -> bool:
    return deed is Deed.WAY_BACK and ceremony.direction != Direction.APPLY.value


def _not_now(ceremony: Ceremony, deed: Deed) -> Refused:
    what = "No way back of it is taken" if deed is Deed.WAY_BACK else "No verification is open"
    return Refused(
        "ceremony-state",
        f"Ceremony {ceremony.pk} is {ceremony.state}. {what}.",
        state=NOTHING_STARTED,
        next_step="Its page says what is next.",
    )
