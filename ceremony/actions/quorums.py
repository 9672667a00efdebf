"""Quorums as they are now: which sign-offs count at this moment, and what is missing.

No column says that something is approved: rows, people, groups and the audit trail do, and they are
asked each time. A row that no event of the trail tells of counts for nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser

from ceremony.actions.people import groups_of, names_of
from ceremony.actions.rounds import newest_round, policy_of
from ceremony.actions.signers import Rules, objection_to, rules_of
from ceremony.actions.subjects import subject_of
from ceremony.actions.targets import same_database
from ceremony.core.authors import shared
from ceremony.core.policy import Policy
from ceremony.core.quorum import Seats, Signer, seated
from ceremony.models import AuditEvent, AuditHead, Ceremony, Decision, Purpose, SignOff, Target
from ceremony.models.audit import Action
from ceremony.models.row_digest import row_digest


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
    rules = rules_of(ceremony, policy or policy_of(newest_round(ceremony)), purpose)
    subject = subject_of(ceremony, purpose)
    standings = tuple(_standings(_approvals(ceremony, purpose, subject), rules))
    signers = [
        Signer(str(one.sign_off.user_id), groups_of(one.sign_off.user))
        for one in standings
        if one.counts
    ]
    names = {str(one.sign_off.user_id): one.sign_off.username for one in standings}
    seats = tuple(
        Seats(one.quorum, tuple(names[taken] for taken in one.taken))
        for one in seated(rules.quorums, signers)
    )
    return QuorumNow(purpose, subject, rules, standings, seats)


def is_told(sign_off: SignOff) -> bool:
    """Whether the event that the row names tells of exactly this row, and stands in the trail:
    behind the one before it, and before the next one or at the head.
    """
    number = sign_off.event
    beside = (number - 1, number, number + 1)
    found = {one.sequence: one for one in AuditEvent.objects.filter(sequence__in=beside)}
    event, before, after = (found.get(one) for one in (number, *beside[::2]))
    if event is None or before is None or event.fault():
        return False
    follows = after.previous_hash if after else AuditHead.current().hash
    if (event.previous_hash, follows) != (before.hash, event.hash):
        return False
    told = (sign_off._meta.db_table, row_digest(sign_off))
    return event.action == Action.SIGNED.value and told in event.rows()


def _approvals(ceremony: Ceremony, purpose: Purpose, subject: str) -> Sequence[SignOff]:
    """The sign-offs that approve the subject and were not withdrawn by the same person later."""
    rows = SignOff.objects.filter(
        manifest__ceremony=ceremony, purpose=purpose, subject=subject
    ).select_related("user")
    found: dict[int, SignOff] = {}
    for row in rows.order_by("pk"):
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
    for ceremony in ran.select_related("target").order_by("pk"):
        if missing := quorum_now(ceremony, Purpose.REVIEW).missing:
            yield ceremony, missing


def same_person(user: AbstractUser, standings: Iterable[Standing]) -> str:
    """The name of another account that has signed and shares a name or an address with ``user``:
    the two count as one person. ``""`` for none.
    """
    for one in standings:
        signer = one.sign_off.user
        if one.counts and signer.pk != user.pk and shared(names_of(user), names_of(signer)):
            return one.sign_off.username
    return ""


def _standings(approvals: Iterable[SignOff], rules: Rules) -> list[Standing]:
    found: list[Standing] = []
    for row in approvals:
        found.append(Standing(row, _why_not(row, rules, found)))
    return found


def _why_not(row: SignOff, rules: Rules, before: Iterable[Standing]) -> str:
    if not is_told(row):
        return "The audit trail does not tell of it."
    if objection := objection_to(row.user, rules):
        return objection.sentence
    other = same_person(row.user, before)
    return f"This account and {other!r} share a name, and count as one person." if other else ""
