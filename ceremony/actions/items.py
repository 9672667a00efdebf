"""The items of a checklist in control: results as they were found, answered and waived.

Every result is a row of its own with its audit event; the newest of an item counts. A waiver stands
for its round: what is found later is kept with it, and does not take it back, but a PASS does.
"""

from collections.abc import Mapping, Sequence

from django.utils.timezone import now

from ceremony.actions import evidence
from ceremony.actions.ceremonies import locked
from ceremony.actions.record import recording
from ceremony.core.chain import Json
from ceremony.core.item import Item, ItemKind, ItemResult, Judged, Phase
from ceremony.models import AuditEvent, AuditHead, Ceremony, JudgedItem, StoredManifest, audit
from ceremony.models.audit import Action
from ceremony.models.row_digest import row_digest

_ACTIONS = (
    Action.ITEMS_JUDGED.value,
    Action.ITEM_ANSWERED.value,
    Action.ITEM_WAIVED.value,
)
"""The events that tell of results."""


def newest(manifest: StoredManifest, phase: Phase) -> tuple[Judged, ...]:
    """Every item of a phase with its newest result, in the order of the checklist.

    A row that no event of the trail tells of counts for nothing: somebody else put it there.
    """
    return tuple(one for one in _known(manifest).values() if one.item.phase is phase)


def newest_facts(manifest: StoredManifest, phase: Phase, item: str) -> Mapping[str, Json]:
    """The evidence of one item's newest result; nothing where it has none."""
    found = _known(manifest).get((phase, item))
    return found.evidence if found else {}


def _known(manifest: StoredManifest) -> dict[tuple[Phase, str], Judged]:
    rows = list(manifest.items.select_related("user").order_by("pk"))
    told = _told(manifest) if rows else frozenset()
    found = [judged_of(row) for row in rows if row_digest(row) in told]
    return {(one.item.phase, one.item.id): one for one in found}


def _told(manifest: StoredManifest) -> frozenset[str]:
    """The digests of the results that events of this ceremony tell of."""
    events = AuditEvent.objects.filter(
        action__in=_ACTIONS, subject=subject_of(manifest.ceremony_id)
    ).only("payload")
    table = JudgedItem._meta.db_table
    return frozenset(digest for event in events for name, digest in event.rows() if name == table)


def judged_of(row: JudgedItem) -> Judged:
    """The value behind a row."""
    item = Item(row.item, row.text, ItemKind(row.kind), Phase(row.phase))
    by = row.user.get_username() if row.user else row.by
    return Judged(item, ItemResult(row.result), row.explanation, row.evidence, by, row.at)


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
    known = _known(manifest)
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
