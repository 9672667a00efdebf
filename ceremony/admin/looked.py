"""Looked: which round of a ceremony a person has looked at, and what changed since.

A signature or a comment says so for ever. That somebody only opened the page is remembered in a
signed cookie of the browser: reading a page records nothing.
"""

import json
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest, HttpResponse

from ceremony.actions.dossier import Dossier
from ceremony.admin.comparing import ShownChange
from ceremony.core.manifest import Manifest
from ceremony.core.manifest_changes import differences
from ceremony.models import Ceremony

COOKIE = "ceremony_looked"
AGE = 90 * 24 * 3600
"""Seconds for which a browser remembers."""

REMEMBERED = 40
"""How many ceremonies a cookie holds; a browser keeps about four thousand characters."""

Pair = tuple[int, int]
"""The round that was looked at before, 0 for none, and the one that is looked at now."""


@dataclass(frozen=True)
class Changed:
    """What changed since the person last looked. ``since`` is the round that was looked at then, 0
    where there was none. ``told`` are sentences about facts, ``texts`` how the files differ.
    """

    since: int
    told: tuple[str, ...] = ()
    texts: tuple[ShownChange, ...] = ()

    @property
    def lines(self) -> int:
        """How many lines of files came or went."""
        return sum(one.added + one.removed for one in self.texts)


def remembered(request: HttpRequest, user: AbstractUser, ceremony: Ceremony) -> int:
    """The newest earlier round that this browser showed to the person; 0 for none."""
    before, now = _kept(request, user).get(str(ceremony.pk), (0, 0))
    # Looked at for the first time a while ago, it is still what is new.
    return before if now == ceremony.round else now


def looked_at(dossier: Dossier, user: AbstractUser, remembered: int) -> int:
    """The newest round that the person looked at: the one that stands now where he or she has said
    something in it; else an earlier one; 0 for none.
    """
    own = {one.manifest.round for one in dossier.sign_offs if one.user_id == user.pk}
    now = dossier.ceremony.round
    if now in own:
        return now
    return max((one for one in (*own, remembered) if one < now), default=0)


def remember(response: HttpResponse, request: HttpRequest, ceremony: Ceremony) -> None:
    """Have the browser remember that the round of now was looked at."""
    user = request.user
    kept = _kept(request, user)
    before, now = kept.pop(str(ceremony.pk), (0, 0))
    if now == ceremony.round:
        return
    kept[str(ceremony.pk)] = (now or before, ceremony.round)
    newest = dict(list(kept.items())[-REMEMBERED:])
    response.set_signed_cookie(
        COOKIE,
        json.dumps(newest, separators=(",", ":")),
        salt=_salt(user),
        max_age=AGE,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def changed_between(
    since: int, before: Manifest | None, now: Manifest, texts: tuple[ShownChange, ...] | None
) -> Changed:
    """What changed from round ``since``, whose manifest is ``before``, to that of ``now``."""
    if before is None:
        return Changed(since)
    return Changed(since, tuple(differences(before, now)), texts or ())


def _kept(request: HttpRequest, user: object) -> dict[str, Pair]:
    told = request.get_signed_cookie(COOKIE, default="", salt=_salt(user), max_age=AGE)
    try:
        found = json.loads(told or "{}")
    except ValueError:
        return {}
    return {number: (int(before), int(now)) for number, (before, now) in found.items()}


def _salt(user: object) -> str:
    """Of each person one of his own: another one at the same browser has looked at nothing."""
    return f"ceremony.looked.{getattr(user, 'pk', '')}"
