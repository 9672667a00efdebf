"""Signers: who may sign what about a ceremony, and why somebody may not.

The same rules hold when somebody signs and when a run counts the sign-offs: rights, groups and
activity are those of this moment.
"""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser

from ceremony.actions import evidence
from ceremony.actions.dossier import Dossier, dossier_of
from ceremony.actions.people import SIGN, Member, member_of, names_of
from ceremony.core.authors import shared
from ceremony.core.policy import Duty, Policy, Quorum
from ceremony.models import Ceremony, Purpose, RunPurpose

REVIEWERS = (Quorum("", 2),)
"""Break-glass is looked at by two others, whatever the policy says."""

_AFTER_A_RUN = frozenset({Purpose.ACCEPTANCE, Purpose.DECISION, Purpose.REVIEW})


@dataclass(frozen=True)
class Objection:
    """Why a person may not sign: a code, and a sentence about the person."""

    code: str
    sentence: str
    next_step: str


@dataclass(frozen=True)
class Rules:
    """What a purpose asks for: seats, duties that one person may not join, and those who have the
    other part.
    """

    quorums: tuple[Quorum, ...]
    separate: frozenset[Duty]
    authors: tuple[str, ...]
    operators: tuple[str, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that are asked; ``""`` is anybody who may sign."""
        return tuple(quorum.group for quorum in self.quorums)


def rules_of(ceremony: Ceremony, policy: Policy, purpose: Purpose) -> Rules:
    """The rules for signing with this purpose, as they are now."""
    return rules_in(dossier_of(ceremony), policy, purpose)


def rules_in(dossier: Dossier, policy: Policy, purpose: Purpose) -> Rules:
    """The same from what was read."""
    quorums = {
        Purpose.APPROVAL: policy.approvals,
        Purpose.ACCEPTANCE: policy.acceptances,
        Purpose.DECISION: policy.approvals,
        Purpose.REVIEW: REVIEWERS,
    }[purpose]
    separate = frozenset(Duty) if purpose is Purpose.REVIEW else policy.separate
    ran = RunPurpose.OVERRIDE if purpose is Purpose.REVIEW else None
    operators = dossier.operators(ran) if purpose in _AFTER_A_RUN else ()
    return Rules(quorums, separate, known_authors(dossier.ceremony), operators)


def known_authors(ceremony: Ceremony) -> tuple[str, ...]:
    """Every name of an author: those of when it was asked for, and those that the account which
    asked has now. Another name makes nobody another person.
    """
    asked = ceremony.requested_by
    return (*ceremony.authors, *(names_of(asked) if asked else ()))


def objection_to(user: AbstractUser, rules: Rules) -> Objection | None:
    """Why ``user`` may not approve or accept now; ``None`` where nothing stands against it."""
    return objection_of(member_of(user), rules)


def objection_of(member: Member, rules: Rules) -> Objection | None:
    """The same of a person whose rights and groups are known."""
    return _right(member) or separation(member.user, rules) or _seat(member, rules)


def may_speak(user: AbstractUser) -> Objection | None:
    """Why ``user`` may not even comment, ask for changes or reject."""
    return silence_of(member_of(user))


def silence_of(member: Member) -> Objection | None:
    """The same of a person whose rights are known."""
    return _right(member)


def _right(member: Member) -> Objection | None:
    name = evidence.clean(member.user.get_username())
    if not member.user.is_active:
        return Objection("approval-not-allowed", f"{name!r} is not active.", "Somebody else signs.")
    if member.may(SIGN):
        return None
    return Objection(
        "approval-not-allowed",
        f"{name!r} may not sign.",
        f"Somebody with the permission ceremony.{SIGN} signs; being a superuser does not count.",
    )


def separation(user: AbstractUser, rules: Rules) -> Objection | None:
    """Why ``user`` may not sign for the other part that he or she has; no question is asked."""
    name = evidence.clean(user.get_username())
    if Duty.AUTHOR_APPROVER in rules.separate and shared(names_of(user), rules.authors):
        return Objection(
            "approval-own",
            f"{name!r} is one of the authors, and the policy keeps author and approver apart.",
            "Somebody who did not write it signs.",
        )
    if Duty.APPROVER_OPERATOR in rules.separate and shared(names_of(user), rules.operators):
        return Objection(
            "operator-not-separate",
            f"{name!r} ran it, and the policy keeps approver and operator apart.",
            "Somebody who did not run it signs.",
        )
    return None


def _seat(member: Member, rules: Rules) -> Objection | None:
    name = evidence.clean(member.user.get_username())
    if not rules.quorums:
        return Objection(
            "approval-not-asked", "The policy asks nobody for this.", "There is nothing to sign."
        )
    if "" in rules.groups or member.groups & set(rules.groups):
        return None
    return Objection(
        "approval-not-allowed",
        f"{name!r} is in none of the groups that are asked: {', '.join(rules.groups)}.",
        "Somebody of these groups signs.",
    )
