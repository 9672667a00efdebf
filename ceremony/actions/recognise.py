"""Recognising: is this the database, and the ledger, that control remembers?

A restored backup, a clone, a recreated database and a second control database all look like an
honest target until their identity and history are compared. Nothing here changes anything.
"""

from collections.abc import Sequence
from uuid import UUID

from ceremony.actions.access import Access
from ceremony.actions.targets import met_as
from ceremony.conf import LOCAL, UNKNOWN
from ceremony.core.history import chain_fault
from ceremony.core.ledger_row import LedgerRow
from ceremony.core.opened import Opened, opened
from ceremony.errors import CeremonyError, Refused, Tampered
from ceremony.models import AuditEvent, Target


def refuse_stranger(
    access: Access, known: Target | None, rows: Sequence[LedgerRow], control: UUID
) -> None:
    """See that target and ledger are the ones control knows.

    Raises Tampered: ledger-chain-broken, ledger-missing, ledger-went-back,
    target-identity-changed, trail-went-back; Refused: ledger-other-control, environment-changed.
    """
    adopt = f'manage.py reconcile_sql --database {access.target.alias} --adopt "why"'
    if fault := chain_fault(rows):
        raise Tampered(
            "ledger-chain-broken",
            f"The ledger of {access.target.alias!r} does not agree with itself: {fault}",
            next_step="Do not run anything here. Compare with a backup, and find out who wrote "
            "to the ledger.",
        )
    facts = opened(rows)
    if facts is None:
        _refuse_lost_ledger(access, known, adopt)
        _refuse_other_environment(access, adopt)
        return
    _refuse_other_governor(access, facts, control, adopt)
    _refuse_other_trail(access, rows[-1], adopt)
    if known is not None and known.ledger_id is not None:
        _refuse_other_history(access, known, facts, rows, adopt)


def is_new_database(access: Access, known: Target | None) -> bool:
    """Whether a local target was dropped and created again: another database, without a ledger."""
    identity = access.session.identity
    return (
        known is not None
        and known.ledger_id is not None
        and not access.target.protected
        and (known.system_identifier, known.database_oid)
        != (identity.system_identifier, identity.database_oid)
    )


def _refuse_lost_ledger(access: Access, known: Target | None, adopt: str) -> None:
    if known is None or known.ledger_id is None or is_new_database(access, known):
        return
    raise Tampered(
        "ledger-missing",
        f"The target {access.target.alias!r} has no ledger, but control knows one with "
        f"{known.ledger_sequence} "
        "rows: the table was dropped, or this is another database.",
        next_step=f"Find out which. If its history may start over: {adopt}",
    )


def _refuse_other_environment(access: Access, adopt: str) -> None:
    """A database without a ledger is what it was called when it was met first, by whatever alias:
    a second alias, or another word in the settings, makes no other database of it.
    """
    identity, target = access.session.identity, access.target
    met = met_as(identity.system_identifier, identity.database_oid)
    for one in met.exclude(environment__in=("", UNKNOWN, LOCAL, target.environment)):
        raise Refused(
            "environment-changed",
            f"Control knows the database behind {target.alias!r} as {one.alias!r}, which is "
            f"{one.environment}; settings now say {target.environment}.",
            next_step=f"Correct {target.alias.upper()}_ENVIRONMENT, or record the change: {adopt}",
        )


def _refuse_other_governor(access: Access, facts: Opened, control: UUID, adopt: str) -> None:
    alias = access.target.alias
    if facts.control != str(control):
        raise Refused(
            "ledger-other-control",
            f"The target {alias!r} is governed by another control database ({facts.control}); "
            f"this one is {control}.",
            next_step="Point DATABASE_URL at that one. If it is gone for good, take the target "
            f"over: {adopt}",
        )
    if facts.environment != access.target.environment:
        raise Refused(
            "environment-changed",
            f"The ledger of {alias!r} was opened as {facts.environment}; settings now say "
            f"{access.target.environment}.",
            next_step=f"Correct {alias.upper()}_ENVIRONMENT, or record the change: {adopt}",
        )


def _refuse_other_trail(access: Access, newest: LedgerRow, adopt: str) -> None:
    """The ledger witnesses the trail: the head that its newest row names is an event of ours,
    unless control is older than what was done with it, or a copy of it was used.
    """
    head = AuditEvent.objects.filter(sequence=newest.audit_sequence, hash=newest.audit_hash)
    if newest.audit_sequence and not head.exists():
        raise _changed(
            access,
            "trail-went-back",
            f"has a ledger whose row {newest.sequence} names event {newest.audit_sequence} of an "
            "audit trail that this control database does not have: it was restored from an older "
            "backup, or a copy of it was used",
            adopt,
            "control database",
        )


def _refuse_other_history(
    access: Access, known: Target, facts: Opened, rows: Sequence[LedgerRow], adopt: str
) -> None:
    identity = access.session.identity
    if facts.ledger != known.ledger_id or known.system_identifier != identity.system_identifier:
        raise _changed(
            access,
            "target-identity-changed",
            "is another database than the one control knows: a copy, a restore, or a changed "
            "address",
            adopt,
        )
    row = rows[known.ledger_sequence - 1] if known.ledger_sequence <= len(rows) else None
    if known.ledger_sequence and (row is None or row.hash != known.ledger_hash):
        raise _changed(
            access,
            "ledger-went-back",
            f"has a ledger of {len(rows)} rows that lacks row {known.ledger_sequence} as control "
            "knows it: "
            "the database was restored from an older backup",
            adopt,
        )


def _changed(
    access: Access, code: str, what: str, adopt: str, right: str = "database"
) -> CeremonyError:
    return Tampered(
        code,
        f"The target {access.target.alias!r} {what}.",
        next_step=f"Find out which. If this {right} is the right one from now on: {adopt}",
    )
