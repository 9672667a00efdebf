"""The permit: what lets one run through the gate, found and judged under the target's lock.

It is judged again in the transaction that opens the run (``actions.admit``), which spends it:
between the two nobody can use it up, withdraw it or change what it was given for unnoticed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ceremony.core.manifest import Manifest
from ceremony.core.policy import Policy
from ceremony.core.series import Series
from ceremony.models import RunPurpose


class PermitKind(StrEnum):
    """Why a run may go through.

    OPEN: the policy asks nobody. APPROVED: a quorum has signed exactly this. WAY_BACK: those who
    approved the change approved its way back, too. OVERRIDE: break-glass.
    """

    OPEN = "open policy"
    APPROVED = "approved"
    WAY_BACK = "way back"
    OVERRIDE = "override"


PURPOSES: Mapping[PermitKind, RunPurpose] = {
    PermitKind.OPEN: RunPurpose.CHANGE,
    PermitKind.APPROVED: RunPurpose.CHANGE,
    PermitKind.WAY_BACK: RunPurpose.WAY_BACK,
    PermitKind.OVERRIDE: RunPurpose.OVERRIDE,
}
"""What a run is for in its ceremony, by what let it through."""


@dataclass(frozen=True)
class Asked:
    """What a caller says of the gate.

    ``ceremony`` is the number that was given, 0 for none. ``override`` is the reason of a
    break-glass, ``""`` for none. ``person`` is the Django account that was authenticated for it,
    by name.
    """

    ceremony: int = 0
    override: str = ""
    person: str = ""
    confirm: str = ""


NOTHING_SAID = Asked()
"""What most callers say of the gate."""


@dataclass(frozen=True)
class Permit:
    """``ceremony`` and ``manifest`` are those that were approved; 0 and ``None`` where the run makes
    a ceremony of its own (open policy, break-glass). ``why`` is the reason of a break-glass, and
    ``person`` the account that answers for it.
    """

    kind: PermitKind
    policy: Policy
    series: Series = field(repr=False)
    ceremony: int = 0
    manifest: Manifest | None = field(default=None, repr=False)
    why: str = ""
    person: str = ""
