"""What a migration may rely on: the files that its ``Depends:`` lines lead to."""

from bisect import bisect_left
from collections import deque
from collections.abc import Mapping

from ceremony.core.graph import resolve
from ceremony.core.migration import Migration
from ceremony.core.series import Series

Node = tuple[str, str]
"""A migration as (series, version)."""


def leads_to(migration: Migration, wanted: Migration, library: Mapping[str, Series]) -> bool:
    """Whether ``Depends:`` names ``wanted``, or a file that leads to it.

    The nearest files are asked first. Files of its own series in front of it cannot lead to it.
    """
    seen: set[Node] = set()
    waiting = deque([migration])
    while waiting:
        for named in _named(waiting.popleft(), library):
            node = (named.series, str(named.version))
            if named is wanted:
                return True
            before = named.series == wanted.series and named.version < wanted.version
            if node not in seen and not before:
                seen.add(node)
                waiting.append(named)
    return False


def run_before(migration: Migration, library: Mapping[str, Series]) -> frozenset[Node]:
    """The files that have run wherever this one runs: its own series in order counts as well.

    Each file is looked at once, however many lead to it.
    """
    runnable: dict[str, tuple[Migration, ...]] = {}
    reached: dict[str, int] = {}
    found: set[Node] = set()
    waiting = [migration]
    while waiting:
        one = waiting.pop()
        if (node := (one.series, str(one.version))) in found:
            continue
        found.add(node)
        if one.series not in runnable:
            runnable[one.series] = library[one.series].runnable
        order, known = runnable[one.series], reached.get(one.series, 0)
        reached[one.series] = max(known, bisect_left(order, one.version, key=lambda m: m.version))
        waiting.extend((*_named(one, library), *order[known : reached[one.series]]))
    return frozenset(found - {(migration.series, str(migration.version))})


def _named(migration: Migration, library: Mapping[str, Series]) -> list[Migration]:
    named = (resolve(each, migration.series, library) for each in migration.header.depends)
    return [each for each in named if each is not None]
