"""What the page of a ceremony shows, read from evidence; a damaged round is told as such."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet
from django.utils import timezone

from ceremony import conf
from ceremony.actions.acceptance import unfinished
from ceremony.actions.gates import gates_of
from ceremony.actions.items import judged_of, newest
from ceremony.actions.people import SIGN, may
from ceremony.actions.quorum_gates import quorum_gates
from ceremony.actions.rounds import manifest_of, newest_round, policy_of
from ceremony.actions.signing import losses_of
from ceremony.actions.stale_seen import changes_seen
from ceremony.admin.ceremony_words import standing_of
from ceremony.admin.doors import ANSWERERS, doors_of
from ceremony.admin.frozen_files import steps_of
from ceremony.core.gates import Gate, GateState
from ceremony.core.item import ItemKind, Judged, Phase
from ceremony.core.states import BEFORE_THE_RUN, State
from ceremony.errors import CeremonyError
from ceremony.models import Ceremony, JudgedItem, Purpose, SignOff, StoredManifest

_AFTER = frozenset({State.VERIFYING, State.AWAITING_SIGN_OFF})


@dataclass(frozen=True)
class ShownItem:
    """An item with its newest row, and what the person may do about it."""

    row: JudgedItem
    judged: Judged
    answers: bool
    waives: bool


def page_of(ceremony: Ceremony, user: AbstractUser) -> dict[str, Any]:
    """Everything that the page shows of ``ceremony`` to ``user``."""
    sign_offs = sign_offs_of(ceremony)
    shown: dict[str, Any] = {
        "sign_offs": sign_offs,
        "checklists": checklists_of(ceremony, user),
        "halts": ceremony.halts.order_by("pk"),
        "transitions": ceremony.history.order_by("number"),
        "runs": ceremony.runs.select_related("run__outcome").order_by("run_id"),
        "remarks": ceremony.remarks.order_by("pk"),
        "rounds": ceremony.manifests.order_by("-round"),
        "gates": (),
        "doors": (),
        "fault": None,
    }
    try:
        shown |= _of_the_round(ceremony, user)
    except CeremonyError as error:
        shown["fault"] = error
    newest = [one for one in sign_offs if one.manifest.round == ceremony.round]
    return {**shown, "standing": standing_of(ceremony, shown["gates"], newest)}


def round_of(ceremony: Ceremony) -> dict[str, Any]:
    """What is signed: the manifest of the newest round with its frozen files.

    Raises Tampered (manifest-damaged, frozen-missing, frozen-differs).
    """
    stored = newest_round(ceremony)
    manifest = manifest_of(stored)
    steps, way_back = steps_of(manifest)
    return {
        "stored": stored,
        "manifest": manifest,
        "policy": policy_of(stored),
        "losses": losses_of(manifest),
        "steps": steps,
        "way_back": way_back,
    }


def staleness_of(ceremony: Ceremony) -> dict[str, Any]:
    """What is known to have changed since the round was requested; or why that cannot be told."""
    try:
        return {"changed": changes_seen(ceremony, conf.load())}
    except CeremonyError as error:
        return {"changed": (), "untold": error.happened}


def sign_offs_of(ceremony: Ceremony) -> QuerySet[SignOff]:
    """Everything that was signed, in the order in which it was."""
    rows = SignOff.objects.filter(manifest__ceremony=ceremony)
    return rows.select_related("manifest").order_by("pk")


def checklists_of(
    ceremony: Ceremony, user: AbstractUser
) -> tuple[tuple[str, list[ShownItem]], ...]:
    """The items of the newest round by phase; phases without items are left out."""
    stored = ceremony.manifests.order_by("-round").first()
    if stored is None:
        return ()
    found = ((phase.value, _items(ceremony, stored, phase, user)) for phase in Phase)
    return tuple((phase, items) for phase, items in found if items)


def _of_the_round(ceremony: Ceremony, user: AbstractUser) -> Mapping[str, Any]:
    if not ceremony.round:
        return {"doors": doors_of(ceremony, user)}
    return {
        "gates": _gates(ceremony),
        **staleness_of(ceremony),
        "doors": doors_of(ceremony, user),
        **round_of(ceremony),
    }


def _gates(ceremony: Ceremony) -> tuple[Gate, ...]:
    """What stands before its run; once it ran, what stands before its acceptance."""
    state = State(ceremony.state)
    if state in BEFORE_THE_RUN:
        return gates_of(ceremony, timezone.now())
    if state is State.AWAITING_SIGN_OFF:
        items = (_item_gate(one) for one in unfinished(newest_round(ceremony)))
        return (*items, *quorum_gates(ceremony, Purpose.ACCEPTANCE))
    return ()


def _item_gate(one: Judged) -> Gate:
    """What a signature after the run is refused for (items-open)."""
    fix = "Answer it with evidence, or waive it." if _is_human(one) else "Waive it, with a reason."
    name = f"{one.item.phase.value.capitalize()}: {one.item.text.rstrip('.')}"
    return Gate(name, GateState.SHUT, f"{one.result.value}. {one.explanation}".strip(), fix)


def _is_human(one: Judged) -> bool:
    return one.item.kind is ItemKind.HUMAN


def counting_rows(stored: StoredManifest, phase: Phase) -> tuple[tuple[JudgedItem, Judged], ...]:
    """The rows that count, each the newest of its item that the audit trail tells of."""
    rows = stored.items.filter(phase=phase.value).select_related("user").order_by("-pk")
    kept = [(row, judged_of(row)) for row in rows]
    found = (
        next((one for one in kept if one[1] == judged), None) for judged in newest(stored, phase)
    )
    return tuple(one for one in found if one is not None)


def _items(
    ceremony: Ceremony, stored: StoredManifest, phase: Phase, user: AbstractUser
) -> list[ShownItem]:
    state = State(ceremony.state)
    asked = state in (BEFORE_THE_RUN if phase is Phase.PREFLIGHT else _AFTER)
    answers = asked and any(may(user, right) for right in ANSWERERS)
    waives = (asked or state in _AFTER) and may(user, SIGN)
    return [
        ShownItem(
            row,
            judged,
            answers and _is_human(judged),
            waives and not judged.lets_go_on,
        )
        for row, judged in counting_rows(stored, phase)
    ]
