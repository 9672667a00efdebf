"""How a ledger row becomes bytes, and its hash: the client computes it before the row is sent.

The payload is the row without its sequence number and without both hashes (``core.chain.link``
mixes those in).
"""

from dataclasses import replace
from datetime import UTC

from ceremony.core.chain import LEDGER, canonical, link
from ceremony.core.ledger_row import LedgerRow


def ledger_payload(row: LedgerRow) -> bytes:
    """The canonical bytes of a row. ``recorded_at`` is written in UTC with six digits of a second.

    Raises PayloadInvalid for a text without a canonical form (a NUL, a lone surrogate).
    """
    return canonical(
        {
            "attempt": None if row.attempt is None else str(row.attempt),
            "audit_hash": row.audit_hash,
            "audit_sequence": row.audit_sequence,
            "bytes_digest": row.bytes_digest,
            "checks_digest": row.checks_digest,
            "detail": row.detail,
            "event": row.event.value,
            "manifest_digest": row.manifest_digest,
            "meaning_digest": row.meaning_digest,
            "name": row.name,
            "recorded_at": row.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "recorded_by": row.recorded_by,
            "rollback_digest": row.rollback_digest,
            "series": row.series,
            "statement": row.statement,
            "tool_version": row.tool_version,
            "version": row.version,
        }
    )


def row_hash(row: LedgerRow) -> str:
    """The hash that a row must carry: of its payload, its sequence number and the hash before
    it.
    """
    return link(LEDGER, row.previous_hash, row.sequence, ledger_payload(row))


def sealed(row: LedgerRow) -> LedgerRow:
    """The same row with its ``hash`` filled in."""
    return replace(row, hash=row_hash(row))
