"""Adopt: a person decides that this database, as it is, is the target from now on.

For a restored backup, a copy, a recreated database, a new environment, or a control database
that is gone for good. Nothing is repaired silently: the decision and its reason stand in the
trail and in the ledger, which is opened where there is none.
"""

from uuid import uuid4

from django.contrib.auth.models import AbstractUser

from ceremony.actions.access import Access
from ceremony.actions.people import OVERRIDE, refuse_without
from ceremony.actions.ready import Caller, ledger_context
from ceremony.actions.record import audit_head, control_identity, recording
from ceremony.actions.targets import known_target, met_as
from ceremony.conf import LOCAL
from ceremony.core.chain import Json
from ceremony.core.ledger_row import Event, LedgerRow
from ceremony.core.opened import opened
from ceremony.errors import UsageError
from ceremony.models import Target
from ceremony.models.audit import Act, Action
from ceremony.pg.ledger import Facts, OpenedFacts


def refuse_unable_to_adopt(
    access: Access, rows: tuple[LedgerRow, ...], account: AbstractUser | None
) -> None:
    """See that a target which is protected, or was as its ledger or control remember it by any
    alias, is adopted by a person who may break the glass: adopting decides what its gate asks for
    from now on.

    Raises UsageError (adopt-needs-user) and Refused (right-missing).
    """
    facts, known = opened(rows), known_target(access.target.alias)
    identity = access.session.identity
    met = met_as(identity.system_identifier, identity.database_oid)
    told = [
        access.target.environment,
        *met.values_list("environment", flat=True),
        known.environment if known else "",
        facts.environment if facts else "",
    ]
    protected = [one for one in told if one not in ("", LOCAL)]
    if not protected:
        return
    if account is None:
        raise UsageError(
            "adopt-needs-user",
            f"The target {access.target.alias!r} is {protected[-1]}, and adopting it decides what "
            "its gate asks for from now on: a person answers for that.",
            next_step="Add --user NAME: an account with the permission "
            f"ceremony.{OVERRIDE}; its password is asked for.",
        )
    refuse_without(account, OVERRIDE, "adopt a protected target")


def adopt(
    access: Access,
    rows: tuple[LedgerRow, ...],
    caller: Caller,
    why: str,
    account: AbstractUser | None = None,
) -> None:
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
        "account": account.get_username() if account else "",
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
    newest = audit_head()
    context = ledger_context(caller, lambda: (newest.sequence, newest.hash))
    ledger = facts.ledger if facts else uuid4()
    from_now_on = OpenedFacts(access.target.environment, str(control_identity()), ledger)
    if facts:
        access.ledger.append(Facts(Event.OPENED, detail=from_now_on.detail), context)
    else:
        access.ledger.create(from_now_on, context)


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
