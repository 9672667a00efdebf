"""Lanes: a graph of dependencies beside a list, drawn as a log of commits is: one line per row.

Rows stand in the order given, what is needed above what needs it. A row's dot stands on a lane; a
line runs down from it to every row that needs it. Nothing here knows of migrations or of pixels.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """One row: its name, and the names of the rows above that it needs. Names are unique."""

    name: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class LaneRow:
    """What is drawn beside one row. Lanes are numbered from 0, the leftmost.

    ``lane`` is where the dot stands. ``into`` are lanes at the upper edge whose lines go to the
    dot, ``out`` lanes at the lower edge whose lines come from it, ``through`` lanes whose lines
    pass from the upper edge to the lower one. A line in ``into`` and ``through`` does both: it
    gives this row its share and goes on to others.
    """

    name: str
    lane: int
    into: tuple[int, ...]
    through: tuple[int, ...]
    out: tuple[int, ...]

    @property
    def width(self) -> int:
        """How many lanes it takes."""
        return 1 + max((self.lane, *self.into, *self.through, *self.out))


@dataclass
class _Line:
    """A line on its way down: the rows that it still has to reach, the next one first."""

    waiting: list[str]


def lanes(nodes: Iterable[Node]) -> tuple[LaneRow, ...]:
    """One row per node, in the order given.

    The first that needs a row goes on in its lane; the others branch off to one line of their own.
    A row that needs several joins their lines in the leftmost lane that ends there. What a node
    needs and is not above it is left out. Time and space are linear in rows times lanes.
    """
    ordered = list(nodes)
    followers = _followers(ordered)
    lines: list[_Line | None] = []
    return tuple(_row(node.name, followers[node.name], lines) for node in ordered)


def chained(nodes: Sequence[Node], apart: Collection[str] = ()) -> tuple[Node, ...]:
    """The nodes, each that needs nothing needing the one before it: a list that runs in its order.

    Nodes that stand ``apart`` neither follow nor are followed unless they say so.
    """
    found: list[Node] = []
    before: tuple[str, ...] = ()
    for node in nodes:
        if node.name in apart:
            found.append(node)
            continue
        found.append(Node(node.name, node.needs or before))
        before = (node.name,)
    return tuple(found)


def around(rows: Sequence[str], chosen: Iterable[str], margin: int) -> slice:
    """The rows from ``margin`` before the first chosen one to ``margin`` behind the last; the last
    ones where none of them is there.
    """
    wanted = set(chosen)
    places = [place for place, name in enumerate(rows) if name in wanted]
    if not places:
        return slice(max(0, len(rows) - 2 * margin - 1), len(rows))
    return slice(max(0, places[0] - margin), min(len(rows), places[-1] + margin + 1))


def _followers(ordered: Sequence[Node]) -> dict[str, list[str]]:
    """Which rows need each row, in their order."""
    followers: dict[str, list[str]] = {}
    for node in ordered:
        for need in dict.fromkeys(node.needs):
            if need in followers:
                followers[need].append(node.name)
        followers[node.name] = []
    return followers


def _row(name: str, followers: Sequence[str], lines: list[_Line | None]) -> LaneRow:
    into = [at for at, line in enumerate(lines) if line and line.waiting[0] == name]
    through = [at for at, line in enumerate(lines) if line and line.waiting != [name]]
    ending = [at for at in into if at not in through]
    for at in into:
        line = lines[at]
        if line is not None:
            line.waiting.pop(0)
            lines[at] = line if line.waiting else None
    lane = ending[0] if ending else _free(lines)
    out = []
    if followers:
        out.append(lane)
        lines[lane] = _Line(list(followers[:1]))
    if rest := list(followers[1:]):
        branch = _free(lines)
        out.append(branch)
        lines[branch] = _Line(rest)
    return LaneRow(name, lane, tuple(into), tuple(through), tuple(out))


def _free(lines: list[_Line | None]) -> int:
    """The leftmost lane without a line."""
    for at, line in enumerate(lines):
        if line is None:
            return at
    lines.append(None)
    return len(lines) - 1
