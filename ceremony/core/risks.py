"""The risks register of a series: what its authors know may go wrong, and what they do about it.

Each is a ``[[risks]]`` table of ``series.toml``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ceremony.core.drift_settings import Objection
from ceremony.core.series import SeriesSettings

SEVERITIES = ("P0", "P1", "P2", "P3", "P4")
"""From what must not happen to what is worth knowing."""

_WANTED = ("severity", "text", "mitigation")
_KNOWN = frozenset({*_WANTED, "migration"})


@dataclass(frozen=True, order=True)
class KnownRisk:
    """One line of the register. ``migration`` says in the author's words which files it is about,
    ``""`` where it is about the series as a whole.
    """

    severity: str
    migration: str
    text: str
    mitigation: str


def register(settings: SeriesSettings) -> tuple[KnownRisk, ...]:
    """The risks of a series, the worst first, else as they are written."""
    entries = [entry for entry in settings.extra.get("risks", ()) if not _faults(entry)]
    risks = [
        KnownRisk(
            entry["severity"], str(entry.get("migration", "")), entry["text"], entry["mitigation"]
        )
        for entry in entries
    ]
    return tuple(sorted(risks, key=lambda risk: risk.severity))


def objections(tables: Mapping[str, Any]) -> Iterator[Objection]:
    """What is wrong with the register."""
    entries = tables.get("risks")
    for number, entry in enumerate(entries if isinstance(entries, list) else (), start=1):
        for fault in _faults(entry):
            yield Objection(
                "risks",
                f"Risk {number} {fault}.",
                'Write [[risks]] with severity = "P1", text = "…", mitigation = "…", and '
                'migration = "…" where it belongs to one.',
            )


def _faults(entry: object) -> list[str]:
    if not isinstance(entry, dict):
        return ["is no table"]
    missing = [key for key in _WANTED if not isinstance(entry.get(key), str) or not entry[key]]
    faults = [f"has no {key}" for key in missing]
    if "severity" not in missing and entry["severity"] not in SEVERITIES:
        faults.append(f"has the severity {entry['severity']!r}, which is none of P0 to P4")
    faults += [f"has an unknown key {key!r}" for key in sorted(set(entry) - _KNOWN)]
    return faults
