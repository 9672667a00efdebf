"""Told: whether the audit trail tells of a row of evidence. One that it does not tell of was put
there by other hands, and counts for nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from ceremony.models import AuditEvent, AuditHead, JudgedItem, SignOff
from ceremony.models.audit import CONTROL_ROW, Action
from ceremony.models.row_digest import row_digest
from ceremony.models.together import together

ITEM_ACTIONS = (
    Action.ITEMS_JUDGED.value,
    Action.ITEM_ANSWERED.value,
    Action.ITEM_WAIVED.value,
)
"""The events that tell of results of items."""


@dataclass(frozen=True)
class Trail:
    """A part of the trail: ``events`` by their numbers, ``head`` the hash at its end."""

    events: Mapping[int, AuditEvent]
    head: str

    def tells(self, row: SignOff) -> bool:
        """Whether the event that the row names tells of exactly this row, and stands in the trail:
        behind the one before it, and before the next one or at the head.
        """
        beside = (row.event, row.event - 1, row.event + 1)
        event, before, after = (self.events.get(one) for one in beside)
        if event is None or before is None or event.fault():
            return False
        follows = after.previous_hash if after else self.head
        if (event.previous_hash, follows) != (before.hash, event.hash):
            return False
        told = (row._meta.db_table, row_digest(row))
        return event.action == Action.SIGNED.value and told in event.rows()


def is_told(row: SignOff) -> bool:
    """Whether the trail tells of exactly this row, as it stands now."""
    found = together(events=events_beside((row,)), heads=heads())
    return trail_from(found["events"], found["heads"]).tells(row)


def trail_from(events: Iterable[AuditEvent], ends: Iterable[AuditHead]) -> Trail:
    """The part of the trail that was read."""
    return Trail({one.sequence: one for one in events}, next((one.hash for one in ends), ""))


def events_beside(rows: Iterable[SignOff]) -> QuerySet[AuditEvent]:
    """The events that rows name, and their neighbours."""
    numbers = {one.event + step for one in rows for step in (-1, 0, 1)}
    return AuditEvent.objects.filter(sequence__in=sorted(numbers))


def heads() -> QuerySet[AuditHead]:
    """The one row at which the trail ends."""
    return AuditHead.objects.filter(pk=CONTROL_ROW)


def item_events(numbers: Iterable[int]) -> QuerySet[AuditEvent]:
    """The events of these ceremonies that tell of results of items."""
    subjects = [f"Ceremony {number}" for number in numbers]
    return AuditEvent.objects.filter(action__in=ITEM_ACTIONS, subject__in=subjects)


def items_told(events: Iterable[AuditEvent]) -> frozenset[str]:
    """The digests of the results that events tell of."""
    table = JudgedItem._meta.db_table
    return frozenset(digest for event in events for name, digest in event.rows() if name == table)
