"""Quorums as they are now: which sign-offs count at this moment, and what is missing.

No column says that something is approved: rows, people, groups and the audit trail do, and they are
asked each time. A row that no event of the trail tells of counts for nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser

from ceremony.actions.dossier import Dossier, dossier_of, dossiers_of
from ceremony.actions.people import names_of
from ceremony.actions.signers import Rules, objection_of, rules_in
from ceremony.actions.subjects import subject_in
from ceremony.actions.targets import same_database
from ceremony.core.authors import shared
from ceremony.core.policy import Policy
from ceremony.core.quorum import Seats, Signer, seated
from ceremony.models import Ceremony, Decision, Purpose, SignOff, Target


@dataclass(frozen=True)
class Standing:
    """A sign-off that was not withdrawn. ``why_not`` says why it does not count now, ``""`` where
    it does.
    """

    sign_off: SignOff
    why_not: str

    @property
    def counts(self) -> bool:
        return not self.why_not


@dataclass(frozen=True)
class QuorumNow:
    """``seats`` are filled by the standings that count."""

    purpose: Purpose
    subject: str
    rules: Rules
    standings: tuple[Standing, ...]
    seats: tuple[Seats, ...]

    @property
    def complete(self) -> bool:
        """Whether everybody who is needed has signed. Where nobody is asked, nobody is needed."""
        return not self.missing

    @property
    def missing(self) -> int:
        """How many people are still needed."""
        return sum(seats.missing for seats in self.seats)


def quorum_now(ceremony: Ceremony, purpose: Purpose, policy: Policy | None = None) -> QuorumNow:
    """Who signed the newest round for ``purpose``, and who is missing.

    ``policy`` is the manifest's own without another one. Raises Tampered (manifest-damaged), and
    StoredManifest.DoesNotExist for a draft.
    """
    return quorum_in(dossier_of(ceremony), purpose, policy)


def quorum_in(dossier: Dossier, purpose: Purpose, policy: Policy | None = None) -> QuorumNow:
    """The same from what was read."""
    rules = rules_in(dossier, policy or dossier.policy, purpose)
    subject = subject_in(dossier, purpose)
    standings = tuple(_standings(_approvals(dossier, purpose, subject), rules, dossier))
    signers = [
        Signer(str(one.sign_off.user_id), dossier.member(one.sign_off.user).groups)
        for one in standings
        if one.counts
    ]
    names = {str(one.sign_off.user_id): one.sign_off.username for one in standings}
    seats = tuple(
        Seats(one.quorum, tuple(names[taken] for taken in one.taken))
        for one in seated(rules.quorums, signers)
    )
    return QuorumNow(purpose, subject, rules, standings, seats)


def _approvals(dossier: Dossier, purpose: Purpose, subject: str) -> Sequence[SignOff]:
    """The sign-offs that approve the subject and were not withdrawn by the same person later."""
    found: dict[int, SignOff] = {}
    for row in dossier.sign_offs:
        if (row.purpose, row.subject) != (purpose.value, subject):
            continue
        if row.decision == Decision.APPROVE:
            found.setdefault(row.user_id, row)
        elif row.decision == Decision.WITHDRAW:
            found.pop(row.user_id, None)
    return list(found.values())


def unreviewed(target: Target) -> Iterator[tuple[Ceremony, int]]:
    """The break-glass ceremonies of a database, by whatever alias, at which others have still to
    look; each with how many.
    """
    ran = Ceremony.objects.filter(target__in=same_database(target), overridden=True)
    return unreviewed_among(dossiers_of(list(ran.select_related("target").order_by("pk"))))


def unreviewed_among(ran: Iterable[Dossier]) -> Iterator[tuple[Ceremony, int]]:
    """The same among ceremonies that ran without an approval."""
    for one in ran:
        if missing := quorum_in(one, Purpose.REVIEW).missing:
            yield one.ceremony, missing


def same_person(user: AbstractUser, standings: Iterable[Standing]) -> str:
    """The name of another account that has signed and shares a name or an address with ``user``:
    the two count as one person. ``""`` for none.
    """
    for one in standings:
        signer = one.sign_off.user
        if one.counts and signer.pk != user.pk and shared(names_of(user), names_of(signer)):
            return one.sign_off.username
    return ""


def _standings(approvals: Iterable[SignOff], rules: Rules, dossier: Dossier) -> list[Standing]:
    found: list[Standing] = []
    for row in approvals:
        found.append(Standing(row, _why_not(row, rules, found, dossier)))
    return found


def _why_not(row: SignOff, rules: Rules, before: Iterable[Standing], dossier: Dossier) -> str:
    if not dossier.trail.tells(row):
        return "The audit trail does not tell of it."
    if objection := objection_of(dossier.member(row.user), rules):
        return objection.sentence
    other = same_person(row.user, before)
    return f"This account and {other!r} share a name, and count as one person." if other else ""
