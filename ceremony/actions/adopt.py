"""Adopt: a person decides that this database, as it is, is the target from now on.

For a restored backup, a copy, a recreated database, a new environment, or a control database
that is gone for good. Nothing is repaired silently: the decision and its reason stand in the
trail and, where there is one, in the ledger.
"""

from ceremony.actions.access import Access
from ceremony.actions.ready import Caller, ledger_context
from ceremony.actions.record import audit_head, control_identity, recording
from ceremony.actions.targets import known_target
from ceremony.core.chain import Json
from ceremony.core.ledger_row import Event, LedgerRow
from ceremony.core.opened import opened
from ceremony.models import Target
from ceremony.models.audit import Act, Action
from ceremony.pg.ledger import Facts, OpenedFacts


def adopt(access: Access, rows: tuple[LedgerRow, ...], caller: Caller, why: str) -> None:
    """Forget what control remembers of the target's history, and write who governs it from now
    on.

    Call it with the target's lock. The trail is written first: a ledger row without its reason
    cannot be.
    """
    known = known_target(access.target.alias)
    facts = opened(rows)
    detail: dict[str, Json] = {
        "why": why,
        "environment": access.target.environment,
        "ledger": str(facts.ledger) if facts else None,
        "governed_before_by": facts.control if facts else None,
        "ledger_rows": len(rows),
        "ledger_rows_known": known.ledger_sequence if known else 0,
        "system_identifier": access.session.identity.system_identifier,
    }
    with recording() as head:
        if known is not None:
            _forget(known)
        head.append(
            [
                Act(
                    Action.TARGET_ADOPTED,
                    caller.actor.name,
                    access.target.alias,
                    subject=access.target.alias,
                    detail=detail,
                )
            ]
        )
    if facts:
        newest = audit_head()
        context = ledger_context(caller, lambda: (newest.sequence, newest.hash))
        again = OpenedFacts(access.target.environment, str(control_identity()), facts.ledger)
        access.ledger.append(Facts(Event.OPENED, detail=again.detail), context)


def _forget(known: Target) -> None:
    """Drop the cache of the ledger: its head and the migration records.

    Runs, attempts and events stay.
    """
    known.migration_records.all().delete()
    known.ledger_id = None
    known.ledger_sequence = 0
    known.ledger_hash = ""
    known.system_identifier = ""
    known.save(update_fields=["ledger_id", "ledger_sequence", "ledger_hash", "system_identifier"])
