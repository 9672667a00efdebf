"""Doors: what a person can do about a ceremony now, and why he or she cannot do the rest.

A page shows them. Nothing is decided here: every action asks again, under the lock.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ceremony.actions.dossier import Dossier
from ceremony.actions.halts import open_halt_among
from ceremony.actions.people import HALT, REQUEST, RUN, SIGN, Member
from ceremony.actions.quorums import quorum_in, quorum_now
from ceremony.actions.sign_refusals import in_time_in
from ceremony.actions.signers import objection_of
from ceremony.actions.start_refusals import deeds_of, duty_against, way_back_decided
from ceremony.core.starting import Deed
from ceremony.core.states import Act, State, after
from ceremony.models import Ceremony, Decision, Purpose

StrOrPromise = str | Promise

SPEAKERS = (REQUEST, RUN, SIGN, HALT)
"""Rights, any of which lets a person write remarks."""

ANSWERERS = (REQUEST, RUN, SIGN)
"""Rights, any of which lets a person answer items."""

SIGNING = {
    Purpose.APPROVAL: ("sign", _("Review and sign off")),
    Purpose.ACCEPTANCE: ("accept", _("Accept what came of it")),
    Purpose.DECISION: ("decision", _("Agree that it stays as it is")),
    Purpose.REVIEW: ("review", _("Review the run without approval")),
}
"""Name of the page, and label, for each purpose of a sign-off."""


STARTING = {
    Deed.RUN: ("run", _("Run it")),
    Deed.WAY_BACK: ("way_back", _("Take it back, the approved way")),
    Deed.VERIFY: ("verify_again", _("Verify it again")),
}
"""Name of the page, and label, for each deed that is started from it."""


@dataclass(frozen=True)
class Door:
    """``url`` is ``""`` where the person cannot go through now; ``why_not`` then says why.
    ``waited_for``: it is what the ceremony waits for. ``name`` tells the act (``again``).
    """

    label: StrOrPromise
    url: str
    why_not: StrOrPromise = ""
    waited_for: bool = False
    name: str = ""


def doors_in(dossier: Dossier, user: AbstractUser) -> tuple[Door, ...]:
    """Every act that the ceremony asks for in its state: those that the person can do, then those
    that he or she cannot, with the reasons. ``user`` is one of the dossier's people.

    Raises Tampered (manifest-damaged) for a ceremony whose round was changed by other hands.
    """
    member = dossier.member(user)
    signing = () if dossier.ceremony.state == State.DRAFT else _signing(dossier, member)
    starting = () if dossier.ceremony.state == State.DRAFT else _starting(dossier, member)
    others = _others(dossier, member, user)
    return tuple(sorted((*signing, *starting, *others), key=lambda door: not door.url))


def url_of(name: str, ceremony: Ceremony, *more: object) -> str:
    """The address of one of the pages below a ceremony."""
    return reverse(f"admin:ceremony_ceremony_{name}", args=[ceremony.pk, *more])


def has_signed(ceremony: Ceremony, user: AbstractUser, purpose: Purpose) -> bool:
    """Whether the person's own signature stands for what is to be signed now."""
    return any(one.sign_off.user_id == user.pk for one in quorum_now(ceremony, purpose).standings)


def _signing(dossier: Dossier, member: Member) -> Iterator[Door]:
    for purpose, (name, label) in SIGNING.items():
        if in_time_in(dossier, purpose, Decision.COMMENT):
            yield from _signing_for(dossier, member, purpose, name, label)


def _signing_for(
    dossier: Dossier, member: Member, purpose: Purpose, name: str, label: StrOrPromise
) -> Iterator[Door]:
    """To sign, or to take back what was signed. Whoever may sign may comment, at least."""
    now = quorum_in(dossier, purpose)
    if any(one.sign_off.user_id == member.user.pk for one in now.standings):
        if in_time_in(dossier, purpose, Decision.WITHDRAW):
            url = url_of("withdraw", dossier.ceremony, purpose.value)
            yield Door(_("Withdraw my signature"), url, name=f"withdraw {purpose}")
        return
    objection = objection_of(member, now.rules)
    url = url_of(name, dossier.ceremony) if member.may(SIGN) else ""
    if objection is None:
        yield Door(label, url, waited_for=True, name=name)
    else:
        yield Door(_("Comment") if url else label, url, objection.sentence, name=name)


def _starting(dossier: Dossier, member: Member) -> Iterator[Door]:
    """What is started from the page. Who may run it, and not yet or not he or she, reads why."""
    for deed in deeds_of(dossier.ceremony):
        name, label = STARTING[deed]
        against = _against(dossier, member, deed)
        if against and member.may(RUN):
            yield Door(label, "", against, name=name)
        else:
            yield _guarded(member, (RUN,), label, url_of(name, dossier.ceremony), name=name)


def _against(dossier: Dossier, member: Member, deed: Deed) -> StrOrPromise:
    """Why the person does not start this now; ``""`` for nothing that the record knows of."""
    if deed is Deed.WAY_BACK and not way_back_decided(dossier):
        return _("Nobody has decided to roll back.")
    return duty_against(dossier, member.user) if deed is Deed.RUN else ""


def _others(dossier: Dossier, member: Member, user: AbstractUser) -> Iterator[Door]:
    ceremony = dossier.ceremony
    state = State(ceremony.state)
    is_halted = open_halt_among(dossier.halts, ceremony.target) is not None
    if state is not State.DRAFT and after(state, Act.REQUEST) is not None:
        # Where a policy has no halts, a new round is what a ceremony that stopped waits for.
        wanted = state is State.CHANGES_REQUESTED or (state is State.HALTED and not is_halted)
        url = url_of("again", ceremony)
        yield _guarded(
            member, (REQUEST,), _("Open a new round"), url, waited_for=wanted, name="again"
        )
    if after(state, Act.CANCEL) is not None:
        yield _guarded(
            member, (REQUEST,), _("Call it off"), url_of("cancel", ceremony), name="cancel"
        )
    yield _halting(ceremony, member, user, halted=is_halted)
    yield _guarded(member, SPEAKERS, _("Write a remark"), url_of("remark", ceremony), name="remark")


def _halting(ceremony: Ceremony, member: Member, user: AbstractUser, *, halted: bool) -> Door:
    """Halts belong to the target, and stand on a page of it."""
    label = _("Go on with the halt") if halted else _("Halt the target")
    if member.may(HALT) and not user.has_perm("ceremony.view_target"):
        return Door(label, "", _("It takes the permission ceremony.view_target, too."))
    url = reverse("admin:ceremony_target_halt", args=[ceremony.target_id])
    wanted = halted and State(ceremony.state) is State.HALTED
    return _guarded(member, (HALT,), label, url, waited_for=wanted, name="halt")


def _guarded(
    member: Member,
    rights: tuple[str, ...],
    label: StrOrPromise,
    url: str,
    *,
    waited_for: bool = False,
    name: str = "",
) -> Door:
    if any(member.may(right) for right in rights):
        return Door(label, url, waited_for=waited_for, name=name)
    names = " or ".join(f"ceremony.{right}" for right in rights)
    return Door(label, "", _("It takes the permission %(names)s.") % {"names": names})
