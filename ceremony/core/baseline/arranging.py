"""The order of the parts: grouped by object, and nothing before what it needs.

pg_dump's own order is valid but scatters a table over the file. Groups are put in an order in which
what a group's object needs comes first, and, where no cycle forbids it, also what its keys,
triggers and policies refer to. A statement that still comes too early waits until everything is
made.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ceremony.core.baseline.names import Name
from ceremony.core.baseline.parts import Part


@dataclass(frozen=True)
class Group:
    """The statements of one object; ``name`` is empty for those that wait until the end."""

    name: Name
    parts: tuple[Part, ...]


def arrange(parts: Sequence[Part]) -> tuple[Group, ...]:
    """The groups in an order in which they can be run."""
    groups = _Groups([part for part in parts if part.rank < 2])
    ordered: list[Group] = []
    there: set[Name] = set()
    waiting: list[Part] = []
    for home in groups.order():
        ready = []
        for part in groups.members[home]:
            if part.waits or groups.unmet(part, there):
                waiting.append(part)
            else:
                ready.append(part)
                there |= part.made
        if ready:
            ordered.append(Group(home, tuple(ready)))
    last = [part for part in parts if part.rank == 2]
    rest = (*sorted(waiting, key=lambda part: part.place), *last)
    return (*ordered, Group((), rest)) if rest else tuple(ordered)


class _Groups:
    """Parts by the object they belong to, and which objects come before which."""

    def __init__(self, parts: Sequence[Part]) -> None:
        members: dict[Name, list[Part]] = {}
        for part in sorted(parts, key=lambda part: (part.rank, part.place)):
            members.setdefault(part.home, []).append(part)
        self.members: Mapping[Name, list[Part]] = {
            home: sorted(own, key=lambda part: (not part.creates, part.closes, part.place))
            for home, own in members.items()
        }
        self._makers: dict[Name, list[Part]] = {}
        for part in parts:
            for name in part.made:
                self._makers.setdefault(name, []).append(part)
        self._hard = {home: self._needed_by(home, creates=True) for home in self.members}
        self._soft = {home: self._needed_by(home, creates=False) for home in self.members}
        self._closures: dict[Name, frozenset[Name]] = {}

    def unmet(self, part: Part, there: set[Name]) -> bool:
        """Whether something that the part needs is made by a part that has not come yet."""
        return any(
            name not in there and any(maker is not part for maker in self._makers[name])
            for name in part.needed
            if name in self._makers and not (name in part.made and part.creates)
        )

    def order(self) -> tuple[Name, ...]:
        """The homes, each behind what its object needs; without recursion, for chains are long."""
        done: dict[Name, None] = {}
        for start in self.members:
            path: dict[Name, Iterator[Name]] = {}
            if start not in done:
                path[start] = iter((*self._hard[start], *self._soft[start]))
            while path:
                home = next(reversed(path))
                following = self._following(home, path, done)
                if following is None:
                    del path[home]
                    done.setdefault(home)
                else:
                    wanted = (*self._hard[following], *self._soft[following])
                    path[following] = iter(wanted)
        return tuple(done)

    def _following(
        self, home: Name, path: Mapping[Name, Iterator[Name]], done: Mapping[Name, None]
    ) -> Name | None:
        """What must, or may, come before ``home`` and has not come yet."""
        for name in path[home]:
            if name in done or name in path:
                continue
            if name in self._hard[home] or self._closure(name).isdisjoint(path):
                return name
        return None

    def _needed_by(self, home: Name, *, creates: bool) -> tuple[Name, ...]:
        """The homes of what the parts need; for what makes an object, only what the dump made
        before it.
        """
        own = [p for p in self.members[home] if p.creates is creates and not p.waits]
        found: dict[Name, None] = {}
        for part in own:
            for maker in self._makers_for(part):
                elsewhere = maker.home != home and maker.home in self.members
                if elsewhere and (not creates or maker.place < part.place):
                    found.setdefault(maker.home)
        return tuple(found)

    def _makers_for(self, part: Part) -> Iterator[Part]:
        for name in sorted(part.needed):
            yield from self._makers.get(name, ())

    def _closure(self, home: Name) -> frozenset[Name]:
        """Everything that must come before ``home``."""
        if home not in self._closures:
            seen: set[Name] = set()
            waiting = [home]
            while waiting:
                one = waiting.pop()
                if one not in seen:
                    seen.add(one)
                    waiting.extend(self._hard[one])
            self._closures[home] = frozenset(seen)
        return self._closures[home]
