"""The trail, read once: whether it is unbroken, and what its events say of anchors, rows of
evidence and ledgers.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ceremony.models import AuditEvent, AuditHead
from ceremony.models.audit import CONTROL_ROW, Action, ChainState, verify_chain

_BEGINS_ANEW = frozenset({Action.TARGET_ADOPTED, Action.TARGET_CHANGED})
"""After these another ledger, or another history of it, belongs to the target's alias."""

_HASH = 32


@dataclass(frozen=True)
class Mention:
    """An event tells of a row of evidence with this digest."""

    event: int
    digest: str


@dataclass(frozen=True)
class Claim:
    """An event says that the ledger of its target has a row with this hash."""

    event: int
    hash: str


@dataclass
class Trail:
    """What was read. ``mentions`` by table, in order; ``claims`` by alias and number of the ledger
    row, since the target was last adopted or became another one.
    """

    control: str = ""
    state: ChainState = field(default_factory=lambda: ChainState(0))
    mentions: dict[str, list[Mention]] = field(default_factory=dict)
    claims: dict[str, dict[int, Claim]] = field(default_factory=dict)
    _hashes: bytearray = field(default_factory=bytearray)

    def hash_of(self, event: int) -> str:
        """The hash of an event that follows from all before it; ``""`` where there is none."""
        if not 0 < event <= self.state.checked:
            return ""
        return self._hashes[(event - 1) * _HASH : event * _HASH].hex()

    @property
    def newest_hash(self) -> str:
        """The hash of the last event that follows from all before it; ``""`` without any."""
        return self.hash_of(self.state.checked)

    def passing(self, events: Iterable[AuditEvent]) -> Iterator[AuditEvent]:
        """Hand the events on, and take in each once it was found to follow."""
        for event in events:
            yield event
            # Back here only when the reader asks for the next: this one is in order.
            self._take(event)

    def _take(self, event: AuditEvent) -> None:
        self._hashes += bytes.fromhex(event.hash)
        if event.sequence == 1:
            self.control = str(event.detail()["control"])
        if event.action in _BEGINS_ANEW:
            self.claims.pop(event.target, None)
        if '"rows":' in event.payload:
            for table, digest in event.rows():
                self.mentions.setdefault(table, []).append(Mention(event.sequence, digest))
        if '"ledger_hash":' in event.payload:
            detail = json.loads(event.payload)["detail"]
            sequence, row_hash = detail.get("ledger_sequence"), detail.get("ledger_hash")
            if isinstance(sequence, int) and isinstance(row_hash, str) and sequence and row_hash:
                claims = self.claims.setdefault(event.target, {})
                claims[sequence] = Claim(event.sequence, row_hash)


def newest_event() -> int:
    """The number of the newest event; 0 before the first. Opens no trail, as a reader must not."""
    head = AuditHead.objects.filter(pk=CONTROL_ROW).first()
    return head.sequence if head else 0


def read_trail() -> Trail:
    """Read the whole trail as the current transaction sees it; nothing is written."""
    trail = Trail()
    trail.state = verify_chain(trail.passing)
    return trail
