"""Quorums: who sits on which seat, and who is still missing.

A policy asks for N people of a group, perhaps of several groups. Every person takes one seat:
``dba`` 1 and ``team`` 1 are two people, even where one person is in both groups.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ceremony.core.policy import Quorum


@dataclass(frozen=True)
class Signer:
    """One person whose sign-off counts now, with the groups that he or she is in now."""

    name: str
    groups: frozenset[str] = frozenset()

    def may_sit(self, group: str) -> bool:
        """Whether the person may take a seat of ``group``; ``""`` is anybody's."""
        return not group or group in self.groups


@dataclass(frozen=True)
class Seats:
    """One quorum with the people who fill it."""

    quorum: Quorum
    taken: tuple[str, ...]

    @property
    def missing(self) -> int:
        """How many people are still needed."""
        return self.quorum.count - len(self.taken)


def seated(quorums: Sequence[Quorum], signers: Iterable[Signer]) -> tuple[Seats, ...]:
    """As many seats filled as can be, in the order of ``quorums``.

    Whoever signed keeps his place among the seats when somebody signs after him, unless another
    seat of his frees one that the newcomer needs (a maximum matching, by augmenting paths).
    """
    seats = [quorum.group for quorum in quorums for _ in range(quorum.count)]
    people = {one.name: one for one in signers}
    taken: dict[int, str] = {}
    for name in people:
        _seat(name, people, seats, taken, set())
    found = []
    first = 0
    for quorum in quorums:
        here = range(first, first + quorum.count)
        found.append(Seats(quorum, tuple(taken[seat] for seat in here if seat in taken)))
        first += quorum.count
    return tuple(found)


def is_complete(quorums: Sequence[Quorum], signers: Iterable[Signer]) -> bool:
    """Whether every seat is taken. A policy without quorums asks for nobody."""
    return all(not seats.missing for seats in seated(quorums, signers))


def shown(quorum: Quorum) -> str:
    """``2 of dba``, ``1 of those who may sign``."""
    return f"{quorum.count} of {quorum.group or 'those who may sign'}"


def _seat(
    name: str,
    people: Mapping[str, Signer],
    seats: Sequence[str],
    taken: dict[int, str],
    tried: set[int],
) -> bool:
    """Find a seat for ``name``, moving others where that helps."""
    for seat, group in enumerate(seats):
        if seat in tried or not people[name].may_sit(group):
            continue
        tried.add(seat)
        if seat not in taken or _seat(taken[seat], people, seats, taken, tried):
            taken[seat] = name
            return True
    return False
