"""Recipients: who can act on what a notice tells of, as it is when the notice goes out."""

from collections.abc import Iterable, Iterator

from django.contrib.auth.models import AbstractUser

from ceremony.actions.people import HALT, RUN, SIGN, all_who_may, names_of
from ceremony.actions.quorums import quorum_now
from ceremony.actions.rounds import newest_round, policy_of
from ceremony.actions.signers import objection_to
from ceremony.core.authors import shared
from ceremony.core.notice import Occasion
from ceremony.core.policy import Duty, Policy
from ceremony.core.states import Act
from ceremony.models import Ceremony, Purpose

_FOR_APPROVERS = frozenset({Act.REQUEST, Act.WITHDRAW})
_FOR_NOBODY = frozenset({Act.START, Act.FINISH, Act.ACCEPT_AS_IS})


def addresses_after(number: int, act: Act) -> tuple[str, ...]:
    """The e-mail addresses of everybody whom an act leaves something to do, or whose change it is.

    Under a policy that asks nobody, nobody is written to: such changes come and go by the dozen.
    Raises Tampered (manifest-damaged).
    """
    ceremony = Ceremony.objects.select_related("requested_by").get(pk=number)
    policy = policy_of(newest_round(ceremony)) if ceremony.round else None
    asks_nobody = policy is None or not (policy.approvals or policy.acceptances)
    if act is not Act.OVERRIDE and (asks_nobody or act in _FOR_NOBODY):
        return ()
    return _addresses(_after(ceremony, act, policy))


def addresses_on(occasion: Occasion, number: int) -> tuple[str, ...]:
    """The same for what moves no state; ``number`` is the ceremony's, 0 for none."""
    ceremony = Ceremony.objects.select_related("requested_by").filter(pk=number).first()
    if occasion is Occasion.REVIEW_DUE and ceremony is not None:
        return _addresses(_signers(ceremony, Purpose.REVIEW))
    return _addresses((*all_who_may(HALT), *_requester(ceremony)))


def _after(ceremony: Ceremony, act: Act, policy: Policy | None) -> Iterable[AbstractUser]:
    if act in _FOR_APPROVERS:
        return _signers(ceremony, Purpose.APPROVAL)
    if act is Act.VERIFY:
        return _signers(ceremony, Purpose.ACCEPTANCE)
    if act is Act.APPROVE and policy is not None:
        return (*_operators(ceremony, policy), *_requester(ceremony))
    if act in {Act.HALT, Act.OVERRIDE}:
        everybody = (*all_who_may(HALT), *_requester(ceremony))
        return everybody if act is Act.HALT else (*everybody, *all_who_may(SIGN))
    return _requester(ceremony)


def _signers(ceremony: Ceremony, purpose: Purpose) -> Iterator[AbstractUser]:
    """Everybody who may sign and has not, while somebody is missing."""
    now = quorum_now(ceremony, purpose)
    if now.complete:
        return
    signed = {one.sign_off.user_id for one in now.standings if one.counts}
    for user in all_who_may(SIGN):
        if user.pk not in signed and objection_to(user, now.rules) is None:
            yield user


def _operators(ceremony: Ceremony, policy: Policy) -> Iterator[AbstractUser]:
    """Everybody who may run it: neither its author nor one who approved it, where those are kept
    apart.
    """
    now = quorum_now(ceremony, Purpose.APPROVAL, policy)
    approved = {one.sign_off.user_id for one in now.standings if one.counts}
    for user in all_who_may(RUN):
        is_author = shared(names_of(user), ceremony.authors)
        own = Duty.AUTHOR_OPERATOR in policy.separate and is_author
        if not own and not (Duty.APPROVER_OPERATOR in policy.separate and user.pk in approved):
            yield user


def _requester(ceremony: Ceremony | None) -> tuple[AbstractUser, ...]:
    user = ceremony.requested_by if ceremony else None
    return (user,) if isinstance(user, AbstractUser) and user.is_active else ()


def _addresses(people: Iterable[AbstractUser]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(user.email for user in people if user.email))
