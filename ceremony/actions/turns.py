"""Turns: whom a ceremony waits for, and whether a person is one of them.

For lists, which show many: the rules are those of its page (quorums, gates, doors), asked of what
was read. Nothing is decided here; whoever acts is asked anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ceremony.actions.dossier import Dossier
from ceremony.actions.halts import Halt, lets_pass, open_halt_among, state_among
from ceremony.actions.people import HALT, REQUEST, RUN, Member, names_of
from ceremony.actions.quorums import QuorumNow, quorum_in, same_person
from ceremony.actions.sign_refusals import in_time_in
from ceremony.actions.signers import known_authors, objection_of
from ceremony.core.authors import shared
from ceremony.core.halting import Course
from ceremony.core.item import ItemKind, Phase
from ceremony.core.plan import Direction
from ceremony.core.policies import window
from ceremony.core.policy import Duty
from ceremony.core.quorum import Signer, seated
from ceremony.core.states import BEFORE_THE_RUN, State
from ceremony.models import Decision, Purpose


class Ask(StrEnum):
    """What a ceremony waits for. The first four are the purposes of a sign-off."""

    APPROVAL = Purpose.APPROVAL.value
    ACCEPTANCE = Purpose.ACCEPTANCE.value
    DECISION = Purpose.DECISION.value
    REVIEW = Purpose.REVIEW.value
    REQUEST = "request"
    CHANGE = "change"
    ANSWER = "answer"
    RUN = "run"
    WINDOW = "window"
    HALT = "halt"


@dataclass(frozen=True)
class Wait:
    """One thing that a ceremony waits for. ``who`` is a group, or the name of a person; ``""`` is
    anybody who has the right. ``have`` of ``need`` signatures are there; of items, ``need`` are
    open. ``at`` is when a window opens (UTC), ``None`` for never.
    """

    ask: Ask
    who: str = ""
    have: int = 0
    need: int = 0
    at: datetime | None = None


def waits_of(dossier: Dossier, changed: bool, now: datetime) -> tuple[Wait, ...]:
    """Everything that it waits for at ``now`` (UTC): nothing while it runs, or after its end.

    ``changed``: something is known to be otherwise since its round was asked for. Raises Tampered
    (manifest-damaged).
    """
    state = State(dossier.ceremony.state)
    if state in BEFORE_THE_RUN:
        return _before(dossier, state, changed, now)
    return tuple(_after(dossier, state))


def is_asked(member: Member, wait: Wait, dossier: Dossier) -> bool:
    """Whether the person can do what is waited for, and is one of those who are to."""
    if wait.ask in Purpose.values:
        return _fills_a_seat(member, Purpose(wait.ask.value), dossier)
    if wait.ask in {Ask.CHANGE, Ask.REQUEST}:
        return member.may(REQUEST) and _is_author(member, dossier)
    if wait.ask in {Ask.RUN, Ask.ANSWER}:
        return member.may(RUN) and _may_operate(member, dossier)
    return wait.ask is Ask.HALT and member.may(HALT)


def _before(dossier: Dossier, state: State, changed: bool, now: datetime) -> tuple[Wait, ...]:
    if state is State.DRAFT:
        return (Wait(Ask.REQUEST, dossier.ceremony.requester),)
    if changed or state is State.CHANGES_REQUESTED:
        return (Wait(Ask.CHANGE, dossier.ceremony.requester),)
    return tuple(_seats(dossier, Purpose.APPROVAL)) or tuple(_of_a_run(dossier, now))


def _of_a_run(dossier: Dossier, now: datetime) -> Iterator[Wait]:
    """What stands between an approval and its run; the run itself where nothing does."""
    found = []
    if _is_stopped(dossier):
        found.append(Wait(Ask.HALT))
    if unanswered := _unanswered(dossier):
        found.append(Wait(Ask.ANSWER, need=unanswered))
    opens = window.next_opening(dossier.policy.windows, now) if dossier.policy.windows else now
    if opens != now:
        found.append(Wait(Ask.WINDOW, at=opens))
    yield from found or [Wait(Ask.RUN)]


def _after(dossier: Dossier, state: State) -> Iterator[Wait]:
    if state is State.HALTED:
        yield from _of_a_halt(dossier)
    if state is State.AWAITING_SIGN_OFF:
        left = sum(not one.lets_go_on for phase in Phase for one in dossier.judged(phase))
        if left:
            yield Wait(Ask.ANSWER, need=left)
        yield from _seats(dossier, Purpose.ACCEPTANCE)
    yield from _seats(dossier, Purpose.REVIEW)


def _of_a_halt(dossier: Dossier) -> Iterator[Wait]:
    """Under a policy without halts nobody waits for anybody."""
    halt = _halt(dossier)
    if halt is None:
        return
    awaited = state_among(dossier.halts, halt.id).awaits
    if awaited is Course.ROLL_BACK:
        yield Wait(Ask.RUN)
    elif awaited is Course.FIX_FORWARD:
        yield Wait(Ask.CHANGE, dossier.ceremony.requester)
    else:
        yield from tuple(_seats(dossier, Purpose.DECISION)) or (Wait(Ask.HALT),)


def _seats(dossier: Dossier, purpose: Purpose) -> Iterator[Wait]:
    """The seats that nobody has taken yet, where they are to be taken now."""
    if not in_time_in(dossier, purpose, Decision.APPROVE):
        return
    for one in quorum_in(dossier, purpose).seats:
        if one.missing:
            quorum = one.quorum
            yield Wait(Ask(purpose.value), quorum.group, len(one.taken), quorum.count)


def _is_stopped(dossier: Dossier) -> bool:
    """Whether a halt of its database stands against the run."""
    halt, ceremony = _halt(dossier), dossier.ceremony
    if halt is None:
        return False
    halted = ceremony if halt.ceremony == ceremony.pk else None
    state = state_among(dossier.halts, halt.id)
    return halted is None or not lets_pass(state, halted, Direction(ceremony.direction))


def _halt(dossier: Dossier) -> Halt | None:
    return open_halt_among(dossier.halts, dossier.ceremony.target)


def _unanswered(dossier: Dossier) -> int:
    """How many items of the pre-flight are left for people to answer."""
    if not dossier.policy.preflight:
        return 0
    items = dossier.judged(Phase.PREFLIGHT)
    return sum(one.item.kind is ItemKind.HUMAN and not one.lets_go_on for one in items)


def _fills_a_seat(member: Member, purpose: Purpose, dossier: Dossier) -> bool:
    now = quorum_in(dossier, purpose)
    if any(one.sign_off.user_id == member.user.pk for one in now.standings):
        return False
    if objection_of(member, now.rules) or same_person(member.user, now.standings):
        return False
    signers = [*_signers(now, dossier), Signer(str(member.user.pk), member.groups)]
    return sum(one.missing for one in seated(now.rules.quorums, signers)) < now.missing


def _signers(now: QuorumNow, dossier: Dossier) -> Iterator[Signer]:
    for one in now.standings:
        if one.counts:
            user = one.sign_off.user
            yield Signer(str(user.pk), dossier.member(user).groups)


def _may_operate(member: Member, dossier: Dossier) -> bool:
    """Whether the duties of the policy leave the run to the person."""
    separate = dossier.policy.separate
    if Duty.AUTHOR_OPERATOR in separate and _is_author(member, dossier):
        return False
    standings = quorum_in(dossier, Purpose.APPROVAL).standings
    approved = any(one.counts and one.sign_off.user_id == member.user.pk for one in standings)
    return not (Duty.APPROVER_OPERATOR in separate and approved)


def _is_author(member: Member, dossier: Dossier) -> bool:
    return bool(shared(names_of(member.user), known_authors(dossier.ceremony)))
