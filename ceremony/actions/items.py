"""The items of a checklist in control: results as they were found, answered and waived.

Every result is a row of its own with its audit event; the newest of an item counts. A waiver stands
for its round: what is found later is kept with it, and does not take it back, but a PASS does.
"""

from collections.abc import Mapping, Sequence

from django.utils.timezone import now

from ceremony.actions import evidence
from ceremony.actions.ceremonies import locked
from ceremony.actions.dossier import known_items
from ceremony.actions.people import members
from ceremony.actions.record import recording
from ceremony.actions.told import item_events, items_told
from ceremony.core.chain import Json
from ceremony.core.item import ItemKind, ItemResult, Judged, Phase
from ceremony.models import AuditHead, Ceremony, JudgedItem, StoredManifest, audit
from ceremony.models.audit import Action
from ceremony.models.together import together


def newest(manifest: StoredManifest, phase: Phase) -> tuple[Judged, ...]:
    """Every item of a phase with its newest result, in the order of the checklist.

    A row that no event of the trail tells of counts for nothing: somebody else put it there.
    """
    known = (one for _, one in counting(manifest).values())
    return tuple(one for one in known if one.item.phase is phase)


def newest_facts(manifest: StoredManifest, phase: Phase, item: str) -> Mapping[str, Json]:
    """The evidence of one item's newest result; nothing where it has none."""
    found = counting(manifest).get((phase, item))
    return found[1].evidence if found else {}


def counting(manifest: StoredManifest) -> dict[tuple[Phase, str], tuple[JudgedItem, Judged]]:
    """Every item of the round with its newest result, and the row that keeps it."""
    found = together(
        rows=manifest.items.order_by("pk"), events=item_events((manifest.ceremony_id,))
    )
    people = {one.user.pk: one.user for one in members({o.user_id for o in found["rows"]} - {None})}
    for row in found["rows"]:
        row.user = people.get(row.user_id)
    return known_items(found["rows"], items_told(found["events"]))


def record_items(manifest: StoredManifest, judged: Sequence[Judged], actor: str) -> None:
    """Keep what was found automatically; one event ``items judged``. Commits on its own."""
    if judged:
        with recording() as head:
            write_items(head, locked(manifest.ceremony_id), manifest, judged, actor)


def write_items(
    head: AuditHead,
    ceremony: Ceremony,
    manifest: StoredManifest,
    judged: Sequence[Judged],
    actor: str,
) -> None:
    """The same inside a transaction that holds the head and the ceremony.

    A human item that somebody has answered is not written over by nobody's answer.
    """
    known = {name: one for name, (_, one) in counting(manifest).items()}
    kept = [_beside(one, known.get((one.item.phase, one.item.id))) for one in judged]
    rows = [row_of(manifest, one) for one in kept if one is not None]
    if not rows:
        return
    told: list[Json] = [
        {"phase": row.phase, "item": row.item, "result": row.result} for row in rows
    ]
    head.append([act_of(Action.ITEMS_JUDGED, ceremony, actor, {"items": told}, rows)])
    JudgedItem.objects.bulk_create(rows)


def row_of(manifest: StoredManifest, one: Judged) -> JudgedItem:
    """The row that keeps a result, not yet saved."""
    return JudgedItem(
        manifest=manifest,
        phase=one.item.phase.value,
        item=one.item.id,
        text=evidence.bounded(one.item.text),
        kind=one.item.kind.value,
        result=one.result.value,
        explanation=evidence.bounded(one.explanation),
        evidence=clean_json(dict(one.evidence)),
        by=evidence.bounded(one.by, 255),
        at=one.at or now(),
    )


def act_of(
    action: Action,
    ceremony: Ceremony,
    actor: str,
    detail: Mapping[str, Json],
    rows: Sequence[JudgedItem],
) -> audit.Act:
    """The event of results; it carries the digest of every row."""
    told: Mapping[str, Json] = {
        **detail,
        "ceremony": ceremony.pk,
        "round": ceremony.round,
        "fingerprint": ceremony.fingerprint,
    }
    return audit.Act(
        action,
        evidence.bounded(actor, 255),
        ceremony.target.alias,
        ceremony.series,
        subject_of(ceremony.pk),
        told,
        tuple(rows),
    )


def subject_of(number: int) -> str:
    """What events about a ceremony are about."""
    return f"Ceremony {number}"


def clean_json(value: Json) -> Json:
    """The value without what PostgreSQL's jsonb or the trail cannot hold, every text bounded."""
    if isinstance(value, str):
        return evidence.bounded(value)
    if isinstance(value, Mapping):
        return {evidence.bounded(key, 200): clean_json(one) for key, one in value.items()}
    if isinstance(value, Sequence):
        return [clean_json(one) for one in value]
    return value


def _beside(found: Judged, before: Judged | None) -> Judged | None:
    """What is kept of ``found`` where the item has a result already; ``None`` for nothing."""
    if before is None:
        return found
    if found.item.kind is ItemKind.HUMAN and found.result is ItemResult.NOT_RUN:
        return None
    if before.result is ItemResult.WAIVED and found.result is not ItemResult.PASS:
        waived, _, _ = before.explanation.partition(_FOUND)
        told = f"{waived}{_FOUND}{found.result.value}: {found.explanation}"
        return Judged(found.item, ItemResult.WAIVED, told, found.evidence, before.by, found.at)
    return found


_FOUND = "\nFound then: "
"""What stands between a waiver's reason and what was found under it."""
