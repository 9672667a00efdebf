"""What a ledger says of itself: who governs the target, as what, and which ledger it is."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ceremony.core.ledger_row import Event, LedgerRow


@dataclass(frozen=True)
class Opened:
    """What the newest ``opened`` row says: who governs this target, as what, and which ledger
    it is.
    """

    control: str
    environment: str
    ledger: UUID


def opened(rows: Sequence[LedgerRow]) -> Opened | None:
    """The facts of the newest ``opened`` row; ``None`` for an empty ledger."""
    newest = next((row for row in reversed(rows) if row.event is Event.OPENED), None)
    if newest is None:
        return None
    detail = json.loads(newest.detail)
    return Opened(detail["control"], detail["environment"], UUID(detail["ledger"]))
