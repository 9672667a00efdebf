"""What the page of a ceremony shows, read from evidence; a damaged round is told as such."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet
from django.utils import timezone

from ceremony import conf
from ceremony.actions.dossier import Dossier, dossier_of, dossiers_of
from ceremony.actions.gates import gates_in
from ceremony.actions.items import counting
from ceremony.actions.people import SIGN, Member
from ceremony.actions.quorum_gates import quorum_gates
from ceremony.actions.signing import losses_of
from ceremony.actions.stale_seen import changes_between
from ceremony.admin.ceremony_words import standing_of
from ceremony.admin.doors import ANSWERERS, doors_in
from ceremony.admin.frozen_files import steps_of
from ceremony.core.gates import Gate, GateState
from ceremony.core.item import ItemKind, Judged, Phase
from ceremony.core.states import BEFORE_THE_RUN, State
from ceremony.errors import CeremonyError
from ceremony.models import Ceremony, JudgedItem, Purpose, SignOff, StoredManifest
from ceremony.sources.folder import read_series

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
    (dossier,) = dossiers_of([ceremony], viewers=(user.pk,), whole=True, certificates=True)
    shown: dict[str, Any] = {
        "sign_offs": dossier.sign_offs,
        "checklists": checklists_in(dossier, dossier.member(user)),
        "halts": [one for one in dossier.halts if one.ceremony_id == ceremony.pk],
        "transitions": ceremony.history.order_by("number"),
        "runs": dossier.runs,
        "remarks": dossier.remarks,
        "gates": (),
        "doors": (),
        "fault": None,
    }
    try:
        shown |= _of_the_round(dossier, user)
    except CeremonyError as error:
        shown["fault"] = error
    newest = [one for one in dossier.sign_offs if one.manifest.round == ceremony.round]
    return {**shown, "standing": standing_of(ceremony, shown["gates"], newest)}


def round_in(dossier: Dossier) -> dict[str, Any]:
    """What is signed: the manifest of the newest round with its frozen files.

    Raises Tampered (manifest-damaged, frozen-missing, frozen-differs).
    """
    steps, way_back = steps_of(dossier.manifest)
    return {
        "stored": dossier.stored,
        "manifest": dossier.manifest,
        "policy": dossier.policy,
        "losses": losses_of(dossier.manifest),
        "steps": steps,
        "way_back": way_back,
    }


def staleness_in(dossier: Dossier) -> dict[str, Any]:
    """What is known to have changed since the round was requested; or why that cannot be told."""
    ceremony = dossier.ceremony
    if State(ceremony.state) not in BEFORE_THE_RUN or not ceremony.round:
        return {"changed": ()}
    try:
        settings = conf.load()
        files = read_series(settings.root, ceremony.series)
        return {"changed": changes_between(ceremony, dossier.manifest, files, settings)}
    except CeremonyError as error:
        return {"changed": (), "untold": error.happened}


def checklists_in(dossier: Dossier, member: Member) -> tuple[tuple[str, list[ShownItem]], ...]:
    """The items of the newest round by phase; phases without items are left out."""
    found = ((phase.value, _items(dossier, phase, member)) for phase in Phase)
    return tuple((phase, items) for phase, items in found if items)


def _of_the_round(dossier: Dossier, user: AbstractUser) -> Mapping[str, Any]:
    if not dossier.ceremony.round:
        return {"doors": doors_in(dossier, user)}
    return {
        "gates": _gates(dossier, timezone.now()),
        **staleness_in(dossier),
        "doors": doors_in(dossier, user),
        **round_in(dossier),
    }


def _gates(dossier: Dossier, now: datetime) -> tuple[Gate, ...]:
    """What stands before its run; once it ran, what stands before its acceptance."""
    state = State(dossier.ceremony.state)
    if state in BEFORE_THE_RUN:
        return gates_in(dossier, now)
    if state is State.AWAITING_SIGN_OFF:
        items = (_item_gate(one) for one in dossier.unfinished)
        return (*items, *quorum_gates(dossier, Purpose.ACCEPTANCE))
    return ()


def _item_gate(one: Judged) -> Gate:
    """What a signature after the run is refused for (items-open)."""
    fix = "Answer it with evidence, or waive it." if _is_human(one) else "Waive it, with a reason."
    name = f"{one.item.phase.value.capitalize()}: {one.item.text.rstrip('.')}"
    return Gate(name, GateState.SHUT, f"{one.result.value}. {one.explanation}".strip(), fix)


def _is_human(one: Judged) -> bool:
    return one.item.kind is ItemKind.HUMAN


def _items(dossier: Dossier, phase: Phase, member: Member) -> list[ShownItem]:
    state = State(dossier.ceremony.state)
    asked = state in (BEFORE_THE_RUN if phase is Phase.PREFLIGHT else _AFTER)
    answers = asked and any(member.may(right) for right in ANSWERERS)
    waives = (asked or state in _AFTER) and member.may(SIGN)
    return [
        ShownItem(
            row,
            judged,
            answers and _is_human(judged),
            waives and not judged.lets_go_on,
        )
        for row, judged in dossier.items.values()
        if judged.item.phase is phase
    ]


def counting_rows(stored: StoredManifest, phase: Phase) -> tuple[tuple[JudgedItem, Judged], ...]:
    """The rows that count, each the newest of its item that the audit trail tells of."""
    return tuple(one for one in counting(stored).values() if one[1].item.phase is phase)


def round_of(ceremony: Ceremony) -> dict[str, Any]:
    """What is signed, as ``round_in``."""
    return round_in(dossier_of(ceremony))


def staleness_of(ceremony: Ceremony) -> dict[str, Any]:
    """What changed, as ``staleness_in``."""
    return staleness_in(dossier_of(ceremony))


def sign_offs_of(ceremony: Ceremony) -> QuerySet[SignOff]:
    """Everything that was signed, in the order in which it was."""
    rows = SignOff.objects.filter(manifest__ceremony=ceremony)
    return rows.select_related("manifest").order_by("pk")


def checklists_of(
    ceremony: Ceremony, user: AbstractUser
) -> tuple[tuple[str, list[ShownItem]], ...]:
    """The items, as ``checklists_in``."""
    (dossier,) = dossiers_of([ceremony], viewers=(user.pk,))
    return checklists_in(dossier, dossier.member(user))
