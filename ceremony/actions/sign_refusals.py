"""What stands against a sign-off, each with its code, what is so now, and what to do."""

from collections.abc import Mapping

from django.contrib.auth.models import AbstractUser

from ceremony.actions import evidence
from ceremony.actions.acceptance import unfinished
from ceremony.actions.dossier import Dossier
from ceremony.actions.halts import open_halt_among, open_halt_of, state_among, state_of
from ceremony.actions.quorums import QuorumNow, same_person
from ceremony.actions.signers import may_speak, objection_to
from ceremony.actions.signing import TYPED, SignRequest, first_of, is_typed, losses_of
from ceremony.core.halting import Course
from ceremony.core.header import Risk
from ceremony.core.manifest import Manifest
from ceremony.core.policies.form import from_document
from ceremony.core.policy import Policy
from ceremony.core.states import BEFORE_THE_RUN, State
from ceremony.core.text import UNSEEN, decode
from ceremony.errors import Refused
from ceremony.models import Blob, Ceremony, Decision, Purpose, SignOff, StoredManifest

UNCHANGED = "Nothing was recorded, and no database was touched."

_ASKED_FOR = frozenset({State.REQUESTED, State.APPROVED})
_BEFORE = BEFORE_THE_RUN - {State.DRAFT}
_IN_TIME: Mapping[tuple[Purpose, Decision], frozenset[State]] = {
    (Purpose.APPROVAL, Decision.APPROVE): _ASKED_FOR,
    (Purpose.APPROVAL, Decision.REQUEST_CHANGES): _ASKED_FOR,
    (Purpose.APPROVAL, Decision.WITHDRAW): _ASKED_FOR,
    (Purpose.APPROVAL, Decision.REJECT): _BEFORE,
    (Purpose.APPROVAL, Decision.COMMENT): _BEFORE,
    **{
        (purpose, decision): states
        for purpose, states in (
            (Purpose.ACCEPTANCE, frozenset({State.AWAITING_SIGN_OFF})),
            (Purpose.DECISION, frozenset({State.HALTED})),
            (Purpose.REVIEW, frozenset(State) - BEFORE_THE_RUN - {State.RUNNING}),
        )
        for decision in (Decision.APPROVE, Decision.COMMENT, Decision.WITHDRAW)
    },
}
"""When what can be signed. A pair that is not here is never signed."""


def in_time(ceremony: Ceremony, purpose: Purpose, decision: Decision) -> bool:
    """Whether the ceremony asks for this now."""
    if not _fits(ceremony, purpose, decision):
        return False
    return purpose is not Purpose.DECISION or _accept_is_decided(ceremony)


def in_time_in(dossier: Dossier, purpose: Purpose, decision: Decision) -> bool:
    """The same from what was read."""
    if not _fits(dossier.ceremony, purpose, decision):
        return False
    if purpose is not Purpose.DECISION:
        return True
    halt = open_halt_among(dossier.halts, dossier.ceremony.target)
    if halt is None or halt.ceremony != dossier.ceremony.pk:
        return False
    return state_among(dossier.halts, halt.id).awaits is Course.ACCEPT


def _fits(ceremony: Ceremony, purpose: Purpose, decision: Decision) -> bool:
    if State(ceremony.state) not in _IN_TIME.get((purpose, decision), frozenset()):
        return False
    return purpose is not Purpose.REVIEW or ceremony.overridden


def refuse_late(ceremony: Ceremony, purpose: Purpose, decision: Decision) -> None:
    """Raises Refused (approval-late) where this is not asked for in the state of the ceremony."""
    if in_time(ceremony, purpose, decision):
        return
    raise _refused(
        "approval-late",
        f"Ceremony {ceremony.pk} is {ceremony.state}: the {purpose} “{decision}” is not asked for "
        "now.",
        "Read its page again; it says what it waits for.",
    )


def refuse_stale(request: SignRequest, subject: str) -> None:
    """Raises Refused (approval-stale) where something else is to be signed than was shown."""
    if request.fingerprint == subject:
        return
    raise _refused(
        "approval-stale",
        f"It changed while you were reading: you read {_short(request.fingerprint)}, and now it is "
        f"{_short(subject)}.",
        "Read the new text; earlier sign-offs do not count for it.",
    )


def refuse_repeated(user: AbstractUser, request: SignRequest, subject: str) -> None:
    """Raises Refused (approval-repeated, withdrawal-empty): a person signs a thing once."""
    rows = SignOff.objects.filter(
        manifest__ceremony=request.number, purpose=request.purpose, subject=subject, user=user.pk
    )
    if request.decision == Decision.WITHDRAW and not rows.filter(decision=Decision.APPROVE):
        raise _refused(
            "withdrawal-empty", "You have not signed this.", "There is nothing to take back."
        )
    before = rows.filter(decision=request.decision).first()
    if before is None or request.decision == Decision.COMMENT:
        return
    raise _refused(
        "approval-repeated",
        f"You signed this already: {request.decision}, {before.signed_at:%Y-%m-%d %H:%M} UTC.",
        "Nobody signs twice. Once taken back, a signature is given anew in the next round.",
    )


