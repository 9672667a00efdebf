"""``[preflight]`` of ``series.toml``: what must hold before a run."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ceremony.core.checklist.entries import Entry, entry_of, faults, repeated
from ceremony.core.checklist.ids import OF_PREFLIGHT
from ceremony.core.contract.names import split_name
from ceremony.core.directives import milliseconds
from ceremony.core.drift_settings import Objection
from ceremony.core.series import SeriesSettings

LONG_TRANSACTION = 60
"""Seconds after which another session's transaction is a long one, where a series says nothing."""

_NAMES = ("requires_objects", "absent_or_empty")
_WORDS = ("flags_off", "extensions")
_SIZE = re.compile(r"([0-9]+) ?(MB|GB|TB)")
_BYTES = {"MB": 2**20, "GB": 2**30, "TB": 2**40}
_VERSION = re.compile(r"([0-9]{2})(?:\.([0-9]{1,2}))?")
_KEYS_OF_HUMAN: Mapping[str, type] = {"id": str, "text": str, "backup": bool}
KEYS = frozenset(
    {*_NAMES, *_WORDS, "min_version", "max_transaction", "disk_free", "replica_lag", "human"}
)
"""The keys of ``[preflight]``."""


@dataclass(frozen=True)
class Preflight:
    """``min_version`` is PostgreSQL's number (150004), ``max_transaction`` and ``replica_lag`` are
    milliseconds, ``disk_free`` bytes; 0 where the series does not ask.
    """

    requires_objects: tuple[str, ...] = ()
    absent_or_empty: tuple[str, ...] = ()
    flags_off: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    min_version: int = 0
    max_transaction: int = LONG_TRANSACTION * 1000
    disk_free: int = 0
    replica_lag: int = 0
    human: tuple[Entry, ...] = ()


def preflight_of(settings: SeriesSettings) -> Preflight:
    """What a series asks for; what ``objections`` names is left out."""
    table = settings.extra.get("preflight", {})
    wrong = {key for key, _ in _faults(table)}
    good = {key: value for key, value in table.items() if key not in wrong}
    return Preflight(
        **{key: tuple(good.get(key, ())) for key in (*_NAMES, *_WORDS)},
        min_version=_version(good["min_version"]) if "min_version" in good else 0,
        max_transaction=_duration(good.get("max_transaction", f"{LONG_TRANSACTION}s")),
        disk_free=size(good["disk_free"]) if "disk_free" in good else 0,
        replica_lag=_duration(good["replica_lag"]) if "replica_lag" in good else 0,
        human=tuple(entry_of(one) for one in good.get("human", ())),
    )


def objections(tables: Mapping[str, Any]) -> Iterator[Objection]:
    """What is wrong in ``[preflight]``."""
    table = tables.get("preflight")
    if isinstance(table, dict):
        for key, fault in _faults(table):
            yield Objection("preflight", f"{key!r} in [preflight] {fault}.", _HINTS.get(key, _HINT))


_HINT = f"Known: {', '.join(sorted(KEYS))}."
_HINTS = {
    **dict.fromkeys(_NAMES, 'Write a list of names as in SQL: ["orders", "auth.users"].'),
    **dict.fromkeys(_WORDS, 'Write a list of names: ["CALENDAR_SYNC_ENABLED"].'),
    "min_version": 'Write a version of PostgreSQL: "15" or "15.4".',
    "max_transaction": 'Write a duration: "60s" or "5min".',
    "replica_lag": 'Write a duration: "30s" or "5min".',
    "disk_free": 'Write a size: "500MB" or "20GB".',
    "human": 'Write [[preflight.human]] with id = "backup", text = "…", and backup = true where '
    "apply_sql --backup answers it.",
}


def _faults(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each key with what is wrong with it."""
    for key, value in table.items():
        if key not in KEYS:
            yield key, "is no setting"
        elif key in _NAMES and not _all_names(value):
            yield key, "is no list of names of objects"
        elif key in _WORDS and not _all_words(value):
            yield key, "is no list of names"
        elif key in _READERS and not _reads(key, value):
            yield key, f"is {value!r}"
        elif key == "human":
            yield from (("human", fault) for fault in _of_human(value))


def _of_human(value: object) -> Iterator[str]:
    if not isinstance(value, list):
        yield "is no list"
        return
    wrong = False
    for number, one in enumerate(value, start=1):
        for fault in faults(one, _KEYS_OF_HUMAN, frozenset()):
            wrong = True
            yield f"has an item {number} that {fault}"
    if not wrong:
        yield from (f"has the id {name!r} twice" for name in repeated(value))
        taken = sorted({entry_of(one).id for one in value} & OF_PREFLIGHT)
        yield from (f"has the id {name!r}, which is one of Ceremony's own" for name in taken)


def _all_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value)


def _all_names(value: object) -> bool:
    if not isinstance(value, list) or not _all_words(value):
        return False
    return all(1 <= len(split_name(one) or ()) <= 2 for one in value)


def _version(text: str) -> int:
    match = _VERSION.fullmatch(text)
    return int(match[1]) * 10_000 + int(match[2] or 0) if match else 0


def size(text: str) -> int:
    """``20GB`` in bytes; 0 for what is no size."""
    match = _SIZE.fullmatch(text)
    return int(match[1]) * _BYTES[match[2]] if match else 0


def _duration(text: str) -> int:
    return milliseconds(text) or 0


_READERS = {
    "min_version": _version,
    "max_transaction": _duration,
    "disk_free": size,
    "replica_lag": _duration,
}


def _reads(key: str, value: object) -> bool:
    return isinstance(value, str) and _READERS[key](value) > 0
