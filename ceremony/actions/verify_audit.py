"""Verify the audit trail: events against each other, anchors, rows of evidence and ledgers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ceremony import conf
from ceremony.actions.audit_ledgers import LedgerRead, ledger_faults, read_ledgers
from ceremony.actions.audit_rows import row_faults
from ceremony.actions.control import control_errors, require_control
from ceremony.actions.trail import Trail, newest_event, read_trail
from ceremony.core.anchor import Anchor, read_anchors
from ceremony.core.audit_report import ANCHOR, BROKEN, AuditFault, AuditReport
from ceremony.errors import UsageError
from ceremony.models.audit import one_snapshot


@dataclass(frozen=True)
class VerifyAuditRequest:
    """``anchors``: files to read anchors from. ``targets``: ask the ledgers of all targets, too."""

    anchors: tuple[str, ...] = ()
    targets: bool = False


@control_errors()
def verify_audit(request: VerifyAuditRequest) -> AuditReport:
    """Read everything and change nothing; SELECT is the only right it needs.

    Raises UsageError (anchor-invalid, anchor-unreadable, control-not-migrated) and CeremonyError
    (control-unreachable). A target that cannot be asked is no error: the report says so.
    """
    anchors = tuple(chain.from_iterable(_anchors_in(path) for path in request.anchors))
    require_control()
    ledgers: tuple[LedgerRead, ...] = ()
    if request.targets:
        # Before the snapshot: whatever head a row names was committed when the row was made.
        ledgers = read_ledgers(conf.load(), newest_event())
    with one_snapshot():
        trail = read_trail()
        counts, found = row_faults(trail) if trail.state.intact else ({}, [])
    return reported(trail, anchors, ledgers, counts, found)


def reported(
    trail: Trail,
    anchors: Sequence[Anchor],
    ledgers: Sequence[LedgerRead],
    counts: dict[str, int],
    found: Sequence[AuditFault],
) -> AuditReport:
    """The report on a trail that was read; ``counts`` and ``found`` are those of its rows."""
    faults = [*_broken(trail), *_unanchored(anchors, trail), *found]
    faults += [fault for read in ledgers for fault in ledger_faults(read, trail)]
    return AuditReport(
        control=trail.control,
        events=trail.state.checked,
        hash=trail.newest_hash,
        faults=tuple(sorted(faults, key=lambda fault: (fault.code != BROKEN, fault.event))),
        anchors=len(anchors),
        rows=counts,
        witnesses=tuple(read.witness for read in ledgers),
    )


def _anchors_in(path: str) -> tuple[Anchor, ...]:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise UsageError(
            "anchor-unreadable",
            f"{path} cannot be read: {told}.",
            next_step="Name a file that holds anchors, one per line.",
        ) from None
    return read_anchors(path, text)


def _broken(trail: Trail) -> Iterator[AuditFault]:
    if trail.state.broken_at is not None:
        said = f"Event {trail.state.broken_at} is the first bad one. {trail.state.why}"
        yield AuditFault(BROKEN, trail.state.broken_at, said)


def _unanchored(anchors: Sequence[Anchor], trail: Trail) -> Iterator[AuditFault]:
    """Anchors that the trail does not lead through."""
    for anchor in anchors:
        where = f"{anchor.place}: the anchor of {anchor.at}"
        if trail.control and anchor.control != trail.control:
            said = f"{where} belongs to the trail of another control database ({anchor.control})."
        elif anchor.sequence > trail.state.checked:
            said = f"{where} names event {anchor.sequence}; the trail ends at {trail.state.checked}"
            said += ": it was cut."
        elif trail.hash_of(anchor.sequence) != anchor.hash:
            said = f"{where} names another event {anchor.sequence} than the trail has: it was "
            said += "written anew."
        else:
            continue
        yield AuditFault(ANCHOR, anchor.sequence, said)