def refuse_signer(user: AbstractUser, request: SignRequest, now: QuorumNow) -> None:
    """Raises Refused (approval-not-allowed, approval-own, operator-not-separate,
    approval-not-asked, approval-repeated).
    """
    if request.decision == Decision.WITHDRAW and user.is_active:
        return  # Whoever has lost the right may take back what it gave.
    approves = request.decision == Decision.APPROVE
    found = objection_to(user, now.rules) if approves else may_speak(user)
    if found is not None:
        raise _refused(found.code, found.sentence, found.next_step)
    if approves and (other := same_person(user, now.standings)):
        raise _refused(
            "approval-repeated",
            f"{evidence.clean(other)!r} has signed, and shares a name or an address with you: you "
            "count as one person.",
            "Somebody else signs. Where you are two people: give each account its own name and "
            "address.",
        )


def refuse_unfit(request: SignRequest, ceremony: Ceremony, manifest: Manifest) -> None:
    """What is missing in the form. Raises Refused (comment-missing, fingerprint-typed-wrong,
    data-loss-unaccepted).
    """
    if request.decision != Decision.APPROVE:
        if not request.comment.strip():
            raise _refused("comment-missing", "Say why, in a comment.", "It is kept for ever.")
        return
    if needs_typing(ceremony) and not is_typed(request.typed, request.fingerprint):
        raise _refused(
            "fingerprint-typed-wrong",
            f"These are not the first {TYPED} characters.",
            f"The risk is high: type the first {TYPED} characters of {request.fingerprint} behind "
            "the colon.",
        )
    unaccepted = set(losses_of(manifest)) - set(request.accepted)
    if unaccepted and request.purpose == Purpose.APPROVAL and _policy(manifest).data_loss:
        raise _refused(
            "data-loss-unaccepted",
            f"Data would be lost: {'; '.join(sorted(unaccepted))}",
            "Accept each loss, or do not approve.",
        )


def refuse_unseen(request: SignRequest, manifest: Manifest) -> None:
    """Raises Refused (approval-invisible): nobody approves what nobody sees as it runs. Such a file
    is refused when a ceremony is requested; here one is found that came in by other ways.
    """
    if (request.purpose, request.decision) != (Purpose.APPROVAL, Decision.APPROVE):
        return
    paths = {file.digest: file.path for file in manifest.changing}
    rows = Blob.objects.filter(digest__in=list(paths)).values_list("digest", "data")
    found = [
        f"{one.place}, {one.message}"
        for digest, data in rows
        for one in decode(paths[digest], bytes(data))[1]
        if one.code in UNSEEN
    ]
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise _refused(
            "approval-invisible",
            f"A file holds what a reader does not see as it runs: {min(found)}{more}",
            "Request changes: the author writes it as an escape, or takes it out.",
        )


def refuse_open_items(request: SignRequest, stored: StoredManifest) -> None:
    """Raises Refused (items-open): nothing is accepted while an item is open or has failed."""
    if (request.purpose, request.decision) != (Purpose.ACCEPTANCE, Decision.APPROVE):
        return
    found = [f"{one.item.text} ({one.result.value})" for one in unfinished(stored)]
    if found:
        raise _refused(
            "items-open",
            f"{len(found)} {'item stands' if len(found) == 1 else 'items stand'} against it: "
            f"{'; '.join(found)}",
            "Answer each, or waive it with a reason; then sign.",
        )


def refuse_without_password(request: SignRequest, policy: Policy) -> None:
    """Raises Refused (password-missing) where the policy asks for the password again."""
    if request.password or request.decision == Decision.COMMENT or not policy.reauthenticate:
        return
    raise _refused(
        "password-missing",
        "The policy asks for your password with every signature.",
        "Type your password below your decision.",
    )


def needs_typing(ceremony: Ceremony) -> bool:
    """Whether an approver types the beginning of the digest: a high risk, or one nobody stated."""
    return ceremony.risk in {Risk.HIGH.value, ""}


def _accept_is_decided(ceremony: Ceremony) -> bool:
    halt = open_halt_of(ceremony.target)
    if halt is None or halt.ceremony != ceremony.pk:
        return False
    return state_of(halt.id).awaits is Course.ACCEPT


def _policy(manifest: Manifest) -> Policy:
    return from_document(manifest.policy)


def _short(digest: str) -> str:
    return first_of(digest) or "nothing"


def _refused(code: str, happened: str, next_step: str) -> Refused:
    return Refused(code, happened, state=UNCHANGED, next_step=next_step)
