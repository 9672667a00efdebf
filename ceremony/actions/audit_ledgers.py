"""The ledgers of targets as witnesses of the trail, and the trail as a witness of theirs.

Each ledger row carries the head of the trail as it was then, and the events tell the hashes of the
ledger's rows: to rewrite one side, all others would have to be rewritten with it.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from ceremony import conf
from ceremony.actions.access import reached
from ceremony.actions.trail import Claim, Trail
from ceremony.conf import Settings
from ceremony.core.audit_report import LEDGER, AuditFault, Witness
from ceremony.core.history import chain_fault
from ceremony.core.ledger_row import Event, LedgerRow
from ceremony.core.opened import opened
from ceremony.errors import CeremonyError
from ceremony.models import Target


@dataclass(frozen=True)
class LedgerRead:
    """What one target's ledger held when it was read, after event ``after``: everything that events
    up to that one claim must stand in it. ``newest``: number and hash of the newest row that
    control knew of before.
    """

    alias: str
    after: int
    ledger: UUID | None = None
    newest: tuple[int, str] = (0, "")
    rows: tuple[LedgerRow, ...] = field(default=(), repr=False)
    not_checked: str = ""

    @property
    def witness(self) -> Witness:
        """The same in numbers."""
        return Witness(self.alias, len(self.rows), self.not_checked)


def read_ledgers(
    settings: Settings, after: int, aliases: Collection[str] = ()
) -> tuple[LedgerRead, ...]:
    """The ledgers of all targets that control knows one of (with ``aliases`` only those), by alias;
    ``after`` is the newest event that was committed before. One that cannot be read says why.
    """
    known = Target.objects.exclude(ledger_id=None).order_by("alias")
    if aliases:
        known = known.filter(alias__in=aliases)
    return tuple(_read(target, settings, after) for target in known)


def ledger_faults(read: LedgerRead, trail: Trail) -> list[AuditFault]:
    """Every disagreement of one ledger with itself and with the trail, which is unbroken."""
    if read.not_checked:
        return []
    if fault := chain_fault(read.rows):
        said = f"The ledger of {read.alias!r} does not agree with itself: {fault}"
        return [AuditFault(LEDGER, 0, said)]
    try:
        facts = opened(read.rows)
        heads = list(_heads(read, trail))
    except (ValueError, KeyError, TypeError, AttributeError):
        # Anybody who may write to the target can write a row whose hash is right.
        said = f"The ledger of {read.alias!r} says who governs it in a form that nobody writes."
        return [AuditFault(LEDGER, 0, said)]
    if facts is None or facts.ledger != read.ledger:
        said = f"The ledger of {read.alias!r} is not the one that control knows ({read.ledger})."
        return [AuditFault(LEDGER, 0, said)]
    kept = list(_kept(read, trail.claims.get(read.alias, {})))
    return [*heads, *(kept or _cut(read))]


def _read(target: Target, settings: Settings, after: int) -> LedgerRead:
    alias, ledger = target.alias, target.ledger_id
    newest = (target.ledger_sequence, target.ledger_hash)
    if not conf.is_alias(alias):
        return LedgerRead(alias, after, ledger, not_checked="Settings have no such alias any more.")
    try:
        with reached(conf.target(alias, settings), settings, "audit") as access:
            rows = access.ledger.rows() if access.ledger.exists() else ()
    except CeremonyError as error:
        return LedgerRead(alias, after, ledger, not_checked=error.happened)
    return LedgerRead(alias, after, ledger, newest, rows)


def _heads(read: LedgerRead, trail: Trail) -> Iterator[AuditFault]:
    """Rows whose head of the trail is none: that part was cut off, or written anew.

    Rows of another control side, before this one took the target over, name its trail.
    """
    governor = ""
    for row in read.rows:
        if row.event is Event.OPENED:
            governor = json.loads(row.detail)["control"]
        if row.audit_sequence > trail.state.checked and not trail.state.intact:
            return  # Behind the first bad event nothing can be compared.
        if governor == trail.control and trail.hash_of(row.audit_sequence) != row.audit_hash:
            yield AuditFault(
                LEDGER,
                row.audit_sequence,
                f"Row {row.sequence} in the ledger of {read.alias!r} names another event "
                f"{row.audit_sequence} than the trail has.",
            )


def _kept(read: LedgerRead, claims: dict[int, Claim]) -> Iterator[AuditFault]:
    """Rows that events tell of and the ledger has not."""
    for sequence, claim in sorted(claims.items()):
        row = read.rows[sequence - 1] if sequence <= len(read.rows) else None
        if claim.event <= read.after and (row is None or row.hash != claim.hash):
            yield AuditFault(
                LEDGER,
                claim.event,
                f"Event {claim.event} tells of row {sequence} in the ledger of {read.alias!r}, "
                "which has no such row.",
            )


def _cut(read: LedgerRead) -> Iterator[AuditFault]:
    """Rows that no event tells of, at the end: control remembers the newest that it saw."""
    number, row_hash = read.newest
    row = read.rows[number - 1] if 0 < number <= len(read.rows) else None
    if number and (row is None or row.hash != row_hash):
        yield AuditFault(
            LEDGER,
            0,
            f"The ledger of {read.alias!r} lacks row {number} as control has seen it.",
        )
