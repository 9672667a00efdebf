"""The graph of dependencies, within a series and between series."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from ceremony.core.finding import Finding, refuse
from ceremony.core.header import DJANGO, Dependency
from ceremony.core.migration import Kind, Migration
from ceremony.core.series import Series
from ceremony.core.version import Version

Node = tuple[str, str]
"""A migration as (series, version)."""

Edges = Mapping[Node, Sequence[Node]]


def check_graph(library: Mapping[str, Series]) -> tuple[Finding, ...]:
    """What is wrong with the dependencies of these series, in time linear in their number.

    ``dependency-missing``, ``dependency-order`` (a later file of the same series),
    ``dependency-planned``, ``dependency-retired``, ``dependency-cycle``. Dependencies on Django's
    migrations are judged on a target.
    """
    found: list[Finding] = []
    for series in library.values():
        covered = superseded_on_disk(series)
        for migration in series.migrations:
            if migration.kind is not Kind.RETIRED:
                for dependency in migration.header.depends:
                    finding = _judge(library, series, migration, dependency, covered)
                    if finding:
                        found.append(finding)
    return tuple(sorted((*found, *_cycles(library))))


def resolve(dependency: Dependency, series: str, library: Mapping[str, Series]) -> Migration | None:
    """The migration that a dependency of a file of ``series`` names; ``None`` for Django's or
    none.
    """
    home = library.get(dependency.series or series)
    if home is None or dependency.series == DJANGO:
        return None
    named = home.find(_label(dependency)) if dependency.name else None
    return named or home.find(dependency.version)


def _label(dependency: Dependency) -> str:
    return f"{dependency.version}_{dependency.name}" if dependency.name else dependency.version


def superseded_on_disk(series: Series) -> frozenset[str]:
    """The versions that some file of the series supersedes."""
    spans = [m.header.supersedes for m in series.runnable if m.header.supersedes]
    return frozenset(str(m.version) for m in series.migrations for span in spans if covers(span, m))


def covers(span: tuple[str, str], migration: Migration) -> bool:
    """Whether a version lies in ``Supersedes: first-last``; both ends count, and need no file of
    their own.
    """
    return Version.of(span[0]) <= migration.version <= Version.of(span[1])


def _judge(
    library: Mapping[str, Series],
    series: Series,
    migration: Migration,
    dependency: Dependency,
    covered: frozenset[str],
) -> Finding | None:
    if dependency.series == DJANGO:
        return None
    found = resolve(dependency, series.name, library)
    if found is None or (dependency.name and _label(dependency) != found.label):
        return _missing(library, series, migration, dependency)
    if found.kind is Kind.RETIRED and str(migration.version) not in covered:
        return _unusable(migration, dependency, found, "retired", found.header.retired)
    if found.kind is Kind.PLANNED and migration.kind is not Kind.PLANNED:
        return _unusable(migration, dependency, found, "planned", found.header.planned)
    if found.series == series.name and found.version > migration.version:
        return _order(migration, dependency, found)
    return None


def _order(migration: Migration, dependency: Dependency, found: Migration) -> Finding:
    return refuse(
        migration.path,
        "dependency-order",
        f"{migration.label} depends on {found.label}, which comes after it.",
        "Give this file a number behind the one it depends on.",
        line=dependency.line,
    )


def _missing(
    library: Mapping[str, Series], series: Series, migration: Migration, dependency: Dependency
) -> Finding:
    home = library.get(dependency.series or series.name)
    if home is None:
        near = get_close_matches(dependency.series, library, n=1)
        hint = (
            f"Did you mean {near[0]}:{dependency.version}?"
            if near
            else "Add the series, or mend its name."
        )
        said = f"there is no series {dependency.series!r}"
    else:
        labels = [m.label for m in home.migrations]
        wanted = _label(dependency)
        same = home.by_version.get(dependency.version)
        near = [same.label] if same else get_close_matches(wanted, labels, n=1, cutoff=0.8)
        prefix = f"{dependency.series}:" if dependency.series else ""
        hint = f"Did you mean {prefix}{near[0]}?" if near else "Add the file, or mend the line."
        said = f"there is no such file in {home.name!r}"
    name = f"_{dependency.name}" if dependency.name else ""
    return refuse(
        migration.path,
        "dependency-missing",
        f"{migration.label} depends on {dependency}{name}, but {said}.",
        hint,
        line=dependency.line,
    )


def _unusable(
    migration: Migration, dependency: Dependency, found: Migration, state: str, why: str
) -> Finding:
    cure = {
        "retired": "Depend on the file that took its place.",
        "planned": "Wait until its line 'Planned:' goes, or plan this file too.",
    }[state]
    return refuse(
        migration.path,
        f"dependency-{state}",
        f"{migration.label} depends on {found.label}, which is {state} and never runs: {why}.",
        cure,
        line=dependency.line,
    )


def _cycles(library: Mapping[str, Series]) -> Iterator[Finding]:
    explicit = dict(_explicit(library))
    seen: set[Node] = set()
    for cycle in _loops(explicit):
        seen.update(cycle)
        yield _cycle(library, cycle, "")
    for cycle in _loops(_with_order(library, explicit)):
        if not seen.intersection(cycle):
            yield _cycle(library, cycle, " (each series also runs in its own order)")


def _explicit(library: Mapping[str, Series]) -> Iterator[tuple[Node, list[Node]]]:
    for series in library.values():
        for migration in series.migrations:
            found = (resolve(d, series.name, library) for d in migration.header.depends)
            yield (
                (series.name, str(migration.version)),
                [(one.series, str(one.version)) for one in found if one is not None],
            )


def _with_order(library: Mapping[str, Series], explicit: Edges) -> Edges:
    """The edges between series, and from each file to the one that runs before it."""
    edges = {node: [to for to in targets if to[0] != node[0]] for node, targets in explicit.items()}
    for series in library.values():
        before: Node | None = None
        for migration in series.runnable:
            node = (series.name, str(migration.version))
            if before and before != node:
                edges[node].append(before)
            before = node
    return edges


def _loops(edges: Edges) -> Iterator[list[Node]]:
    """One cycle per knot of the graph, by a depth-first search without recursion."""
    done: set[Node] = set()
    for start in edges:
        path: list[Node] = []
        on_path: dict[Node, int] = {}
        stack: list[tuple[Node, Iterator[Node]]] = []
        if start not in done:
            _enter(start, edges, path, on_path, stack)
        while stack:
            node, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                stack.pop()
                path.pop()
                del on_path[node]
                done.add(node)
            elif target in on_path:
                yield path[on_path[target] :]
            elif target not in done:
                _enter(target, edges, path, on_path, stack)


def _enter(
    node: Node,
    edges: Edges,
    path: list[Node],
    on_path: dict[Node, int],
    stack: list[tuple[Node, Iterator[Node]]],
) -> None:
    on_path[node] = len(path)
    path.append(node)
    stack.append((node, iter(edges.get(node, ()))))


def _cycle(library: Mapping[str, Series], cycle: Sequence[Node], remark: str) -> Finding:
    turn = min(range(len(cycle)), key=lambda i: cycle[i])
    nodes = [*cycle[turn:], *cycle[:turn]]
    several = len({series for series, _ in nodes}) > 1
    files = [library[series].by_version[version] for series, version in nodes]
    labels = [f"{m.series}:{m.label}" if several else m.label for m in (*files, files[0])]
    line = next((d.line for d in files[0].header.depends), 0)
    return refuse(
        files[0].path,
        "dependency-cycle",
        f"These files depend on each other: {' -> '.join(labels)}{remark}.",
        "Take one of the 'Depends:' lines out.",
        line=line,
    )
