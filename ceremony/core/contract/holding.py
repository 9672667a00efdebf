"""Which part of a contract holds on a target, and after each step of a plan."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from ceremony.core.contract.requirement import Requirement
from ceremony.core.history import Event, History
from ceremony.core.series import Series
from ceremony.core.step import Step
from ceremony.core.superseding import stood_for

_RAN = frozenset({Event.APPLIED, Event.BASELINED})


def in_place(series: Series, history: History) -> frozenset[str]:
    """The versions whose objects are there: applied and baselined ones, and superseded ones where
    a file that stands for them is itself in place. What is partly in does not count.
    """
    return _counted(series, *_standing(history, series.name))


def held_on(
    series: Series, history: History, also: Collection[str] = ()
) -> tuple[Requirement, ...]:
    """What a target must keep as its ledger stands, and with the versions ``also`` in place."""
    there = in_place(series, history) | frozenset(also)
    return series.contract.held(there, history.partly(series.name))


def with_contract(series: Series, history: History, steps: Iterable[Step]) -> Iterator[Step]:
    """The steps of a plan, each with what must be there after it.

    A step that only writes a row requires nothing: a superseded file's objects come with the file
    that stands for it.
    """
    ran, superseded = _standing(history, series.name)
    begun = set(history.partly(series.name))
    for step in steps:
        version = step.migration.version.text
        begun.discard(version)
        if step.event is Event.ROLLED_BACK:
            ran.discard(version)
            superseded.discard(version)
        else:
            (superseded if step.event is Event.SUPERSEDED else ran).add(version)
        if step.script is None or not series.contract.requirements:
            yield step
        else:
            held = series.contract.held(_counted(series, ran, superseded), begun)
            yield replace(step, contract=held)


def _standing(history: History, series: str) -> tuple[set[str], set[str]]:
    """The versions that ran, and those that are recorded as superseded."""
    ran: set[str] = set()
    superseded: set[str] = set()
    for version, state in history.states(series).items():
        if state.partly is None and state.settled is not None:
            if state.settled.event in _RAN:
                ran.add(version)
            elif state.settled.event is Event.SUPERSEDED:
                superseded.add(version)
    return ran, superseded


def _counted(series: Series, ran: Collection[str], superseded: Collection[str]) -> frozenset[str]:
    if not superseded:
        return frozenset(ran)
    heads = [m for m in series.migrations if m.version.text in ran]
    return frozenset(ran) | (stood_for(series, heads) & frozenset(superseded))
