"""Seen: what a page showed of a ceremony, or of a target's halt, so that its form counts for that
and nothing else.

A person decides about what stands on the page. Whatever was recorded since (a signature, an answer,
a new round, the same form sent twice) makes the page old, and what was typed is not recorded. The
comparison is made where every act begins, under the lock, so that nothing comes between; for that
it is carried beside the action, and not through each action's arguments.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db.models import BigIntegerField, Max, Subquery

from ceremony.errors import Refused
from ceremony.models import Ceremony, HaltStep, JudgedItem, Remark, SignOff, Target

_EXPECTED: ContextVar[tuple[Ceremony | Target, str] | None] = ContextVar(
    "ceremony_seen", default=None
)


def seen_now(row: Ceremony | Target) -> str:
    """What is recorded by now, as one short word for a form to carry: about a ceremony, or about
    the halts of a target.
    """
    if isinstance(row, Target):
        return str(_newest(row))
    return ".".join(str(one) for one in (row.round, row.transitions, *_newest_of(row)))


@contextmanager
def as_seen(row: Ceremony | Target, seen: str) -> Iterator[None]:
    """The first act on ``row`` inside raises Refused (page-stale) unless it still is as ``seen``
    says.
    """
    token = _EXPECTED.set((row, seen))
    try:
        yield
    finally:
        _EXPECTED.reset(token)


def refuse_unseen(row: Ceremony | Target) -> None:
    """Raises Refused (page-stale) where a page showed ``row`` otherwise.

    The head of the trail is locked. Asked once: what the act itself records is no surprise.
    """
    expected = _EXPECTED.get()
    if expected is None or expected[0] != row:
        return
    _EXPECTED.set(None)
    refuse_old(row, expected[1])


def refuse_old(row: Ceremony | Target, seen: str) -> None:
    """Raises Refused (page-stale) where more is recorded than was ``seen``."""
    if seen == seen_now(row):
        return
    if isinstance(row, Ceremony) and seen.partition(".")[0] != str(row.round):
        raise _plan_changed(row)
    raise page_stale(row)


def page_stale(row: Ceremony | Target) -> Refused:
    """The refusal of a form whose page showed something else."""
    if isinstance(row, Target):
        happened = f"Something was recorded about the halts of {row.alias!r} since you opened this "
        happened += "page."
    else:
        happened = f"Something was recorded about ceremony {row.pk} since you opened this page. It "
        happened += f"is {row.state} now, round {row.round}."
    return Refused(
        "page-stale",
        happened,
        state="Nothing was recorded, and no database was touched.",
        next_step="Read what is new, then send the form again. What you typed was kept.",
    )


def _plan_changed(ceremony: Ceremony) -> Refused:
    """The refusal of a form whose page showed an earlier round."""
    now = ceremony.fingerprint.partition(":")[2][:8]
    return Refused(
        "page-stale",
        f"The plan changed while you were reading ({now}…).",
        state="Nothing was recorded.",
        next_step="Read the new text. What you typed was kept.",
    )


def _newest(target: Target) -> int:
    newest: int | None = HaltStep.objects.filter(target=target).aggregate(n=Max("pk"))["n"]
    return newest or 0


def _newest_of(ceremony: Ceremony) -> Iterator[int]:
    """The newest row of each kind, all in one question."""
    kinds = {
        "signed": SignOff.objects.filter(manifest__ceremony=ceremony),
        "judged": JudgedItem.objects.filter(manifest__ceremony=ceremony),
        "halted": HaltStep.objects.filter(ceremony=ceremony),
        "remarked": Remark.objects.filter(ceremony=ceremony),
    }
    asked = {
        name: Subquery(rows.order_by("-pk").values("pk")[:1], output_field=BigIntegerField())
        for name, rows in kinds.items()
    }
    found = Ceremony.objects.filter(pk=ceremony.pk).values_list(*asked.values()).first()
    yield from (one or 0 for one in found or (0,) * len(kinds))
