"""What a drill asks of steps and migrations."""

from dataclasses import replace

from ceremony.core.migration import Migration
from ceremony.core.step import Step


def unchecked(step: Step) -> Step:
    """The statements of a step alone: a second run of them is judged by what it changes."""
    return replace(step, checks_before=(), checks_after=())


def can_go_back(migration: Migration) -> bool:
    """Whether there is a plain way back that the header does not deny."""
    return migration.header.reversible and "" in migration.rollbacks
