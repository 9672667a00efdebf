"""The drill of one migration: its stations, the verdicts on its ways back, what it would lose."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ceremony.core.migration import Migration
from ceremony.core.outcome import Problem, StepOutcome
from ceremony.core.rehearsal.picture import Compared
from ceremony.core.rehearsal.way_back import Verdict, WayBack


class Station(StrEnum):
    """The stations of a drill, in order. The checks of a migration are part of ``up``."""

    UP = "up"
    AGAIN = "again"
    DOWN = "down"
    UP_AGAIN = "up again"


class Mark(StrEnum):
    """How a station went. DIFFERS: it ran, and the database is not as it must be there."""

    FINE = "fine"
    DIFFERS = "differs"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class StationResult:
    """What came of one station. ``compared`` is what differs from what must be there.

    ``why`` is one sentence for a station that did not run. ``rewritten`` names the tables whose
    rows are not what they were, ``again`` alone.
    """

    station: Station
    mark: Mark
    outcome: StepOutcome | None = None
    compared: Compared = field(default_factory=Compared)
    why: str = ""
    rewritten: tuple[str, ...] = ()

    @property
    def problem(self) -> Problem | None:
        """What made it fail."""
        return self.outcome.problem if self.outcome else None

    @property
    def seconds(self) -> float:
        return self.outcome.seconds if self.outcome else 0.0


@dataclass(frozen=True)
class Loss:
    """Data that is gone after the way back: ``rows`` of a table, or values of a column.

    ``what`` is ``table public.orders`` or ``column public.orders.email``; ``declared`` says whether
    the header admits a loss.
    """

    what: str
    rows: int
    declared: bool


@dataclass(frozen=True)
class Drill:
    """One migration at all its stations. ``ways_back`` has the plain one first, then variants.

    ``recorded_only`` is a superseded migration: nothing runs. ``idempotent_said`` is true where the
    series declares that its migrations are. ``rows_refused`` is why the change failed while made-up
    rows stood there; without them it ran.
    """

    migration: Migration
    stations: tuple[StationResult, ...] = ()
    ways_back: tuple[WayBack, ...] = ()
    losses: tuple[Loss, ...] = ()
    recorded_only: bool = False
    idempotent_said: bool = False
    rows_refused: Problem | None = None
    variant_outcomes: Mapping[str, StepOutcome] = field(default_factory=dict)

    @property
    def way_back(self) -> WayBack:
        """The plain way back."""
        return self.ways_back[0] if self.ways_back else WayBack(Verdict.NOT_RUN)

    @property
    def variants(self) -> tuple[WayBack, ...]:
        """The other ways back."""
        return self.ways_back[1:]

    def at(self, station: Station) -> StationResult:
        """What came of a station; NOT_RUN where the drill never got there."""
        found = (one for one in self.stations if one.station is station)
        return next(found, StationResult(station, Mark.NOT_RUN))
