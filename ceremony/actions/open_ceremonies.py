"""The ceremonies of a series on a target that have not ended, for whoever asks how things stand."""

from collections.abc import Iterable, Iterator

from ceremony.actions.ceremonies import is_due
from ceremony.actions.ready import now
from ceremony.actions.rounds import newest_round, policy_of
from ceremony.actions.stale_seen import changes_seen
from ceremony.conf import Settings
from ceremony.core.open_ceremony import OpenCeremony
from ceremony.core.states import ENDED, State
from ceremony.errors import Tampered
from ceremony.models import Ceremony, Target


def open_ceremonies(target: Target, series: str, settings: Settings) -> tuple[OpenCeremony, ...]:
    """Oldest first. Writes nothing: one whose time is over is told as expired, and ended by whoever
    acts next. What halted under a policy that asks nobody waits for nobody, and is left out.
    """
    ended = [state.value for state in ENDED]
    found = target.ceremonies.filter(series=series, round__gt=0).exclude(state__in=ended)
    return tuple(_listed(found.select_related("target").order_by("pk"), settings))


def _listed(found: Iterable[Ceremony], settings: Settings) -> Iterator[OpenCeremony]:
    for one in found:
        try:
            if State(one.state) is State.HALTED and policy_of(newest_round(one)).is_open:
                continue
            changed = changes_seen(one, settings)
        except Tampered as error:
            changed = (error.happened,)
        state = State.EXPIRED if is_due(one, now()) else State(one.state)
        yield OpenCeremony(one.pk, one.title, state, changed)
