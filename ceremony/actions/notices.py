"""Notices: what people and other programs are told once a change has committed.

Nothing here can make an act fail: a notice goes out after the commit, within a bounded time, and
what goes wrong with it is logged and nothing else.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from uuid import uuid4

from django.db import transaction
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from ceremony import conf
from ceremony.actions.recipients import addresses_after, addresses_on
from ceremony.core.notice import Notice, Occasion
from ceremony.core.notice_settings import NoticeSettings
from ceremony.core.states import Act
from ceremony.models import Ceremony, Target
from ceremony.notify.delivery import deliver
from ceremony.notify.mail import mail
from ceremony.notify.signals import noticed
from ceremony.notify.webhook import post

Addresses = Callable[[], tuple[str, ...]]

_ENDS_A_RUN = frozenset({Act.FINISH, Act.HALT})


def after_commit(ceremony: Ceremony, act: Act, actor: str) -> None:
    """Tell of ``act`` once the current transaction has committed. A rollback tells nothing.

    A run without an approval that has ended waits for its reviews: that is told with it.
    """
    notice = _about(ceremony, act.value, actor)
    _at_commit(notice, partial(addresses_after, ceremony.pk, act))
    if ceremony.overridden and act in _ENDS_A_RUN:
        tell(Occasion.REVIEW_DUE, ceremony.target, actor, ceremony=ceremony)


def tell(
    occasion: Occasion,
    target: Target,
    actor: str,
    *,
    ceremony: Ceremony | None = None,
    text: str = "",
) -> None:
    """Tell of what moves no state, once the current transaction has committed.

    ``text`` are sentences for people: no row data and no secret.
    """
    notice = (
        _about(ceremony, occasion.value, actor, text)
        if ceremony is not None
        else Notice(
            id=uuid4(),
            occasion=occasion.value,
            actor=actor,
            at=timezone.now(),
            target=target.alias,
            environment=target.environment,
            text=text,
        )
    )
    _at_commit(notice, partial(addresses_on, occasion, ceremony.pk if ceremony else 0))


def _at_commit(notice: Notice, addresses: Addresses) -> None:
    def send() -> None:
        _send(notice, addresses)

    # robust: whatever a notice stumbles over, the act it tells of has happened. A function with a
    # name, because Django logs the name of one that failed, and a partial has none.
    transaction.on_commit(send, robust=True)


def _send(notice: Notice, addresses: Addresses) -> None:
    settings = conf.load().notices
    notice = replace(notice, link=_link(notice.ceremony, settings))
    noticed.send_robust(sender=Notice, notice=notice)
    seconds = settings.timeout / 1000
    ways = [partial(post, notice, webhook, seconds) for webhook in settings.webhooks]
    found = addresses() if settings.email else ()
    if found:
        ways.append(partial(mail, notice, found, settings.sender))
    if ways:
        deliver(notice, ways, seconds)


def _about(ceremony: Ceremony, occasion: str, actor: str, text: str = "") -> Notice:
    return Notice(
        id=uuid4(),
        occasion=occasion,
        actor=actor,
        at=timezone.now(),
        target=ceremony.target.alias,
        environment=ceremony.environment,
        ceremony=ceremony.pk,
        series=ceremony.series,
        title=ceremony.title,
        state=ceremony.state,
        fingerprint=ceremony.fingerprint,
        text=text,
    )


def _link(ceremony: int, settings: NoticeSettings) -> str:
    """The ceremony's page; ``""`` without a site, or in a project without an admin."""
    if not (settings.site and ceremony):
        return ""
    try:
        return settings.site + reverse("admin:ceremony_ceremony_change", args=[ceremony])
    except NoReverseMatch:
        return ""
