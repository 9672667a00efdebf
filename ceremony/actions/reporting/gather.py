"""A ceremony as its report tells it, gathered from control. Reads only, as of the caller's
transaction.
"""

from collections.abc import Iterator, Sequence

from ceremony.actions.items import newest
from ceremony.actions.reporting.people import (
    halts_of,
    history_of,
    remarks_of,
    signed_of,
)
from ceremony.actions.reporting.places import elsewhere_of, holds_of, place_of
from ceremony.actions.reporting.rehearsals import drills_of
from ceremony.actions.reporting.runs import runs_of
from ceremony.actions.reporting.texts import Signed, inventory_of, notes_of, signed_texts
from ceremony.core.checklist.acceptance import acceptance_of
from ceremony.core.checklist.entries import Entry
from ceremony.core.checklist.preflight import preflight_of
from ceremony.core.checklist.summary import Summary
from ceremony.core.execution.asks import asks_of
from ceremony.core.execution.facts import ApprovedBack, ExecutionReport, Rules
from ceremony.core.execution.verdict import judged
from ceremony.core.item import Item, ItemKind, ItemResult, Judged, Phase
from ceremony.core.manifest import ManifestStep
from ceremony.core.plan import Direction
from ceremony.core.policies.form import from_document
from ceremony.core.policies.strictness import weaknesses
from ceremony.core.states import State
from ceremony.models import Ceremony


def gathered(ceremony: Ceremony) -> ExecutionReport:
    """The report of a ceremony as it stands, with its verdict.

    Raises Tampered (manifest-damaged, frozen-differs).
    """
    signed = signed_texts(ceremony)
    lines = inventory_of(signed) if signed else ()
    report = ExecutionReport(
        number=ceremony.pk,
        title=ceremony.title,
        series=ceremony.series,
        direction=ceremony.direction,
        state=State(ceremony.state),
        round=ceremony.round,
        fingerprint=ceremony.fingerprint,
        risk=ceremony.risk,
        overridden=ceremony.overridden,
        requester=ceremony.requester,
        authors=tuple(ceremony.authors),
        created_at=ceremony.created_at,
        place=place_of(ceremony),
        rules=_rules(ceremony, signed),
        summary=signed.summary if signed else Summary("", "", "", {}),
        inventory=lines,
        way_back=_way_back(signed),
        history=history_of(ceremony),
        signed=signed_of(ceremony),
        preflight=_preflight(signed),
        runs=runs_of(ceremony),
        verification=_items(signed, Phase.VERIFICATION),
        acceptance=_acceptance(signed),
        drills=drills_of(signed) if signed else (),
        compensation=signed.compensation if signed else (),
        halts=halts_of(ceremony),
        remarks=remarks_of(ceremony),
        risks=signed.risks if signed else (),
        notes=notes_of(ceremony.series),
        elsewhere=elsewhere_of(ceremony, signed),
        holds=holds_of(ceremony),
    )
    return judged(report)


def _preflight(signed: Signed | None) -> tuple[Judged, ...]:
    found = _items(signed, Phase.PREFLIGHT)
    asked = preflight_of(signed.asked).human if signed else ()
    return (*found, *_unanswered(found, asked, Phase.PREFLIGHT))


def _acceptance(signed: Signed | None) -> tuple[Judged, ...]:
    found = _items(signed, Phase.ACCEPTANCE)
    forward = signed is not None and signed.manifest.direction is Direction.APPLY
    asked = acceptance_of(signed.asked) if signed and forward else ()
    return (*found, *_unanswered(found, asked, Phase.ACCEPTANCE))


def _items(signed: Signed | None, phase: Phase) -> tuple[Judged, ...]:
    return newest(signed.stored, phase) if signed else ()


def _unanswered(found: Sequence[Judged], asked: Sequence[Entry], phase: Phase) -> Iterator[Judged]:
    """What the series asks for and nobody recorded anything about: that is NOT RUN, too."""
    known = {one.item.id for one in found}
    for entry in asked:
        if entry.id not in known:
            kind = ItemKind.AUTOMATIC if entry.automatic else ItemKind.HUMAN
            item = Item(entry.id, entry.text, kind, phase)
            yield Judged(item, ItemResult.NOT_RUN, "Nothing is recorded.")


def _rules(ceremony: Ceremony, signed: Signed | None) -> Rules:
    if signed is None:
        return Rules(ceremony.policy, "", is_open=False)
    policy = from_document(signed.manifest.policy)
    return Rules(
        name=policy.name,
        version=signed.manifest.policy_version,
        is_open=policy.is_open,
        asks=asks_of(policy),
        rehearsal=policy.rehearsal,
        verify=policy.verify,
        acceptance=bool(policy.acceptances),
        weaknesses=weaknesses(policy),
    )


def _way_back(signed: Signed | None) -> tuple[ApprovedBack, ...]:
    found: dict[str, list[ManifestStep]] = {}
    for step in signed.manifest.way_back if signed else ():
        found.setdefault(step.variant, []).append(step)
    return tuple(
        ApprovedBack(
            variant,
            tuple(one.label for one in steps),
            tuple(f"{one.label}: {one.data_loss}" for one in steps if one.data_loss),
        )
        for variant, steps in found.items()
    )
