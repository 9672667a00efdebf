"""Making a plan that takes applied migrations back, newest first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ceremony.core.applying import resume_after, unknown_version
from ceremony.core.compare import ledger_findings
from ceremony.core.contract.holding import with_contract
from ceremony.core.finding import Finding, refuse
from ceremony.core.history import Event, History, SeriesState
from ceremony.core.migration import Kind, Migration
from ceremony.core.series import Series
from ceremony.core.step import Direction, Plan, Step
from ceremony.core.steps import rollback_step
from ceremony.core.superseding import stood_for

NOTHING = frozenset({"zero", "nothing"})
"""What ``--to`` says to take everything back."""


@dataclass(frozen=True)
class _Applied:
    """One migration that can be taken back, and the ledger row that it stands in."""

    migration: Migration
    state: SeriesState

    @property
    def order(self) -> int:
        """Where in the ledger it came in."""
        row = self.state.settled if self.state.in_place else None
        if row is None and self.state.partly is not None:
            row = self.state.partly.started
        return row.sequence if row else 0


def plan_rollback(
    series: Series,
    history: History,
    *,
    to: str | None = None,
    steps: int | None = None,
    variant: str = "",
    neighbours: Mapping[str, Series] = MappingProxyType({}),
) -> Plan:
    """The steps that take migrations back, in the reverse of the order in which they came in.

    ``to`` is the version to return to, which stays; ``zero`` takes everything back. ``steps`` takes
    that many back; with neither it is one. What is partly applied can be taken back too.
    ``neighbours`` are other series with rows in the same ledger: what they depend on stays. Errors
    among the findings refuse the plan; its steps are those that would run.
    """
    there = _there(series, history)
    chosen, wrong = _chosen(series, history, there, to, steps)
    found = [*ledger_findings(series, history), *wrong]
    versions = {one.migration.version for one in chosen}
    remaining = [one for one in there if one.migration.version not in versions]
    for one in chosen:
        found.extend(_refusals(one, variant))
        found.extend(_blocked(one, remaining))
        found.extend(_blocked_next_door(one, neighbours, history))
    made: list[Step] = []
    freed: set[str] = set()
    for index, one in enumerate(chosen):
        made.append(_step(len(made) + 1, one, variant))
        stay = [*remaining, *chosen[index + 1 :]]
        for member in _freed(series, history, one, stay):
            if str(member.version) not in freed:
                freed.add(str(member.version))
                number = len(made) + 1
                made.append(Step(number, member, Direction.ROLL_BACK, Event.ROLLED_BACK, None))
    held = tuple(with_contract(series, history, made))
    return Plan(series.name, Direction.ROLL_BACK, held, tuple(sorted(found)))


def _there(series: Series, history: History) -> list[_Applied]:
    """What is applied, baselined or partly in, newest first."""
    found = []
    for version, state in history.states(series.name).items():
        migration = series.by_version.get(version)
        stands = state.partly or (
            state.settled and state.settled.event in (Event.APPLIED, Event.BASELINED)
        )
        if migration is not None and stands:
            found.append(_Applied(migration, state))
    return sorted(found, key=lambda one: one.order, reverse=True)


def _chosen(
    series: Series,
    history: History,
    there: Sequence[_Applied],
    to: str | None,
    steps: int | None,
) -> tuple[list[_Applied], tuple[Finding, ...]]:
    if to is None:
        return list(there[: 1 if steps is None else steps]), ()
    if to in NOTHING:
        return list(there), ()
    stays = series.find(to)
    if stays is None:
        return [], (unknown_version(series, to),)
    applied = history.applied(series.name).get(str(stays.version))
    if applied is None:
        return [], (_not_applied(series, stays, there),)
    if applied.event is Event.SUPERSEDED:
        return [], (_superseded(series, stays),)
    return [one for one in there if one.migration.version > stays.version], ()


def _not_applied(series: Series, stays: Migration, there: Sequence[_Applied]) -> Finding:
    labels = [one.migration.label for one in there]
    return refuse(
        stays.path,
        "version-not-applied",
        f"{stays.label} is not applied here, so nothing can be rolled back to it.",
        f"Applied here, newest first: {', '.join(labels)}."
        if labels
        else "Nothing is applied here.",
    )


def _superseded(series: Series, stays: Migration) -> Finding:
    return refuse(
        stays.path,
        "version-superseded",
        f"{stays.label} never ran here: a later file stands for it, so there is no state of "
        "it to return to.",
        f"Take everything back: manage.py rollback_sql {series.name} --to zero",
    )


def _refusals(one: _Applied, variant: str) -> Iterator[Finding]:
    migration, settled = one.migration, one.state.settled
    if settled and settled.event is Event.BASELINED:
        yield refuse(
            migration.path,
            "rollback-baselined",
            f"{migration.label} was baselined here: it was there before, and its rollback "
            "would drop it.",
            "Return to a version behind it, or undo single objects in a new migration.",
        )
    elif not migration.header.reversible:
        why = f": {migration.header.irreversible_why}" if migration.header.irreversible_why else ""
        yield refuse(
            migration.path,
            "rollback-irreversible",
            f"{migration.label} cannot be taken back{why}.",
            "Undo it in a new migration, or restore a backup.",
        )
    elif variant not in migration.rollbacks:
        yield _no_way_back(migration, variant)


def _no_way_back(migration: Migration, variant: str) -> Finding:
    if not variant:
        retired = " (the file is retired)" if migration.kind is Kind.RETIRED else ""
        return refuse(
            migration.path,
            "rollback-missing",
            f"{migration.label} has no rollback file{retired}.",
            f"Write {migration.label}.rollback.sql, or undo the change in a new migration.",
        )
    known = sorted(name for name in migration.rollbacks if name)
    return refuse(
        migration.path,
        "rollback-variant-unknown",
        f"{migration.label} has no rollback {variant!r}.",
        f"Its variants: {', '.join(known)}."
        if known
        else "It has no variants; leave out --variant.",
    )


def _blocked(one: _Applied, remaining: Iterable[_Applied]) -> Iterator[Finding]:
    version = str(one.migration.version)
    for other in remaining:
        if any(not d.series and d.version == version for d in other.migration.header.depends):
            yield refuse(
                one.migration.path,
                "rollback-blocked-by",
                f"{one.migration.label} cannot be taken back: {other.migration.label} depends "
                "on it and is applied.",
                f"Take both back: manage.py rollback_sql {one.migration.series} --to VERSION",
            )


def _blocked_next_door(
    one: _Applied, neighbours: Mapping[str, Series], history: History
) -> Iterator[Finding]:
    """Dependents in other series that are applied to the same database."""
    mine = one.migration
    for name, series in neighbours.items():
        for version in history.applied(name):
            other = series.by_version.get(version)
            if other is not None and _depends(other, mine):
                yield refuse(
                    mine.path,
                    "rollback-blocked-by",
                    f"{mine.label} cannot be taken back: {name} {other.label} depends on it and "
                    "is applied to the same database.",
                    f"Take that back first: manage.py rollback_sql {name} --database ALIAS",
                )


def _depends(other: Migration, mine: Migration) -> bool:
    labels = {str(mine.version), mine.label}
    return any(
        d.series == mine.series and (d.version in labels or f"{d.version}_{d.name}" in labels)
        for d in other.header.depends
    )


def _step(number: int, one: _Applied, variant: str) -> Step:
    script, partly = one.migration.rollbacks.get(variant), one.state.partly
    done = resume_after(script, partly, rolling_back=True) if script else 0
    return rollback_step(number, one.migration, variant, resume_after=done)


def _freed(
    series: Series, history: History, one: _Applied, stay: Iterable[_Applied]
) -> tuple[Migration, ...]:
    """The superseded files that nothing stands for any more once ``one`` is taken back."""
    if not one.migration.header.supersedes:
        return ()
    held = stood_for(series, (other.migration for other in stay))
    states = history.states(series.name)
    return tuple(
        m
        for m in reversed(series.migrations)
        if (state := states.get(str(m.version))) is not None
        and state.settled is not None
        and state.settled.event is Event.SUPERSEDED
        and str(m.version) not in held
    )
