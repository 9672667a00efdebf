"""What a dictionary says about a policy: one of the settings, or ``[policy]`` of ``series.toml``.

Both use the same words, settings in capitals (``APPROVALS``), a series in small letters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ceremony.core.header import Risk
from ceremony.core.policies.form import NUMBERS, SWITCHES
from ceremony.core.policies.window import WRITTEN, parse_window
from ceremony.core.policy import Duty, Policy, Quorum, Window

FIELDS = tuple(one.name for one in fields(Policy) if one.name != "name")
"""Everything that can be said about a policy."""

RISKS = "risks"
"""The key under which a risk has words of its own."""

REQUIRED = "required"
ANYBODY = "*"
"""In quorums: anybody who may sign."""


@dataclass(frozen=True)
class Said:
    """``fields`` are those of ``Policy`` that are said, ``risks`` what is said for a risk alone."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    risks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Unfit:
    """A word that cannot be understood. ``place`` is where it stands, ``hint`` what to write."""

    place: str
    message: str
    hint: str


def read_policy(
    raw: Mapping[str, Any], spelled: Callable[[str], str] = str.upper
) -> tuple[Said, tuple[Unfit, ...]]:
    """What a dictionary says, and what is wrong with it. ``spelled`` writes a key as it is written
    there.
    """
    wrong: list[Unfit] = []
    own = {key: value for key, value in raw.items() if key != spelled(RISKS)}
    said = _fields(own, spelled, "", wrong, (*FIELDS, RISKS))
    risks: dict[str, Mapping[str, Any]] = {}
    for risk, words in _by_risk(raw.get(spelled(RISKS), {}), spelled, wrong).items():
        risks[risk] = _fields(words, spelled, f"{spelled(RISKS)}[{risk!r}]", wrong, FIELDS)
    return Said(said, risks), tuple(wrong)


def _by_risk(
    raw: object, spelled: Callable[[str], str], wrong: list[Unfit]
) -> Mapping[str, Mapping[str, Any]]:
    if isinstance(raw, Mapping) and all(isinstance(words, Mapping) for words in raw.values()):
        unknown = [risk for risk in raw if risk not in list(Risk)]
        if not unknown:
            return raw
        happened = f"{unknown[0]!r} is no risk."
    else:
        happened = f"{spelled(RISKS)} is no table of risks."
    known = ", ".join(Risk)
    wrong.append(Unfit(spelled(RISKS), happened, f"Known: {known}; each has keys of its own."))
    return {}


def _fields(
    raw: Mapping[str, Any],
    spelled: Callable[[str], str],
    place: str,
    wrong: list[Unfit],
    known: tuple[str, ...],
) -> dict[str, Any]:
    names = {spelled(name): name for name in FIELDS}
    found: dict[str, Any] = {}
    for key, value in raw.items():
        where = f"{place}[{key!r}]" if place else str(key)
        if key not in names:
            shown = ", ".join(sorted(spelled(name) for name in known))
            wrong.append(Unfit(where, f"There is no setting {key!r}.", f"Known: {shown}."))
            continue
        try:
            found[names[key]] = _value(names[key], value)
        except _NoValue as error:
            wrong.append(Unfit(where, f"{value!r} is no value of {key!r}.", str(error)))
    # An age is that of a rehearsal: there has to be one.
    if found.get("rehearsal_days"):
        found["rehearsal"] = True
    return found


class _NoValue(Exception):
    """With what to write instead."""


def _value(name: str, value: object) -> object:
    if name in {"approvals", "acceptances"}:
        return _quorums(value)
    if name in NUMBERS:
        return _number(name, value)
    if name in SWITCHES:
        return _switch(name, value)
    if name == "separate":
        return _duties(value)
    if name == "windows":
        return _windows(value)
    return _text(value)


def _quorums(value: object) -> tuple[Quorum, ...]:
    counts = {ANYBODY: value} if isinstance(value, int) else value
    if not isinstance(counts, Mapping) or not all(
        isinstance(group, str) and group and _is_count(count) for group, count in counts.items()
    ):
        raise _NoValue('Write a number of people, or how many of which group: {"dba": 1, "*": 1}.')
    quorums = (
        Quorum("" if group == ANYBODY else group, count) for group, count in counts.items() if count
    )
    return tuple(sorted(quorums))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _number(name: str, value: object) -> object:
    if not _is_count(value):
        unit = name.rpartition("_")[2]
        raise _NoValue(f"Write a whole number of {unit}; 0 for no limit.")
    return value


def _switch(name: str, value: object) -> bool:
    if name == "rehearsal" and value == REQUIRED:
        return True
    if isinstance(value, bool):
        return value
    raise _NoValue('Write "required" or False.' if name == "rehearsal" else "Write True or False.")


def _duties(value: object) -> frozenset[Duty]:
    if isinstance(value, bool):
        return frozenset(Duty) if value else frozenset()
    if isinstance(value, list | tuple) and all(word in list(Duty) for word in value):
        return frozenset(Duty(word) for word in value)
    known = ", ".join(f'"{duty}"' for duty in Duty)
    raise _NoValue(f"Write True for all, or a list of these: {known}.")


def _windows(value: object) -> tuple[Window, ...]:
    if isinstance(value, list | tuple):
        try:
            return tuple(sorted(parse_window(text) for text in value))
        except (AttributeError, ValueError) as error:
            raise _NoValue(WRITTEN) from error
    raise _NoValue(WRITTEN)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _NoValue("Write the name of an environment.")
    return value
