"""What verifying the audit trail found."""

from collections.abc import Mapping
from dataclasses import dataclass, field

BROKEN = "audit-broken"
ANCHOR = "audit-anchor"
ROW = "audit-row"
LEDGER = "audit-ledger"


@dataclass(frozen=True)
class AuditFault:
    """One disagreement. ``event`` is the number of the first event it concerns, 0 for none;
    ``code`` is one of the words above.
    """

    code: str
    event: int
    message: str


@dataclass(frozen=True)
class Witness:
    """One target's ledger as a witness of the trail.

    ``rows`` of it were compared; ``not_checked`` says why it could not be asked, ``""`` where it
    was.
    """

    alias: str
    rows: int
    not_checked: str = ""


@dataclass(frozen=True)
class AuditReport:
    """``events`` is the number of events that follow from each other, ``hash`` that of the last of
    them, ``control`` who the trail belongs to (``""`` before its first event). ``rows`` maps tables
    of evidence to the number of their rows; it is empty where the trail itself is broken, because
    then nothing is left to compare them with. ``faults`` are in order of events.
    """

    control: str
    events: int
    hash: str
    faults: tuple[AuditFault, ...] = ()
    anchors: int = 0
    rows: Mapping[str, int] = field(default_factory=dict)
    witnesses: tuple[Witness, ...] = ()

    @property
    def intact(self) -> bool:
        """Whether all that was looked at agrees."""
        return not self.faults

    @property
    def not_checked(self) -> tuple[Witness, ...]:
        """Targets that were to be asked and could not be: not to know is no agreement."""
        return tuple(one for one in self.witnesses if one.not_checked)
