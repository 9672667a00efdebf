"""Gates: what stands between a ceremony and its run, each with why, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class GateState(StrEnum):
    """OPEN lets through. SHUT is for somebody to mend; WAITS clears by somebody's signature or by
    the clock.
    """

    SHUT = "shut"
    WAITS = "waits"
    OPEN = "open"


@dataclass(frozen=True)
class Gate:
    """``why`` is one sentence about how it stands, ``fix`` what to type or who is to act, ``""``
    where it is open. ``code`` is that of the refusal of a run that comes before it is open.
    """

    name: str
    state: GateState
    why: str
    fix: str = ""
    code: str = ""

    @property
    def is_open(self) -> bool:
        return self.state is GateState.OPEN


def failing_first(gates: Iterable[Gate]) -> tuple[Gate, ...]:
    """What is shut, then what waits, then what is open; each in its own order."""
    return tuple(sorted(gates, key=lambda gate: list(GateState).index(gate.state)))
