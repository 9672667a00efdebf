"""Halt: stop the world on a target, and refuse whatever would go on before it is lifted."""

from dataclasses import dataclass
from uuid import UUID

from ceremony.actions.ready import Ready
from ceremony.conf import TargetSettings
from ceremony.core.halting import Condition
from ceremony.core.plan import Direction


@dataclass(frozen=True)
class Raised:
    """A halt as it was raised. ``ledger_sequence`` is 0 where the target could not be told.

    ``already`` is true where the target was halted before: then nothing new was raised.
    """

    halt: UUID
    ledger_sequence: int
    already: bool = False


def raise_halt(
    here: Ready | TargetSettings,
    condition: Condition,
    text: str,
    person: str,
    ceremony: int | None = None,
) -> Raised:
    """Halt a target: its ledger says so first, then control. ``here`` with its lock held, or the
    settings of a target that is out of reach or held by another.

    ``ceremony`` (running, verifying or awaiting sign-off) is halted with it. Where the target is
    under a halt already, an execution of its decision failed: that is recorded, and the halt is
    assessed and decided anew.
    """
    raise NotImplementedError


def refuse_halted(
    here: Ready, ceremony: int | None = None, direction: Direction = Direction.APPLY
) -> None:
    """Raise Refused (target-halted) where the target is under a halt, by its ledger or by control.

    Let through is only what was decided about this halt: ``ceremony`` is the halted one, and the
    decision is to roll back (``direction`` ROLL_BACK) or to fix forward (APPLY).
    """
    raise NotImplementedError
