"""What waits for the person who looks, as a panel of any page: ``{% awaiting_you %}``.

A project puts it on its own pages with ``{% load ceremony_awaiting %}``; the list of ceremonies and
the index of the app have it already.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ceremony.actions.matrix import known_series
from ceremony.actions.overview import OpenHalt, Overview, Turn, overview
from ceremony.actions.turns import Ask, Wait
from ceremony.models import Ceremony
from ceremony.templatetags.ceremony_pages import visible_line

register = template.Library()

SHOWN = 5
"""How many stand in the panel."""

FOLDED = 20
"""How many more can be unfolded."""

SERIES = 50
"""To the matrix of how many series a page leads."""

PURPOSES: Mapping[Ask, tuple[str, str | Promise, str | Promise]] = {
    Ask.APPROVAL: ("sign", gettext_lazy("Review and sign"), ""),
    Ask.ACCEPTANCE: ("accept", gettext_lazy("Look and accept"), gettext_lazy("acceptance")),
    Ask.DECISION: ("decision", gettext_lazy("Look and decide"), gettext_lazy("decision")),
    Ask.REVIEW: ("review", gettext_lazy("Review the run"), gettext_lazy("review")),
}
"""Page, button, and what is said of it in the list, for each purpose of a sign-off."""

_WHO: Mapping[Ask, Callable[[Wait], str]] = {
    Ask.REQUEST: lambda one: _("%(who)s, to ask for it") % {"who": one.who},
    Ask.CHANGE: lambda one: _("%(who)s, for a new round") % {"who": one.who},
    Ask.ANSWER: lambda one: (
        ngettext("an answer to %(n)d item", "answers to %(n)d items", one.need) % {"n": one.need}
    ),
    Ask.RUN: lambda one: _("an operator"),
    Ask.WINDOW: lambda one: _window(one.at),
    Ask.HALT: lambda one: _("a decision about the halt"),
}


@dataclass(frozen=True)
class Entry:
    """One line of the panel. ``state`` is that of the ceremony; ``page`` is its address, ``url``
    that of the button.
    """

    state: str
    title: str
    place: str
    about: str
    at: datetime
    page: str
    url: str
    button: str


@register.inclusion_tag("ceremony/partials/awaiting.html", takes_context=True)
def awaiting_you(context: template.Context) -> dict[str, Any]:
    """What waits for the person: ceremonies and halts, each with one button. Nothing is shown to
    whoever may not view ceremonies. Five questions.
    """
    user = context["request"].user
    if not user.has_perm("ceremony.view_ceremony"):
        return {"may_view": False}
    return panel_of(overview(user, timezone.now()), site_of(context))


@register.simple_tag(takes_context=True)
def matrices(context: template.Context) -> list[tuple[str, str]]:
    """Name and address of the matrix of each series; nothing for whoever may not view records. One
    question.
    """
    if not context["request"].user.has_perm("ceremony.view_migrationrecord"):
        return []
    return matrix_links(site_of(context))


def site_of(context: template.Context) -> str:
    """The name of the admin site that the page belongs to."""
    return getattr(context["request"], "current_app", None) or "admin"


def matrix_links(site: str) -> list[tuple[str, str]]:
    """Name and address of the matrix of each series, ``SERIES`` at most."""
    name = "admin:ceremony_migrationrecord_matrix"
    return [(one, reverse(name, args=[one], current_app=site)) for one in known_series()[:SERIES]]


def panel_of(seen: Overview, site: str = "admin") -> dict[str, Any]:
    """What the panel shows."""
    # Halts belong to targets, and are gone on with on pages of these.
    halts = seen.halts if seen.member.user.has_perm("ceremony.view_target") else ()
    entries = [
        *(_of_a_halt(one, site) for one in halts),
        *(_entry(turn, seen, site) for turn in seen.turns),
    ]
    return {
        "may_view": True,
        "acts": seen.acts,
        "entries": entries[:SHOWN],
        "folded": entries[SHOWN : SHOWN + FOLDED],
        "count": len(entries),
        "more": max(len(entries) - SHOWN - FOLDED, 0),
        "complete": seen.complete,
        "looked_through": len(seen.cases),
    }


def told(wait: Wait) -> str:
    """What is waited for, for a column of a list: ``dba (1 of 2)``."""
    if wait.ask not in PURPOSES:
        return visible_line(_WHO[wait.ask](wait))
    purpose = str(PURPOSES[wait.ask][2])
    who = wait.who or _("any signer")
    seats = _("%(who)s (%(have)d of %(need)d)") % {
        "who": who,
        "have": wait.have,
        "need": wait.need,
    }
    return visible_line(f"{purpose}: {seats}" if purpose else seats)


def _window(opens: datetime | None) -> str:
    if opens is None:
        return _("a window that never opens")
    return _("its window, %(at)s UTC") % {"at": f"{opens:%a %H:%M}"}


def _entry(turn: Turn, seen: Overview, site: str) -> Entry:
    row = turn.case.ceremony
    page = _page("change", row, site)
    url, button = _button(turn.wait, row, seen, site)
    return Entry(
        row.state,
        f"{row} {row.title}",
        f"{row.environment} · {row.target.alias}",
        row.requester,
        row.changed_at,
        page,
        url or page,
        button,
    )


def _of_a_halt(one: OpenHalt, site: str) -> Entry:
    target, stop = one.halt.target, one.state.taken[0]
    url = reverse("admin:ceremony_target_halt", args=[target.pk], current_app=site)
    return Entry(
        "halted",
        _("Target %(alias)s") % {"alias": target.alias},
        target.environment,
        stop.by,
        stop.at,
        url,
        url,
        _("Go on with the halt"),
    )


def _button(wait: Wait, row: Ceremony, seen: Overview, site: str) -> tuple[str, str]:
    """Address and text of the one button; ``""`` for the page of the ceremony."""
    if wait.ask in PURPOSES:
        name, label, _column = PURPOSES[wait.ask]
        return _page(name, row, site), str(label)
    if wait.ask is Ask.HALT and seen.member.user.has_perm("ceremony.view_target"):
        url = reverse("admin:ceremony_target_halt", args=[row.target_id], current_app=site)
        return url, _("Go on with the halt")
    if wait.ask is Ask.RUN:
        return _page("run", row, site), _("Run")
    if wait.ask is Ask.ANSWER:
        return "", _("Answer")
    return "", _("Open")


def _page(name: str, row: Ceremony, site: str) -> str:
    """The address of a page of the ceremony; ``""`` where there is none of that name."""
    try:
        return reverse(f"admin:ceremony_ceremony_{name}", args=[row.pk], current_app=site)
    except NoReverseMatch:
        return ""
