"""The series as a whole, rolled back from its head to nothing and applied again.

A step that fails or leaves the schema otherwise than in its own drill may suffer from another
one: whoever first left a difference on the way is named.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ceremony.core.catalog import Aspect, Change, Difference
from ceremony.core.migration import Migration
from ceremony.core.outcome import Problem
from ceremony.core.plan import Direction
from ceremony.core.rehearsal.drill import Mark
from ceremony.core.rehearsal.picture import Compared, RowsDiffer

_WORD = re.compile(r'"((?:[^"]|"")*)"|([^\W\d][\w$]*)')

Trace = tuple[str, ...]
"""What tells one difference from another: kind, name, change and fact."""


@dataclass(frozen=True)
class Residue:
    """A difference, and the migration whose step first left it. ``steps_ago`` counts the steps
    between that one and the step that is told of.
    """

    difference: Difference | RowsDiffer
    label: str
    direction: Direction
    steps_ago: int = 0

    @property
    def of_rights(self) -> bool:
        """Whether it is about owners, grants or default privileges alone."""
        one = self.difference
        return isinstance(one, Difference) and one.aspect is Aspect.RIGHTS

    @property
    def sentence(self) -> str:
        """``Table public.t appeared.``: what is not as in the single drill."""
        told = self.difference.sentence
        return told if told.endswith(".") else f"{told[0].upper()}{told[1:]}."


@dataclass(frozen=True)
class SequenceStep:
    """One step of the sequence. ``left`` is what this step was the first to leave.

    ``blamed`` is what earlier steps left and this one stumbled over, where it failed or left
    something itself.
    """

    migration: Migration
    direction: Direction
    mark: Mark
    problem: Problem | None = None
    left: tuple[Residue, ...] = ()
    blamed: tuple[Residue, ...] = ()
    why: str = ""


@dataclass
class Trail:
    """Who left what, step by step. Differences that are gone again are forgotten."""

    left: dict[Trace, Residue] = field(default_factory=dict)
    count: int = 0
    _since: dict[Trace, int] = field(default_factory=dict)

    def after(self, label: str, direction: Direction, found: Compared) -> tuple[Residue, ...]:
        """What the step ``label`` was the first to leave; ``found`` is what differs from the
        picture of its single drill.
        """
        self.count += 1
        now: dict[Trace, Residue] = {}
        new: list[Residue] = []
        differences: list[Difference | RowsDiffer] = [*found.catalog, *found.rows]
        for one in differences:
            if isinstance(one, Difference) and one.aspect is Aspect.COSMETIC:
                continue
            trace = _trace(one)
            known = self.left.get(trace)
            if known is None:
                known = Residue(one, label, direction)
                self._since[trace] = self.count
                new.append(known)
            now[trace] = known
        self.left = now
        return tuple(new)

    def blamed(self, statement: str) -> tuple[Residue, ...]:
        """What a failing statement may have stumbled over: what it names, else everything left.

        Rights are left out: who runs a rehearsal owns what is in it.
        """
        words = {(quoted or plain).casefold() for quoted, plain in _WORD.findall(statement)}
        every = [one for one in self.standing() if not one.of_rights]
        named = [one for one in every if _names(one.difference) & words]
        return tuple(named or every)

    def standing(self) -> tuple[Residue, ...]:
        """What earlier steps left and is still there, as the next step finds it."""
        step = self.count + 1
        return tuple(
            Residue(one.difference, one.label, one.direction, step - self._since[trace])
            for trace, one in self.left.items()
        )

    def restart(self) -> None:
        """The database was made anew: nobody left anything."""
        self.left.clear()
        self._since.clear()
        self.count = 0


def _trace(one: Difference | RowsDiffer) -> Trace:
    if isinstance(one, RowsDiffer):
        return ("rows", one.table)
    return (one.key.kind.value, one.key.name, one.change.value, one.fact)


def _names(one: Difference | RowsDiffer) -> set[str]:
    """The last parts of the names that the difference is about."""
    if isinstance(one, RowsDiffer):
        return {_last(one.table)}
    along = one.along if one.change is Change.APPEARED else ()
    return {_last(key.name) for key in (one.key, *along)}


def _last(name: str) -> str:
    plain = name.partition("(")[0]
    return plain.rpartition(".")[2].strip('"').casefold()


def passed(steps: Iterable[SequenceStep]) -> bool:
    """Whether every step went as in its single drill."""
    return all(step.mark is Mark.FINE or step.mark is Mark.NOT_RUN for step in steps)
