"""The steps that a drill runs: the same values that a real run is made of."""

from dataclasses import replace

from ceremony.core.check import When
from ceremony.core.history import Event
from ceremony.core.migration import Migration
from ceremony.core.plan import Direction, Step


def up(migration: Migration, number: int = 1) -> Step:
    """Apply a migration, with its checks."""
    return Step(
        number,
        migration,
        Direction.APPLY,
        Event.APPLIED,
        migration.script,
        migration.checks_when(When.BEFORE),
        migration.checks_when(When.AFTER, When.ALWAYS),
        transactional=migration.header.transactional,
    )


def unchecked(step: Step) -> Step:
    """The statements of a step alone: a second run of them is judged by what it changes."""
    return replace(step, checks_before=(), checks_after=())


def down(migration: Migration, variant: str = "", number: int = 1) -> Step:
    """Take a migration back by one of its rollback files, with the checks of the way back.

    Raises KeyError for a variant that it does not have.
    """
    return Step(
        number,
        migration,
        Direction.ROLL_BACK,
        Event.ROLLED_BACK,
        migration.rollbacks[variant],
        migration.checks_when(When.BEFORE_ROLLBACK),
        migration.checks_when(When.AFTER_ROLLBACK),
        variant,
        transactional=migration.rollback_headers[variant].transactional,
    )


def can_go_back(migration: Migration) -> bool:
    """Whether there is a plain way back that the header does not deny."""
    return migration.header.reversible and "" in migration.rollbacks
