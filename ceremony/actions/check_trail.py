"""Checking the trail from a page: a bounded part at a time, each check an event of the trail.

``verify_audit`` reads the whole trail, and the rows of evidence with it; it takes as long as that
takes, and records nothing. This reads at most ``PART`` events. Where one check stops short of the
end, the next goes on behind it; where it reached the end, the next begins anew with event 1.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from ceremony.actions import evidence
from ceremony.actions.record import recording
from ceremony.core.chain import GENESIS, Json
from ceremony.models import AuditEvent, AuditHead
from ceremony.models.audit import (
    CONTROL_ROW,
    Act,
    Action,
    ChainState,
    follow,
    one_snapshot,
)

PART = 20_000
"""How many events one check reads at the most."""

PAUSE = timedelta(seconds=10)
"""Within this time the newest check counts: to send the form twice is one check."""

LOOKED_AT = 50
"""How many checks are looked through for the first that saw a fault."""


@dataclass(frozen=True)
class TrailCheck:
    """One check. Events ``first`` to ``last`` follow from each other; the trail ended at ``head``.

    ``hash`` is that of event ``last``. ``broken_at`` is the first bad event, 0 for none, and
    ``why`` says in one sentence what is wrong with it. ``event`` tells of the check.
    """

    first: int
    last: int
    head: int
    hash: str
    broken_at: int
    why: str
    event: int
    at: datetime
    by: str

    @property
    def intact(self) -> bool:
        return not self.broken_at

    @property
    def at_end(self) -> bool:
        """Whether it came to the end of the trail as it was then."""
        return self.last >= self.head


@dataclass(frozen=True)
class TrailStanding:
    """The newest check, when its fault was first seen, and the event that is there to be shown:
    the bad one, or where that is missing the next. ``None`` for none.
    """

    newest: TrailCheck | None = None
    first_seen: datetime | None = None
    nearest: int | None = None


def trail_standing() -> TrailStanding:
    """What the checks so far say. One query, two where the chain is broken."""
    rows = AuditEvent.objects.filter(action=Action.TRAIL_CHECKED.value).order_by("-sequence")
    checks = [found for row in rows[:LOOKED_AT] if (found := _read(row)) is not None]
    if not checks:
        return TrailStanding()
    if checks[0].intact:
        return TrailStanding(checks[0])
    behind = AuditEvent.objects.filter(sequence__gte=checks[0].broken_at).order_by("sequence")
    nearest = behind.values_list("sequence", flat=True).first()
    return TrailStanding(checks[0], _first_seen(checks), nearest)


def check_trail(by: str) -> TrailCheck:
    """Read the next part and record what was found; the event ``trail checked``.

    A check within ``PAUSE`` of the one before is that one. Raises RuntimeError inside another
    transaction.
    """
    before = trail_standing().newest
    if before is not None and timezone.now() - before.at < PAUSE:
        return before
    sequence, previous = _begin(before)
    with one_snapshot():
        head = AuditHead.objects.filter(pk=CONTROL_ROW).first() or AuditHead()
        events = AuditEvent.objects.filter(sequence__gt=sequence).order_by("sequence")[:PART]
        state, last = follow(events.iterator(chunk_size=2000), sequence, previous, head.control)
    state = _against_head(state, last, head, limit=sequence + PART)
    detail: dict[str, Json] = {
        "first": sequence + 1,
        "last": state.checked,
        "hash": last,
        "head": head.sequence,
        "broken_at": state.broken_at or 0,
        "why": state.why,
    }
    with recording() as locked:
        (event,) = locked.append(
            [Act(Action.TRAIL_CHECKED, evidence.bounded(by, 255), detail=detail)]
        )
    return _told(event)


def _begin(before: TrailCheck | None) -> tuple[int, str]:
    """Behind which event to begin, and its hash."""
    if before is None or before.at_end or not before.intact:
        return 0, GENESIS
    return before.last, before.hash


def _against_head(state: ChainState, last: str, head: AuditHead, limit: int) -> ChainState:
    """A trail that is shorter than its head says, or ends otherwise, was cut."""
    if not state.intact or state.checked == limit < head.sequence:
        return state
    if (state.checked, last) == (head.sequence, head.hash):
        return state
    why = "The trail does not end where its head says."
    return ChainState(state.checked, state.checked + 1, why)


def _read(row: AuditEvent) -> TrailCheck | None:
    """The check that an event tells of; none where the event itself does not hold."""
    return None if row.fault() else _told(row)


def _told(row: AuditEvent) -> TrailCheck:
    told = json.loads(row.payload)["detail"]
    return TrailCheck(**told, event=row.sequence, at=row.recorded_at, by=row.actor)


def _first_seen(checks: Sequence[TrailCheck]) -> datetime | None:
    """When the newest check's fault was first seen: checks in between that saw it say so, too."""
    fault, seen = checks[0].broken_at, None
    for check in checks:
        if not fault or check.broken_at != fault:
            return seen
        seen = check.at
    return seen
