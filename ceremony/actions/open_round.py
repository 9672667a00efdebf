"""Opening a round: the manifest that people are to sign, frozen, stored and asked for, in one
transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.contrib.auth.models import AbstractUser

from ceremony.actions.ceremonies import advance, locked
from ceremony.actions.conclude import OPEN_POLICY
from ceremony.actions.manifest import freeze_files
from ceremony.actions.ready import Ready, now
from ceremony.actions.record import recording
from ceremony.core.chain import Json
from ceremony.core.manifest import Manifest, written
from ceremony.core.plan import Plan
from ceremony.core.policies.given import risk_of
from ceremony.core.policy import Policy
from ceremony.core.series import Series
from ceremony.core.states import Act
from ceremony.models import AuditHead, Ceremony, StoredManifest


@dataclass(frozen=True)
class Proposal:
    """What would run now, under which policy. ``manifest`` has no number yet."""

    here: Ready
    plan: Plan
    series: Series
    policy: Policy
    manifest: Manifest


@dataclass(frozen=True)
class Round:
    """What is said about a proposal, all of it cleaned. ``requester`` is the name of who asks,
    ``account`` the account where one was authenticated; ``asked`` is what shaped the plan.
    """

    title: str
    why: str
    requester: str
    account: AbstractUser | None = None
    authors: tuple[str, ...] = ()
    asked: Mapping[str, Json] = field(default_factory=dict)


def open_round(proposal: Proposal, said: Round, number: int = 0) -> tuple[Ceremony, StoredManifest]:
    """The next round of ceremony ``number``, or the first of a new one (0), requested.

    Under a policy that asks nobody it is approved at once. Raises Refused (ceremony-state) and
    UsageError (ceremony-unknown), and RuntimeError inside another transaction.
    """
    with recording() as head:
        ceremony = (
            locked(number)
            if number
            else begun(proposal.here, proposal.plan, said.requester, said.account)
        )
        stored = stored_round(
            ceremony, proposal.series, proposal.manifest, said.requester, said.why
        )
        stored.asked = dict(said.asked)
        stored.save(force_insert=True)
        _requested(head, ceremony, stored, proposal, said)
    return ceremony, stored


def begun(here: Ready, plan: Plan, requester: str, account: AbstractUser | None = None) -> Ceremony:
    """A ceremony as it begins, before its first round. ``requester`` is cleaned."""
    moment = now()
    return Ceremony.objects.create(
        target=here.target,
        series=plan.series,
        direction=plan.direction.value,
        environment=here.access.target.environment,
        requester=requester,
        requested_by_id=account.pk if account else None,
        created_at=moment,
        changed_at=moment,
    )


def stored_round(
    ceremony: Ceremony, series: Series, manifest: Manifest, made_by: str, why: str
) -> StoredManifest:
    """The next round of a ceremony that is locked or new, not saved yet: its manifest under its
    numbers, with the bytes frozen. The row of the ceremony knows of it; the act saves that.
    """
    ceremony.round += 1
    numbered = replace(manifest, ceremony=ceremony.pk, round=ceremony.round)
    freeze_files(series, numbered)
    document, ceremony.fingerprint = written(numbered)
    return StoredManifest(
        ceremony=ceremony,
        round=ceremony.round,
        fingerprint=ceremony.fingerprint,
        document=document,
        why=why,
        made_by=made_by,
        made_at=now(),
    )


def _requested(
    head: AuditHead, ceremony: Ceremony, stored: StoredManifest, proposal: Proposal, said: Round
) -> None:
    policy = proposal.policy
    ceremony.title, ceremony.policy = said.title, policy.name
    ceremony.risk = risk_of(proposal.plan)
    # Who made an earlier round has made this one, too.
    ceremony.authors = list(dict.fromkeys((*ceremony.authors, *said.authors)))
    hours = policy.expires_hours
    ceremony.expires_at = stored.made_at + timedelta(hours=hours) if hours else None
    told: dict[str, Json] = {
        "title": said.title,
        "why": said.why,
        "asked": dict(said.asked),
        "authors": list(ceremony.authors),
        "policy_version": proposal.manifest.policy_version,
        "migrations": len(proposal.plan.steps),
    }
    advance(head, ceremony, Act.REQUEST, said.requester, told, (stored,))
    if policy.is_open:
        advance(head, ceremony, Act.APPROVE, OPEN_POLICY)
