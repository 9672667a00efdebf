"""The stations of a halt as its page shows them: what was taken, what is next, and where to go."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from ceremony.core.halting import Course, HaltReport, Station
from ceremony.models import Target

_NAMES = {
    Station.STOP: _("Stop"),
    Station.ASSESS: _("Assess"),
    Station.DECIDE: _("Decide"),
    Station.EXECUTE: _("Execute"),
    Station.DOCUMENT: _("Document"),
}
"""The five stations; what lifts a halt is no station of its own: documenting it does."""


@dataclass(frozen=True)
class ShownStation:
    """``state`` is a word that pages have a mark for. ``url`` is ``""`` where the station cannot be
    taken now, or the page is its own.
    """

    name: str
    state: str
    url: str
    is_here: bool
    is_next: bool


@dataclass(frozen=True)
class Link:
    """Another page where a decision is carried out."""

    label: str
    url: str


def stations_of(
    target: Target, report: HaltReport | None, here: Station
) -> tuple[ShownStation, ...]:
    """The five stations of a halt, in order; none for a target that is under none."""
    if report is None:
        return ()
    return tuple(_shown(target, report, here, station) for station in _NAMES)


def links_of(report: HaltReport | None) -> tuple[Link, ...]:
    """Where what was decided is carried out: signatures, a new round, the way back."""
    if report is None or not report.ceremony or report.state.awaits is None:
        return ()
    names = {
        Course.ACCEPT: (("decision", _("Sign that it stays as it is")),),
        Course.FIX_FORWARD: (("again", _("Open a new round")), ("run", _("Run it"))),
        Course.ROLL_BACK: (("way_back", _("Take it back")),),
    }[report.state.awaits]
    found = ((label, _page(name, report.ceremony)) for name, label in names)
    return tuple(Link(str(label), url) for label, url in found if url)


def _shown(target: Target, report: HaltReport, here: Station, station: Station) -> ShownStation:
    state, following = report.state, report.state.next
    order = list(Station)
    done = following is None or order.index(station) < order.index(following)
    is_next = station is following or (station is Station.DOCUMENT and following is Station.LIFT)
    word = "PASS" if done and not is_next else "waits" if is_next else "not started"
    url = ""
    if station is not here and state.allows(station):
        url = reverse(f"admin:ceremony_target_{station.value}", args=[target.pk])
    return ShownStation(str(_NAMES[station]), word, url, station is here, is_next)


def _page(name: str, number: int) -> str:
    """The address of a page of the ceremony; ``""`` where this installation has none."""
    try:
        return reverse(f"admin:ceremony_ceremony_{name}", args=[number])
    except NoReverseMatch:
        return ""
