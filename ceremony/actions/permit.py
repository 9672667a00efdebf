"""The permit: what lets one run through the gate, found and judged under the target's lock.

It is judged again in the transaction that opens the run (``actions.admit``), which spends it:
between the two nobody can use it up, withdraw it or change what it was given for unnoticed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from django.contrib.auth.models import AbstractUser

from ceremony.actions.ready import Caller
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
    break-glass, ``""`` for none. ``account`` is the operator's, authenticated by the door.
    ``confirm`` is the environment's name, typed where a protected target has an open policy.
    ``fingerprint`` is that of the round that was meant, ``""`` where only a number was said.
    """

    ceremony: int = 0
    override: str = ""
    account: AbstractUser | None = None
    confirm: str = ""
    fingerprint: str = ""

    def caller(self, caller: Caller) -> Caller:
        """Who asks, by the account's name where there is one."""
        if self.account is None:
            return caller
        name = self.account.get_username()
        return replace(caller, actor=replace(caller.actor, name=name), account=name)


NOTHING_SAID = Asked()
"""What most callers say of the gate."""


@dataclass(frozen=True)
class Permit:
    """``ceremony`` and ``manifest`` are those that were approved; 0 and ``None`` where the run
    makes a ceremony of its own (open policy, break-glass). ``why`` is the reason of a
    break-glass.
    """

    kind: PermitKind
    policy: Policy
    series: Series = field(repr=False)
    ceremony: int = 0
    manifest: Manifest | None = field(default=None, repr=False)
    why: str = ""
