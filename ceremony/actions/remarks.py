"""Remarks: issues met, lessons learned, recommendations, written down by people for the report."""

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from ceremony.actions import evidence
from ceremony.actions.ceremonies import acting, note
from ceremony.actions.control import control_errors, require_control
from ceremony.errors import UsageError
from ceremony.models import Remark, RemarkKind
from ceremony.models.audit import Action

LONGEST = 5_000
"""Characters of one remark."""


@control_errors()
def remark(
    number: int, kind: RemarkKind, text: str, *, by: str, user: AbstractBaseUser | None = None
) -> Remark:
    """Write down a remark about ceremony ``number``, in whatever state it is; the event ``remark
    written``.

    ``by`` is the name that is kept, ``user`` the account where one was logged in. Raises UsageError
    (ceremony-unknown, remark-empty, remark-too-long).
    """
    written = evidence.clean(text).strip()
    _refuse_odd(written)
    require_control()
    with acting(number) as (head, ceremony):
        row = Remark(
            ceremony=ceremony,
            kind=kind.value,
            text=written,
            by=evidence.bounded(by, 255),
            user_id=user.pk if user is not None else None,
            at=timezone.now(),
        )
        detail = {"kind": kind.value, "text": evidence.bounded(written)}
        note(head, ceremony, Action.REMARK_WRITTEN, row.by, detail, (row,))
        row.save(force_insert=True)
    return row


def _refuse_odd(text: str) -> None:
    if not text:
        raise UsageError(
            "remark-empty",
            "A remark without words says nothing.",
            next_step='Say it in words: --issue "the lock was waited for twice"',
        )
    if len(text) > LONGEST:
        raise UsageError(
            "remark-too-long",
            f"A remark has at most {LONGEST:,} characters; this one has {len(text):,}.",
            next_step="Write several remarks, or name the document that tells the rest.",
        )
