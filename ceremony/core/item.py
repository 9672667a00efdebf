"""Items of a checklist: what must hold before a run (pre-flight) and after it (acceptance)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ceremony.core.chain import Json


class Phase(StrEnum):
    """Which checklist an item stands on.

    VERIFICATION holds the steps after the run: the checks again, the second run, the rows of
    tables that were there before.
    """

    PREFLIGHT = "pre-flight"
    VERIFICATION = "verification"
    ACCEPTANCE = "acceptance"


class ItemKind(StrEnum):
    """Who answers an item."""

    AUTOMATIC = "automatic"
    HUMAN = "human"


class ItemResult(StrEnum):
    """PASS and WAIVED let a ceremony go on; WAIVED says by whom and why. NOT RUN is never a
    PASS.
    """

    PASS = "PASS"
    FAIL = "FAIL"
    WAIVED = "WAIVED"
    NOT_RUN = "NOT RUN"


@dataclass(frozen=True)
class Item:
    """One line of a checklist. ``id`` is stable and unique within its phase; ``text`` is what must
    hold.
    """

    id: str
    text: str
    kind: ItemKind
    phase: Phase


@dataclass(frozen=True)
class Judged:
    """An item with its newest result. ``evidence`` holds no floats (it is hashed); ``by`` is a
    person's name, or ``""`` for what was found automatically; ``at`` is UTC.
    """

    item: Item
    result: ItemResult
    explanation: str = ""
    evidence: Mapping[str, Json] = field(default_factory=dict)
    by: str = ""
    at: datetime | None = None

    @property
    def lets_go_on(self) -> bool:
        """Whether nothing stands against going on."""
        return self.result in {ItemResult.PASS, ItemResult.WAIVED}
