"""Signing: what a person says when signing, and the sentence that is signed."""

from dataclasses import dataclass

from ceremony.core.manifest import Manifest
from ceremony.models import Decision, Purpose

TYPED = 8
"""How many characters of a digest a person types where the risk is high."""


@dataclass(frozen=True)
class SignRequest:
    """``fingerprint`` is the subject that the page showed (``subjects.subject_of``). ``accepted``
    are the sentences with a tick. ``password`` is ``None`` where none was asked for; ``typed`` are
    the first characters of the digest, behind its algorithm.
    """

    number: int
    fingerprint: str
    purpose: Purpose
    decision: Decision
    comment: str = ""
    accepted: tuple[str, ...] = ()
    password: str | None = None
    typed: str = ""


def losses_of(manifest: Manifest) -> tuple[str, ...]:
    """What is lost by the steps, in the sentences that an approver accepts one by one."""
    return tuple(
        f"{step.version}_{step.name}: {step.data_loss}" for step in manifest.steps if step.data_loss
    )


def first_of(digest: str) -> str:
    """The characters that are typed: the first of the digest, behind its algorithm."""
    return digest.partition(":")[2][:TYPED]


def is_typed(typed: str, digest: str) -> bool:
    """Whether these are the first characters, in capitals or not, and in groups as pages show
    them or not.
    """
    first = first_of(digest)
    return bool(first) and "".join(typed.split()).lower() == first


def meaning_of(manifest: Manifest, purpose: Purpose, decision: Decision, subject: str) -> str:
    """What it means to sign this; it is kept with the signature (21 CFR 11.50)."""
    what = (
        f"round {manifest.round} of ceremony {manifest.ceremony}: {manifest.direction.value} "
        f"{manifest.series} on {manifest.target.alias} ({manifest.target.environment}), "
        f"{len(manifest.steps)} {'step' if len(manifest.steps) == 1 else 'steps'}"
    )
    return f"{_SAID[decision].get(purpose, _SAID[decision][Purpose.APPROVAL])} [{what}; {subject}]"


_SAID = {
    Decision.APPROVE: {
        Purpose.APPROVAL: "I have read exactly this and agree that it runs, and that it is taken "
        "back the way it says.",
        Purpose.ACCEPTANCE: "I have seen what ran and what was found after it, and accept it.",
        Purpose.DECISION: "I have seen why it was halted and agree that it stays as it is.",
        Purpose.REVIEW: "I have looked at what ran without an approval, and why.",
    },
    Decision.COMMENT: {Purpose.APPROVAL: "I decide nothing and say this."},
    Decision.REQUEST_CHANGES: {Purpose.APPROVAL: "I ask for changes before it may run."},
    Decision.REJECT: {Purpose.APPROVAL: "I reject it."},
    Decision.WITHDRAW: {Purpose.APPROVAL: "I take my signature back."},
}
