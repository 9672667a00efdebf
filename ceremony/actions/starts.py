"""The newest start of a ceremony, as its rows tell and as its process does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from ceremony.actions.start_process import is_over
from ceremony.models import Ceremony, RunStart, RunStartStep, StartStation
from ceremony.models.together import together

_STARTS, _STEPS = "starts", "start_steps"


@dataclass(frozen=True)
class Starting:
    """A start with its stations. ``over``: its process has ended, or never came up in the time of
    its token, and another may be started.
    """

    row: RunStart
    steps: tuple[RunStartStep, ...]
    over: bool

    @property
    def taken(self) -> RunStartStep | None:
        """When, where and as which process it was taken up."""
        return station_of(self.steps, StartStation.TAKEN)

    @property
    def ended(self) -> RunStartStep | None:
        """How it ended, where that is recorded."""
        return station_of(self.steps, StartStation.ENDED)

    @property
    def never_came(self) -> bool:
        """Whether its process did not even show its token."""
        return self.over and self.taken is None


def starts_beside(ceremony: Ceremony) -> Mapping[str, "QuerySet[Any]"]:
    """What is to be asked for ``starting_in``, together with other rows."""
    newest = RunStart.objects.filter(ceremony=ceremony).order_by("-pk")[:1]
    return {
        _STARTS: newest,
        _STEPS: RunStartStep.objects.filter(start__in=newest.values("pk")).order_by("pk"),
    }


def starting_in(rows: Mapping[str, Sequence[Any]]) -> Starting | None:
    """The newest start among rows that were asked for so; ``None`` for none."""
    row = next(iter(rows[_STARTS]), None)
    if row is None:
        return None
    steps = tuple(rows[_STEPS])
    return Starting(row, steps, _over(row, steps))


def starting_of(ceremony: Ceremony) -> Starting | None:
    """The newest start of a ceremony, by one question."""
    return starting_in(together(**starts_beside(ceremony)))


def station_of(steps: Sequence[RunStartStep], station: StartStation) -> RunStartStep | None:
    """The step of a start at a station."""
    return next((one for one in steps if one.station == station), None)


def _over(row: RunStart, steps: Sequence[RunStartStep]) -> bool:
    if station_of(steps, StartStation.ENDED) is not None or is_over(row, steps):
        return True
    taken = station_of(steps, StartStation.TAKEN)
    return taken is None and timezone.now() >= row.expires_at
