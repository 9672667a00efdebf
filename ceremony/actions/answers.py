"""Answers: what people say about items of a checklist, and what they waive.

An answer carries evidence: words, facts, a file. A waiver says why going on is right all the same;
it is for those who may sign, and not for authors where the policy keeps the two apart.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from ceremony import conf
from ceremony.actions import evidence
from ceremony.actions.acceptance import accept_if_nobody_is_asked
from ceremony.actions.ceremonies import acting
from ceremony.actions.control import control_errors
from ceremony.actions.halt import raise_halt
from ceremony.actions.items import act_of, clean_json, newest, row_of
from ceremony.actions.people import REQUEST, RUN, SIGN, may, names_of
from ceremony.actions.rounds import newest_round, policy_of
from ceremony.actions.signers import rules_of
from ceremony.core.authors import shared
from ceremony.core.chain import Json
from ceremony.core.checklist.judging import HALTS
from ceremony.core.halting import Condition
from ceremony.core.item import Item, ItemKind, ItemResult, Judged, Phase
from ceremony.core.policy import Duty
from ceremony.core.states import BEFORE_THE_RUN, State
from ceremony.errors import Refused, UsageError
from ceremony.models import AuditHead, Blob, Ceremony, JudgedItem, Purpose, StoredManifest
from ceremony.models.audit import Action

LARGEST = 5 * 2**20
"""Bytes of a file that is attached as evidence."""

_AFTER = frozenset({State.VERIFYING, State.HALTED, State.AWAITING_SIGN_OFF})
_OPEN_IN: Mapping[Phase, frozenset[State]] = {
    Phase.PREFLIGHT: BEFORE_THE_RUN,
    Phase.VERIFICATION: _AFTER,
    Phase.ACCEPTANCE: _AFTER,
}
"""In which states an item of a phase is answered. What was left open before a run can still be
waived before the sign-off.
"""


@dataclass(frozen=True)
class Attachment:
    """A file as evidence; ``name`` is what the person calls it."""

    name: str
    data: bytes = field(repr=False)


@control_errors()
def answer(
    number: int,
    phase: Phase,
    item: str,
    result: ItemResult,
    told: Mapping[str, str],
    attachment: Attachment | None,
    person: AbstractUser,
) -> Judged:
    """Record a person's answer to a human item of ceremony ``number``: PASS or FAIL, with evidence.

    ``told`` are words and facts by name (``note``, ``path``, ``size``, ``digest`` …). FAIL of an
    item that halts stops the world, where the policy has halts.

    Raises UsageError (ceremony-unknown, item-unknown) and Refused: item-not-human, item-closed,
    item-not-allowed, evidence-missing, evidence-too-large.
    """
    kept = {key: value.strip() for key, value in told.items() if value.strip()}
    _refuse_without_evidence(kept, attachment)
    with acting(number) as (head, ceremony):
        manifest = newest_round(ceremony)
        found = _item(manifest, phase, item)
        _refuse_not_human(found.item, result)
        _refuse_closed(ceremony, phase)
        if not any(may(person, right) for right in (REQUEST, RUN, SIGN)):
            raise _not_allowed(person, "answer items", f"{REQUEST}, {RUN} or {SIGN}")
        halts = bool(found.evidence.get(HALTS))
        facts: dict[str, Json] = {**kept, **({HALTS: True} if halts else {})}
        row = row_of(manifest, Judged(found.item, result, kept.get("note", ""), facts))
        _attach(row, attachment)
        judged = _keep(head, ceremony, manifest, row, person, Action.ITEM_ANSWERED)
    if halts and result is ItemResult.FAIL and _can_halt(ceremony, manifest):
        _halt(ceremony, judged, person.get_username())
    return judged


@control_errors()
def waive(number: int, phase: Phase, item: str, why: str, person: AbstractUser) -> Judged:
    """Record that an item which stands against going on is no hindrance, and why.

    Raises UsageError (ceremony-unknown, item-unknown) and Refused: waiver-without-reason,
    waiver-not-needed, item-closed, item-not-allowed, waiver-own.
    """
    if not why.strip():
        raise _refused("waiver-without-reason", "A waiver needs a reason.", "Say why, in words.")
    with acting(number) as (head, ceremony):
        manifest = newest_round(ceremony)
        found = _item(manifest, phase, item)
        if found.result in (ItemResult.PASS, ItemResult.WAIVED):
            raise _refused(
                "waiver-not-needed",
                f"{item!r} is {found.result.value}: nothing stands against going on.",
                "There is nothing to do.",
            )
        if State(ceremony.state) not in _OPEN_IN[phase] | _AFTER:
            raise _closed(ceremony, phase)
        _refuse_waiver(ceremony, manifest, person)
        facts: dict[str, Json] = {"waived": found.result.value, "found": found.explanation}
        row = row_of(manifest, Judged(found.item, ItemResult.WAIVED, why.strip(), facts))
        return _keep(head, ceremony, manifest, row, person, Action.ITEM_WAIVED)


def _item(manifest: StoredManifest, phase: Phase, item: str) -> Judged:
    every = newest(manifest, phase)
    found = next((one for one in every if one.item.id == item), None)
    if found is None:
        known = ", ".join(one.item.id for one in every) or "none yet"
        raise UsageError(
            "item-unknown",
            f"The {phase.value} of ceremony {manifest.ceremony_id}, round {manifest.round}, has no "
            f"item {evidence.clean(item)!r}.",
            next_step=f"Its items: {known}.",
        )
    return found


def _keep(
    head: AuditHead,
    ceremony: Ceremony,
    manifest: StoredManifest,
    row: JudgedItem,
    person: AbstractUser,
    action: Action,
) -> Judged:
    """The row with its event; where nothing is open any more and nobody is asked, the sign-off."""
    row.user_id, row.by, row.at = (
        person.pk,
        evidence.bounded(person.get_username(), 255),
        (timezone.now()),
    )
    detail: dict[str, Json] = {
        "phase": row.phase,
        "item": row.item,
        "result": row.result,
        "explanation": row.explanation,
    }
    head.append([act_of(action, ceremony, row.by, detail, (row,))])
    row.save(force_insert=True)
    accept_if_nobody_is_asked(head, ceremony, manifest, policy_of(manifest))
    return next(one for one in newest(manifest, Phase(row.phase)) if one.item.id == row.item)


def _can_halt(ceremony: Ceremony, manifest: StoredManifest) -> bool:
    after_the_run = State(ceremony.state) in (State.VERIFYING, State.AWAITING_SIGN_OFF)
    return after_the_run and policy_of(manifest).halt


def _attach(row: JudgedItem, attachment: Attachment | None) -> None:
    """The bytes under their digest; the same file is kept once."""
    if attachment is None:
        return
    digest = f"sha256:{hashlib.sha256(attachment.data).hexdigest()}"
    blob = Blob(digest=digest, size=len(attachment.data), data=attachment.data)
    Blob.objects.bulk_create([blob], ignore_conflicts=True)
    row.blob_id = digest
    facts: dict[str, Json] = {
        "name": attachment.name,
        "bytes": len(attachment.data),
        "digest": digest,
    }
    row.evidence = {**row.evidence, "file": clean_json(facts)}


def _halt(ceremony: Ceremony, judged: Judged, name: str) -> None:
    """Stop the world for an item that somebody answered with FAIL."""
    text = f"{judged.item.text} {name} answered that it does not hold: "
    text += judged.explanation or "see the evidence."
    target = conf.target(ceremony.target.alias, conf.load())
    raise_halt(target, Condition.TEST_FAILED, text, name, ceremony.pk)


def _refuse_not_human(item: Item, result: ItemResult) -> None:
    if item.kind is ItemKind.HUMAN and result in {ItemResult.PASS, ItemResult.FAIL}:
        return
    raise _refused(
        "item-not-human",
        f"Nobody answers {item.id!r} with {result.value}: it is {item.kind.value}.",
        "An automatic item is looked at again by the next run, or waived with a reason.",
    )


def _refuse_without_evidence(told: Mapping[str, str], attachment: Attachment | None) -> None:
    if not told and attachment is None:
        raise _refused(
            "evidence-missing",
            "An answer without evidence is no answer.",
            "Say what shows it: a path with size and digest, a link, a file, or a sentence.",
        )
    if attachment is not None and len(attachment.data) > LARGEST:
        raise _refused(
            "evidence-too-large",
            f"The file has {len(attachment.data)} bytes; {LARGEST} are the most.",
            "Keep it where it is, and give its path, size and digest.",
        )


def _refuse_closed(ceremony: Ceremony, phase: Phase) -> None:
    if State(ceremony.state) not in _OPEN_IN[phase]:
        raise _closed(ceremony, phase)


def _refuse_waiver(ceremony: Ceremony, manifest: StoredManifest, person: AbstractUser) -> None:
    """Who waives has the right to sign. Where the policy keeps authors, or those who ran it, from
    approving, it keeps them from waiving, too.
    """
    if not may(person, SIGN):
        raise _not_allowed(person, "waive items", SIGN)
    rules = rules_of(ceremony, policy_of(manifest), Purpose.ACCEPTANCE)
    if Duty.AUTHOR_APPROVER in rules.separate and shared(names_of(person), rules.authors):
        raise _own(person, "is one of the authors", "author")
    if Duty.APPROVER_OPERATOR in rules.separate and shared(names_of(person), rules.operators):
        raise _own(person, "ran it", "operator")


def _own(person: AbstractUser, what: str, part: str) -> Refused:
    return _refused(
        "waiver-own",
        f"{evidence.clean(person.get_username())!r} {what}, and the policy keeps {part} and "
        "approver apart.",
        "Somebody else waives it, or what is wrong is put right.",
    )


def _closed(ceremony: Ceremony, phase: Phase) -> Refused:
    return _refused(
        "item-closed",
        f"Ceremony {ceremony.pk} is {ceremony.state}: items of its {phase.value} are not answered "
        "now.",
        "Read its page again; it says what it waits for.",
    )


def _not_allowed(person: AbstractUser, what: str, rights: str) -> Refused:
    return _refused(
        "item-not-allowed",
        f"{evidence.clean(person.get_username())!r} may not {what}.",
        f"Somebody with the permission {rights} does it; being a superuser does not count.",
    )


def _refused(code: str, happened: str, next_step: str) -> Refused:
    state = "Nothing was recorded, and no database was touched."
    return Refused(code, happened, state=state, next_step=next_step)
