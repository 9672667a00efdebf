"""Sign: one person's decision about a ceremony, bound to exactly what the person was shown.

Nothing is carried over: a new round, another run, another halt is another subject, which nobody has
signed yet.
"""

from collections.abc import Mapping

from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from ceremony.actions import evidence
from ceremony.actions.ceremonies import acting, advance, ceremony_unknown, expire_due, note
from ceremony.actions.control import control_errors
from ceremony.actions.halt_decision import accept_as_is
from ceremony.actions.people import authenticated, groups_of
from ceremony.actions.quorums import QuorumNow, quorum_now
from ceremony.actions.rounds import manifest_of, newest_round, policy_of
from ceremony.actions.sign_refusals import (
    refuse_late,
    refuse_open_items,
    refuse_repeated,
    refuse_signer,
    refuse_stale,
    refuse_unfit,
    refuse_unseen,
    refuse_without_password,
)
from ceremony.actions.signing import SignRequest, meaning_of
from ceremony.core.chain import Json
from ceremony.core.manifest import Manifest
from ceremony.core.states import Act, State
from ceremony.models import AuditHead, Ceremony, Decision, Purpose, SignOff, StoredManifest
from ceremony.models.audit import Action

_COMPLETED: Mapping[tuple[Purpose, State], Act] = {
    (Purpose.APPROVAL, State.REQUESTED): Act.APPROVE,
    (Purpose.ACCEPTANCE, State.AWAITING_SIGN_OFF): Act.SIGN_OFF,
}
"""What the signature that completes a quorum does. One about a halt carries out what was decided
(``accept_as_is``), and a review changes nothing but what may come next.
"""


@control_errors()
def sign(request: SignRequest, user: AbstractUser) -> SignOff:
    """Record the decision of ``user``, who is logged in; with a password, after asking for it.

    The signature that completes the quorum moves the ceremony on. Raises UsageError
    (ceremony-unknown) and Refused: approval-late, approval-stale, approval-repeated,
    approval-not-allowed, approval-not-asked, approval-own, operator-not-separate, comment-missing,
    approval-invisible, fingerprint-typed-wrong, data-loss-unaccepted, items-open, password-missing,
    password-wrong, password-locked, withdrawal-empty.
    """
    expire_due(timezone.now())
    _refuse_unknown(request, user)
    with acting(request.number) as (head, ceremony):
        refuse_late(ceremony, request.purpose, request.decision)
        stored = newest_round(ceremony)
        manifest = manifest_of(stored)
        now = quorum_now(ceremony, request.purpose)
        refuse_stale(request, now.subject)
        person = type(user)._default_manager.get(pk=user.pk)
        refuse_repeated(person, request, now.subject)
        refuse_signer(person, request, now)
        refuse_unfit(request, ceremony, manifest)
        refuse_unseen(request, manifest)
        refuse_open_items(request, stored)
        row = _row(request, person, stored, manifest)
        _record(head, ceremony, row)
        _move(head, ceremony, row, quorum_now(ceremony, request.purpose))
    return row


def _refuse_unknown(request: SignRequest, user: AbstractUser) -> None:
    """The password, asked before anything is locked: checking one takes its time."""
    ceremony = Ceremony.objects.filter(pk=request.number).first()
    if ceremony is None:
        raise ceremony_unknown(request.number)
    refuse_late(ceremony, request.purpose, request.decision)
    refuse_without_password(request, policy_of(newest_round(ceremony)))
    if request.password:
        authenticated(user.get_username(), request.password)


def _row(
    request: SignRequest, user: AbstractUser, stored: StoredManifest, manifest: Manifest
) -> SignOff:
    return SignOff(
        manifest=stored,
        purpose=request.purpose.value,
        decision=request.decision.value,
        subject=request.fingerprint,
        user_id=user.pk,
        username=evidence.bounded(user.get_username(), 255),
        groups=sorted(groups_of(user)),
        meaning=meaning_of(manifest, request.purpose, request.decision, request.fingerprint),
        comment=evidence.bounded(request.comment.strip()),
        accepted=[evidence.bounded(one) for one in request.accepted],
        reauthenticated=bool(request.password),
        signed_at=timezone.now(),
    )


def _record(head: AuditHead, ceremony: Ceremony, row: SignOff) -> None:
    told: dict[str, Json] = {
        "purpose": row.purpose,
        "decision": row.decision,
        "subject": row.subject,
        "meaning": row.meaning,
        "comment": row.comment,
        "accepted": list(row.accepted),
        "groups": list(row.groups),
        "reauthenticated": row.reauthenticated,
    }
    row.event = note(head, ceremony, Action.SIGNED, row.username, told, (row,)).sequence
    row.save(force_insert=True)


def _move(head: AuditHead, ceremony: Ceremony, row: SignOff, now: QuorumNow) -> None:
    """What follows from the decision, if anything does."""
    act = _act(State(ceremony.state), row, now)
    if act is not None:
        advance(head, ceremony, act, row.username, {"sign_off": row.pk})
    elif now.purpose is Purpose.DECISION and row.decision == Decision.APPROVE and now.complete:
        accept_as_is(head, ceremony, row.username)


def _act(state: State, row: SignOff, now: QuorumNow) -> Act | None:
    if row.decision == Decision.REQUEST_CHANGES:
        return Act.REQUEST_CHANGES
    if row.decision == Decision.REJECT:
        return Act.REJECT
    if row.decision == Decision.APPROVE and now.complete:
        return _COMPLETED.get((now.purpose, state))
    withdrawn = row.decision == Decision.WITHDRAW and now.purpose is Purpose.APPROVAL
    return Act.WITHDRAW if withdrawn and state is State.APPROVED and now.missing else None
