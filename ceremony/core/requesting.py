"""What came of a request, as a value: what would run, what is asked of whom, what changed since the
round before.
"""

from dataclasses import dataclass
from datetime import datetime

from ceremony.core.finding import Finding
from ceremony.core.gates import Gate
from ceremony.core.item import Judged
from ceremony.core.plan import Plan
from ceremony.core.policy import Policy
from ceremony.core.report import Settled, TargetFacts
from ceremony.core.states import State
from ceremony.core.text_change import TextChange


@dataclass(frozen=True)
class RequestReport:
    """``number`` is 0, and ``policy`` ``None``, where there was nothing to request.

    ``gates`` are what stands between it and its run, what is shut first. ``items`` are those of
    pre-flight as they were found just now. ``changed`` and ``texts`` tell
    what is different from the round before, ``others`` are the numbers of open ceremonies on the
    same target, which this one makes stale when it runs (and they it). ``expires_at`` is UTC,
    ``None`` for never.
    """

    target: TargetFacts
    plan: Plan
    settled: tuple[Settled, ...]
    number: int = 0
    round: int = 0
    title: str = ""
    state: State = State.DRAFT
    fingerprint: str = ""
    policy: Policy | None = None
    expires_at: datetime | None = None
    gates: tuple[Gate, ...] = ()
    items: tuple[Judged, ...] = ()
    weak: tuple[Finding, ...] = ()
    changed: tuple[str, ...] = ()
    texts: tuple[TextChange, ...] = ()
    others: tuple[int, ...] = ()


@dataclass(frozen=True)
class Cancelled:
    """A ceremony that was called off. ``state`` is its state now: ``halted`` where it was a round
    that was to fix forward.
    """

    number: int
    series: str
    alias: str
    title: str
    why: str
    state: str
