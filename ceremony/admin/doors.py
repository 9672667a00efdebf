"""Doors: what a person can do about a ceremony now, and why he or she cannot do the rest.

A page shows them. Nothing is decided here: every action asks again, under the lock.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.urls import reverse

from ceremony.actions.people import HALT, REQUEST, RUN, SIGN, may
from ceremony.actions.quorums import quorum_now
from ceremony.actions.sign_refusals import in_time
from ceremony.actions.signers import objection_to
from ceremony.core.states import Act, State, after
from ceremony.models import Ceremony, Decision, Purpose

SPEAKERS = (REQUEST, RUN, SIGN, HALT)
"""Rights, any of which lets a person write remarks."""

ANSWERERS = (REQUEST, RUN, SIGN)
"""Rights, any of which lets a person answer items."""

SIGNING = {
    Purpose.APPROVAL: ("sign", "Review and sign"),
    Purpose.ACCEPTANCE: ("accept", "Accept what came of it"),
    Purpose.DECISION: ("decision", "Agree that it stays as it is"),
    Purpose.REVIEW: ("review", "Review the run without approval"),
}
"""Name of the page, and label, for each purpose of a sign-off."""


@dataclass(frozen=True)
class Door:
    """``url`` is ``""`` where the person cannot go through now; ``why_not`` then says why.
    ``waited_for``: it is what the ceremony waits for.
    """

    label: str
    url: str
    why_not: str = ""
    waited_for: bool = False


def doors_of(ceremony: Ceremony, user: AbstractUser) -> tuple[Door, ...]:
    """Every act that the ceremony asks for in its state: those that the person can do, then those
    that he or she cannot, with the reasons.

    Raises Tampered (manifest-damaged) for a ceremony whose round was changed by other hands.
    """
    signing = () if ceremony.state == State.DRAFT else _signing(ceremony, user)
    return tuple(sorted((*signing, *_others(ceremony, user)), key=lambda door: not door.url))


def url_of(name: str, ceremony: Ceremony, *more: object) -> str:
    """The address of one of the pages below a ceremony."""
    return reverse(f"admin:ceremony_ceremony_{name}", args=[ceremony.pk, *more])


def has_signed(ceremony: Ceremony, user: AbstractUser, purpose: Purpose) -> bool:
    """Whether the person's own signature stands for what is to be signed now."""
    return any(one.sign_off.user_id == user.pk for one in quorum_now(ceremony, purpose).standings)


def _signing(ceremony: Ceremony, user: AbstractUser) -> Iterator[Door]:
    for purpose, (name, label) in SIGNING.items():
        if in_time(ceremony, purpose, Decision.COMMENT):
            yield from _signing_for(ceremony, user, purpose, name, label)


def _signing_for(
    ceremony: Ceremony, user: AbstractUser, purpose: Purpose, name: str, label: str
) -> Iterator[Door]:
    """To sign, or to take back what was signed. Whoever may sign may comment, at least."""
    now = quorum_now(ceremony, purpose)
    if any(one.sign_off.user_id == user.pk for one in now.standings):
        if in_time(ceremony, purpose, Decision.WITHDRAW):
            yield Door("Withdraw my signature", url_of("withdraw", ceremony, purpose.value))
        return
    objection = objection_to(user, now.rules)
    url = url_of(name, ceremony) if may(user, SIGN) else ""
    if objection is None:
        yield Door(label, url, waited_for=True)
    else:
        yield Door("Comment" if url else label, url, objection.sentence)


def _others(ceremony: Ceremony, user: AbstractUser) -> Iterator[Door]:
    state = State(ceremony.state)
    if state is not State.DRAFT and after(state, Act.REQUEST) is not None:
        wanted = state is State.CHANGES_REQUESTED
        yield _guarded(
            user, (REQUEST,), "Open a new round", url_of("again", ceremony), waited_for=wanted
        )
    if after(state, Act.CANCEL) is not None:
        yield _guarded(user, (REQUEST,), "Call it off", url_of("cancel", ceremony))
    yield _halting(ceremony, user, halted=state is State.HALTED)
    yield _guarded(user, SPEAKERS, "Write a remark", url_of("remark", ceremony))


def _halting(ceremony: Ceremony, user: AbstractUser, *, halted: bool) -> Door:
    """Halts belong to the target, and stand on a page of it."""
    label = "Go on with the halt" if halted else "Halt the target"
    if may(user, HALT) and not user.has_perm("ceremony.view_target"):
        return Door(label, "", "It takes the permission ceremony.view_target, too.")
    url = reverse("admin:ceremony_target_halt", args=[ceremony.target_id])
    return _guarded(user, (HALT,), label, url, waited_for=halted)


def _guarded(
    user: AbstractUser,
    rights: tuple[str, ...],
    label: str,
    url: str,
    *,
    waited_for: bool = False,
) -> Door:
    if any(may(user, right) for right in rights):
        return Door(label, url, waited_for=waited_for)
    names = " or ".join(f"ceremony.{right}" for right in rights)
    return Door(label, "", f"It takes the permission {names}.")
