"""The survey: the scripts of a series as subjects, each with what the files before it made."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ceremony.core.graph import superseded_on_disk
from ceremony.core.lint.command import Command
from ceremony.core.lint.commands import commands_of
from ceremony.core.lint.deeds import Objects, follow
from ceremony.core.lint.inventory import Inventory, Key, Made
from ceremony.core.lint.subject import Subject
from ceremony.core.migration import Kind, Migration
from ceremony.core.series import Series
from ceremony.core.sql.trees import trees_of

MadeBy = Mapping[str, Mapping[Key, tuple[Made, ...]]]
"""By the alias of a home database, everything that its series make."""


def made_by(library: Mapping[str, Series]) -> MadeBy:
    """What series make that share a home database; nothing for a series that has its own."""
    homes = Counter(_home(series) for series in library.values())
    found: dict[str, dict[Key, tuple[Made, ...]]] = {}
    for series in library.values():
        home = _home(series)
        if homes[home] > 1:
            own = found.setdefault(home, {})
            for key, made in _left_by(series):
                own[key] = (*own.get(key, ()), made)
    return found


def _home(series: Series) -> str:
    """The alias of the home database; without one in ``series.toml`` it is the series' name."""
    return series.settings.database or series.name


def _left_by(series: Series) -> Iterator[tuple[Key, Made]]:
    objects: Objects = {}
    for migration in _fresh(series):
        if migration.kind is Kind.RUNNABLE:
            _follow(objects, commands_of(trees_of(migration.script)), migration)
    yield from objects.items()


def subjects(series: Series, library: Mapping[str, Series], made: MadeBy) -> Iterator[Subject]:
    """Every change of a series that a fresh database would run, then its ways back.

    A way back is judged as what runs when nothing after its migration is there.
    """
    neighbours = made.get(_home(series), {})
    runnable, coming = _of_other_series(series, library), _of_other_series(series, library)
    for migration in _fresh(series):
        there = runnable if migration.kind is Kind.RUNNABLE else coming
        change = _subject(series, migration, None, Inventory(dict(there)), library)
        change = replace(change, neighbours=neighbours)
        yield change
        for variant in sorted(migration.rollbacks):
            way = _subject(series, migration, variant, change.after, library)
            yield replace(way, neighbours=neighbours)
        _follow(coming, change.commands, migration)
        if migration.kind is Kind.RUNNABLE:
            _follow(runnable, change.commands, migration)


def _fresh(series: Series) -> Iterator[Migration]:
    """What a fresh database would run, planned files too."""
    superseded = superseded_on_disk(series)
    for migration in series.migrations:
        if migration.kind is not Kind.RETIRED and str(migration.version) not in superseded:
            yield migration


def _of_other_series(series: Series, library: Mapping[str, Series]) -> Objects:
    """What the series make that this one depends on, and those that they depend on."""
    objects: Objects = {}
    seen, waiting = {series.name}, [series]
    while waiting:
        for name in sorted(_needed(waiting.pop()) & set(library) - seen):
            seen.add(name)
            waiting.append(library[name])
            for migration in _fresh(library[name]):
                if migration.kind is Kind.RUNNABLE:
                    _follow(objects, commands_of(trees_of(migration.script)), migration)
    return objects


def _needed(series: Series) -> set[str]:
    return {d.series for m in series.migrations for d in m.header.depends if d.series}


def _subject(
    series: Series,
    migration: Migration,
    variant: str | None,
    before: Inventory,
    library: Mapping[str, Series],
) -> Subject:
    script = migration.script if variant is None else migration.rollbacks[variant]
    trees = trees_of(script)
    commands = tuple(commands_of(trees))
    after = dict(before.objects)
    _follow(after, commands, migration)
    return Subject(
        series, migration, script, variant, trees, commands, before, Inventory(after), library
    )


def _follow(objects: Objects, commands: Iterable[Command], migration: Migration) -> None:
    for command in commands:
        follow(objects, command, migration.series, str(migration.version))
