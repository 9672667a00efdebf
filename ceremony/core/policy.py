"""What a target's environment demands of a change: who signs, when it may run, what must be there.

Settings give a policy per environment and risk; ``series.toml`` may tighten it and never loosen
it. A target whose environment settings do not name is ``unknown``, and unknown is protected.
"""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum


class Duty(StrEnum):
    """Two parts in a ceremony that one person may not both take."""

    AUTHOR_APPROVER = "author and approver"
    AUTHOR_OPERATOR = "author and operator"
    APPROVER_OPERATOR = "approver and operator"


@dataclass(frozen=True, order=True)
class Quorum:
    """``count`` different people of the Django group ``group``; ``""`` is anybody who may sign."""

    group: str
    count: int


@dataclass(frozen=True, order=True)
class Window:
    """When a run may begin: days (0 is Monday) on which it opens, from ``opens`` to ``closes``,
    both UTC. A window that closes before it opens ends on the next day.
    """

    days: tuple[int, ...]
    opens: time
    closes: time


@dataclass(frozen=True)
class Policy:
    """One policy, as it holds for one manifest.

    ``approvals`` are needed before the run, ``acceptances`` after it; no approvals is the open
    policy. ``separate`` are duties that one person may not join. ``rehearsal`` demands a clean
    certificate, at most ``rehearsal_days`` old (0: any age). ``windows``: none means always.
    ``expires_hours``: an approval is used within this time after the request (0: never expires).
    ``data_loss``: a step that loses data needs the approvers' explicit acceptance.
    ``reauthenticate``: the password again with every sign-off. ``promotion``: the environment that
    the same files must have been signed off on before (``""``: none). ``verify``: the verification
    and the second run after the run. ``halt``: a failure blocks the target until it is decided.
    ``preflight``: an item that does not pass stops the run.
    """

    name: str
    approvals: tuple[Quorum, ...] = ()
    acceptances: tuple[Quorum, ...] = ()
    separate: frozenset[Duty] = frozenset()
    rehearsal: bool = False
    rehearsal_days: int = 0
    windows: tuple[Window, ...] = ()
    expires_hours: int = 0
    data_loss: bool = False
    reauthenticate: bool = False
    promotion: str = ""
    verify: bool = False
    halt: bool = False
    preflight: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nobody needs to approve."""
        return not self.approvals


OPEN = Policy("open")
"""What local targets have when settings say nothing."""

PROTECTED = Policy(
    "protected",
    approvals=(Quorum("", 1),),
    acceptances=(Quorum("", 1),),
    separate=frozenset(Duty),
    expires_hours=30 * 24,
    data_loss=True,
    verify=True,
    halt=True,
    preflight=True,
)
"""What every other target has when settings say nothing, and the measure of a weaker policy."""
