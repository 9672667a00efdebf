"""What the summary of a series claims, held against evidence: reversible, idempotent, non-breaking,
feature-flagged.

What is stated is checked; what cannot be checked is not taken on trust.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ceremony.core.catalog import ObjectKind
from ceremony.core.catalog.diff import Change, Difference
from ceremony.core.checklist.judging import listed
from ceremony.core.rehearsal.drill import Mark, Station
from ceremony.core.rehearsal.way_back import Verdict

_TYPES = frozenset({"type", "returns", "subtype"})
"""The facts that tell of what type something is: a column, a domain, what a function returns."""

_LABEL = re.compile(r"'(?:[^']|'')*'")
"""A label of an enum, as a literal of SQL."""

_VIEWS = frozenset({ObjectKind.VIEW, ObjectKind.MATERIALIZED_VIEW})

_SOUND = frozenset({Verdict.RESTORED.value, Verdict.COSMETIC.value})


@dataclass(frozen=True)
class Found:
    """Whether a claim is true; ``None`` where nothing tells. ``why`` is one sentence."""

    true: bool | None
    why: str


@dataclass(frozen=True)
class Rehearsed:
    """The rehearsal of one migration as its certificate has it, and the number of it; ``entry`` is
    ``None`` where none of exactly these files is recorded.
    """

    label: str
    number: int = 0
    entry: Mapping[str, Any] | None = None


def reversible(migrations: Sequence[Rehearsed]) -> Found:
    """Every way back was run in a rehearsal of exactly these files and restored what was before."""
    if unknown := _unrehearsed(migrations):
        return unknown
    ways = {one.label: _plain_way(one.entry or {}) for one in migrations}
    wrong = [f"{label} ({way})" for label, way in ways.items() if way and way not in _SOUND]
    if wrong:
        return Found(False, f"Not taken back cleanly in rehearsal: {listed(wrong)}.")
    if unrun := [label for label, way in ways.items() if not way]:
        return Found(None, f"These were not taken back in rehearsal: {listed(unrun)}.")
    return Found(True, f"Rehearsal {_numbers(migrations)} took every migration back to the start.")


def idempotent(migrations: Sequence[Rehearsed]) -> Found:
    """The statements were run a second time in rehearsal, the ledger ignored, and changed
    nothing.
    """
    if unknown := _unrehearsed(migrations):
        return unknown
    marks = {one.label: _again(one.entry or {}) for one in migrations}
    wrong = [label for label, mark in marks.items() if mark in (Mark.DIFFERS, Mark.FAILED)]
    unrun = [label for label, mark in marks.items() if mark is Mark.NOT_RUN]
    if wrong:
        return Found(False, f"Run a second time, these fail or change something: {listed(wrong)}.")
    if unrun:
        return Found(None, f"These were not run a second time: {listed(unrun)}.")
    return Found(True, f"Rehearsal {_numbers(migrations)} ran every one twice: nothing changed.")


def non_breaking(differences: Sequence[Difference] | None, contract: bool | None) -> Found:
    """No object that was there before is dropped, renamed or retyped, and the contract holds.

    ``differences`` lead from the catalog before the run to the one after it, ``None`` where one of
    them is not known; ``contract`` is whether it held and holds, ``None`` where nobody asked.
    """
    if differences is None:
        return Found(None, "The catalog before the run, or after it, is not known.")
    gone = [str(one.key) for one in differences if one.change is Change.VANISHED]
    changed = [one for one in differences if one.change is Change.CHANGED]
    retyped = list(dict.fromkeys(str(one.key) for one in changed if _retypes(one)))
    if gone or retyped:
        told = [f"{name} is gone" for name in gone] + [f"{name} is retyped" for name in retyped]
        return Found(False, f"Of what was there before, {listed(told)}.")
    if contract is False:
        return Found(False, "The contract does not hold, or did not hold before the run.")
    if contract is None:
        return Found(None, "Nothing that was there is gone or retyped; the contract was not asked.")
    if views := [
        str(one.key) for one in changed if one.key.kind in _VIEWS and one.fact == "definition"
    ]:
        return Found(None, f"Whether the columns are those of before is not told: {listed(views)}.")
    return Found(True, "Nothing that was there is gone or retyped, and the contract holds.")


def _retypes(one: Difference) -> bool:
    """Whether a changed fact takes something away: a type, a label of an enum, an attribute of a
    composite type. What only comes along breaks nobody.
    """
    if one.fact == "labels":
        return not set(_LABEL.findall(one.before)) <= set(_LABEL.findall(one.after))
    if one.fact == "attributes":
        return one.before != one.after and not one.after.startswith(f"{one.before}, ")
    return one.fact in _TYPES


def feature_flagged(flags: Mapping[str, str]) -> Found:
    """The change hides behind flags that are off. ``flags`` maps each to where it is on, ``""`` for
    nowhere.
    """
    if not flags:
        return Found(False, "series.toml names no flag in flags_off of [preflight].")
    on = [f"{name} (in {where})" for name, where in flags.items() if where]
    if on:
        return Found(False, f"These are on: {listed(on)}.")
    off = "is on, in this process's environment or in Django's settings"
    return Found(True, f"None of {len(flags)} {off}.")


def _unrehearsed(migrations: Sequence[Rehearsed]) -> Found | None:
    if not migrations:
        return Found(None, "No step of the plan runs a file.")
    missing = [one.label for one in migrations if one.entry is None]
    if not missing:
        return None
    return Found(None, f"No rehearsal of exactly these files is recorded: {listed(missing)}.")


def _plain_way(entry: Mapping[str, Any]) -> str:
    """The verdict on the plain way back; ``""`` where it was not run."""
    ways = entry.get("ways_back", ())
    return next((str(way["verdict"]) for way in ways if way["variant"] == ""), "")


def _again(entry: Mapping[str, Any]) -> Mark:
    stations = entry.get("stations", ())
    found = (one["mark"] for one in stations if one["station"] == Station.AGAIN.value)
    return Mark(next(found, Mark.NOT_RUN.value))


def _numbers(migrations: Sequence[Rehearsed]) -> str:
    return ", ".join(map(str, sorted({one.number for one in migrations})))
