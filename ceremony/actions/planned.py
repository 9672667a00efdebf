"""The plan for one direction on a target that is at hand, from what a person asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ceremony.actions.dependencies import satisfied_on
from ceremony.actions.library import Library, neighbours
from ceremony.actions.ready import Ready
from ceremony.conf import Settings
from ceremony.core.chain import Json
from ceremony.core.plan import Direction, Plan, plan_apply, plan_rollback
from ceremony.core.series import Series


@dataclass(frozen=True)
class PlanAsked:
    """What shapes a plan, as on the command line.

    ``to``: the last version to apply, or the one that stays when rolling back; ``""`` where nothing
    was said. ``include_late`` is for applying, ``variant`` for rolling back.
    """

    to: str = ""
    variant: str = ""
    include_late: bool = False

    def to_json(self) -> dict[str, Json]:
        """As a round keeps it (``StoredManifest.asked``)."""
        return {"to": self.to, "variant": self.variant, "include_late": self.include_late}


def asked_by(kept: Mapping[str, Any]) -> PlanAsked:
    """What a round keeps, read back. A round that keeps nothing asked for nothing special."""
    return PlanAsked(
        str(kept.get("to", "")),
        str(kept.get("variant", "")),
        kept.get("include_late") is True,
    )


def planned(
    here: Ready,
    series: Series,
    direction: Direction,
    asked: PlanAsked,
    library: Library,
    settings: Settings,
    *,
    steps: int | None = None,
) -> Plan:
    """The plan as it stands now, with its refusals among the findings. ``steps``: roll back so many
    migrations, where nothing else says how far.
    """
    if direction is Direction.APPLY:
        return plan_apply(
            series,
            here.history,
            to=asked.to or None,
            include_late=asked.include_late,
            satisfied=satisfied_on(here.access, here.history, series, library, settings),
        )
    return plan_rollback(
        series,
        here.history,
        to=asked.to or None,
        steps=steps,
        variant=asked.variant,
        neighbours=neighbours(settings.root, series.name, here.history.series_names),
    )
