"""Seen: what a page showed of a ceremony, so that its form counts for that and nothing else.

A person decides about what stands on the page. Whatever was recorded since (a signature, an answer,
a new round, the same form sent twice) makes the page old, and what was typed is not recorded. The
comparison is made where every act begins, under the lock of the ceremony, so that nothing comes
between; for that it is carried beside the action, and not through each action's arguments.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db.models import Max

from ceremony.errors import Refused
from ceremony.models import Ceremony, HaltStep, JudgedItem, Remark, SignOff

_EXPECTED: ContextVar[tuple[int, str] | None] = ContextVar("ceremony_seen", default=None)


def seen_now(ceremony: Ceremony) -> str:
    """What is recorded about the ceremony by now, as one short word for a form to carry."""
    kinds = (
        SignOff.objects.filter(manifest__ceremony=ceremony),
        JudgedItem.objects.filter(manifest__ceremony=ceremony),
        HaltStep.objects.filter(ceremony=ceremony),
        Remark.objects.filter(ceremony=ceremony),
    )
    newest = (rows.aggregate(newest=Max("pk"))["newest"] or 0 for rows in kinds)
    return ".".join(str(one) for one in (ceremony.round, ceremony.transitions, *newest))


@contextmanager
def as_seen(number: int, seen: str) -> Iterator[None]:
    """The first act on ceremony ``number`` inside raises Refused (page-stale) unless the ceremony
    is still as ``seen`` says.
    """
    token = _EXPECTED.set((number, seen))
    try:
        yield
    finally:
        _EXPECTED.reset(token)


def refuse_unseen(ceremony: Ceremony) -> None:
    """Raises Refused (page-stale) where a page showed the locked ceremony otherwise.

    Asked once: what the act itself records is no surprise.
    """
    expected = _EXPECTED.get()
    if expected is None or expected[0] != ceremony.pk:
        return
    _EXPECTED.set(None)
    if expected[1] != seen_now(ceremony):
        raise page_stale(ceremony)


def page_stale(ceremony: Ceremony) -> Refused:
    """The refusal of a form whose page showed something else."""
    return Refused(
        "page-stale",
        f"Something was recorded about ceremony {ceremony.pk} since you opened this page. It is "
        f"{ceremony.state} now, round {ceremony.round}.",
        state="Nothing was recorded, and no database was touched.",
        next_step="Read what is new, then send the form again. What you typed was kept.",
    )
