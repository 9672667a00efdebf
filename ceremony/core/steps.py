"""How a step is made of a migration: the same for a plan and for a drill."""

from ceremony.core.check import When
from ceremony.core.header import Header
from ceremony.core.history import Event
from ceremony.core.migration import Migration
from ceremony.core.step import Direction, Step


def apply_step(number: int, migration: Migration, *, resume_after: int = 0) -> Step:
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
        resume_after=resume_after,
    )


def rollback_step(
    number: int, migration: Migration, variant: str = "", *, resume_after: int = 0
) -> Step:
    """Take a migration back by one of its rollback files, with the checks of the way back. Where
    it has no such file, the step has no script.
    """
    return Step(
        number,
        migration,
        Direction.ROLL_BACK,
        Event.ROLLED_BACK,
        migration.rollbacks.get(variant),
        migration.checks_when(When.BEFORE_ROLLBACK),
        migration.checks_when(When.AFTER_ROLLBACK),
        variant,
        transactional=migration.rollback_headers.get(variant, Header()).transactional,
        resume_after=resume_after,
    )
