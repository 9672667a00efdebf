"""Who did what in a ceremony: acts, sign-offs, halts, remarks, as control recorded them."""

from ceremony.actions.told import is_told
from ceremony.core.execution.facts import Moved, Remarked, Signed, Stopped
from ceremony.models import Ceremony, HaltStep, Remark, SignOff, Transition


def history_of(ceremony: Ceremony) -> tuple[Moved, ...]:
    """Every change of state, in order."""
    rows = Transition.objects.filter(ceremony=ceremony).order_by("number")
    return tuple(
        Moved(
            number=row.number,
            act=row.act,
            before=row.before,
            after=row.after,
            actor=row.actor,
            at=row.at,
            event=row.event,
        )
        for row in rows
    )


def signed_of(ceremony: Ceremony) -> tuple[Signed, ...]:
    """Every sign-off of every round, in order."""
    rows = SignOff.objects.filter(manifest__ceremony=ceremony).select_related("manifest")
    return tuple(
        Signed(
            round=row.manifest.round,
            purpose=row.purpose,
            decision=row.decision,
            subject=row.subject,
            username=row.username,
            groups=tuple(row.groups),
            meaning=row.meaning,
            comment=row.comment,
            accepted=tuple(str(one) for one in row.accepted),
            reauthenticated=row.reauthenticated,
            at=row.signed_at,
            event=row.event,
            told=is_told(row),
        )
        for row in rows.order_by("pk")
    )


def halts_of(ceremony: Ceremony) -> tuple[Stopped, ...]:
    """Every station of every halt of the ceremony, in order."""
    rows = HaltStep.objects.filter(ceremony=ceremony).order_by("pk")
    return tuple(
        Stopped(
            halt=str(row.halt),
            station=row.station,
            condition=row.condition,
            decision=row.decision,
            text=row.text,
            by=row.by,
            at=row.at,
        )
        for row in rows
    )


def remarks_of(ceremony: Ceremony) -> tuple[Remarked, ...]:
    """Issues, lessons and recommendations, in order."""
    rows = Remark.objects.filter(ceremony=ceremony).order_by("pk")
    return tuple(Remarked(row.kind, row.text, row.by, row.at) for row in rows)
