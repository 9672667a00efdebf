"""``[health]`` of ``series.toml``: how long a change is watched, how often, and by which checks."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ceremony.core.drift_settings import Objection
from ceremony.core.series import SeriesSettings

EVERY_MINUTES = 15.0
"""Between two looks, where the series states nothing."""

_HINT = (
    'Write hours = 24, every_minutes = 15 and checks = ["name of a monitor check"]; each may be '
    "left out."
)


@dataclass(frozen=True)
class Health:
    """``hours`` 0: one look. ``checks`` are names of monitor checks that must be among those that
    are asked.
    """

    hours: float = 0.0
    every_minutes: float = EVERY_MINUTES
    checks: tuple[str, ...] = ()

    def missing(self, asked: Collection[str]) -> tuple[str, ...]:
        """The checks that are named and were not asked."""
        return tuple(name for name in self.checks if name not in asked)


def health_of(settings: SeriesSettings) -> Health:
    """What a series states; what ``objections`` names is left out."""
    table = settings.extra.get("health", {})
    good = {key: value for key, value in table.items() if not _fault(key, value)}
    return Health(
        hours=float(good.get("hours", 0)),
        every_minutes=float(good.get("every_minutes", EVERY_MINUTES)),
        checks=tuple(good.get("checks", ())),
    )


def objections(tables: Mapping[str, Any]) -> Iterator[Objection]:
    """What is wrong in ``[health]``."""
    table = tables.get("health")
    for key, value in table.items() if isinstance(table, dict) else ():
        if fault := _fault(key, value):
            yield Objection("health", f"{key!r} in [health] {fault}.", _HINT)


def _fault(key: str, value: object) -> str:
    if key in ("hours", "every_minutes"):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return "" if number and 0 < float(str(value)) < 1e6 else "is no positive number"
    if key == "checks":
        words = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
        return "" if words else "is no list of names of checks"
    return "is no setting"
