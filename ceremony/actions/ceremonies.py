"""The one way in which a ceremony changes: a legal act, its audit event, its transition, its row.

All of it commits in one transaction that holds the head of the audit trail and then the ceremony's
row, always in this order, so that acts come one after another and none waits for itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType

from django.db import models
from django.utils import timezone

from ceremony.actions import evidence
from ceremony.actions.notices import after_commit
from ceremony.actions.record import recording
from ceremony.actions.seen import refuse_unseen
from ceremony.core.chain import Json
from ceremony.core.halting import Station
from ceremony.core.plan import Direction
from ceremony.core.states import ENDED, Act, State, acts_in, after
from ceremony.errors import Refused, UsageError
from ceremony.models import AuditEvent, AuditHead, Ceremony, HaltStep, Transition, audit
from ceremony.models.audit import Action

NOTHING: Mapping[str, Json] = MappingProxyType({})

ACTIONS: Mapping[Act, Action] = MappingProxyType(
    {
        Act.REQUEST: Action.CEREMONY_REQUESTED,
        Act.REQUEST_CHANGES: Action.CHANGES_REQUESTED,
        Act.APPROVE: Action.CEREMONY_APPROVED,
        Act.WITHDRAW: Action.APPROVAL_WITHDRAWN,
        Act.REJECT: Action.CEREMONY_REJECTED,
        Act.CANCEL: Action.CEREMONY_CANCELLED,
        Act.EXPIRE: Action.CEREMONY_EXPIRED,
        Act.CALL_OFF: Action.ROUND_CALLED_OFF,
        Act.START: Action.CEREMONY_STARTED,
        Act.OVERRIDE: Action.CEREMONY_OVERRIDDEN,
        Act.FINISH: Action.CEREMONY_FINISHED,
        Act.VERIFY: Action.CEREMONY_VERIFIED,
        Act.HALT: Action.CEREMONY_HALTED,
        Act.ACCEPT_AS_IS: Action.CEREMONY_ACCEPTED_AS_IS,
        Act.ROLL_BACK: Action.CEREMONY_ROLLED_BACK,
        Act.SIGN_OFF: Action.CEREMONY_SIGNED_OFF,
    }
)
"""The event that tells of an act."""

_MOVES = ("state", "transitions", "changed_at")
_OF_THE_ROUND = (
    "title",
    "policy",
    "risk",
    "authors",
    "round",
    "fingerprint",
    "expires_at",
    "overridden",
)
_OPENS_A_ROUND = frozenset({Act.REQUEST, Act.OVERRIDE})
_ENDS_A_REQUEST = frozenset({Act.REJECT, Act.CANCEL, Act.EXPIRE})
_EXPIRES_FROM = tuple(state.value for state in State if after(state, Act.EXPIRE) is State.EXPIRED)


@contextmanager
def acting(number: int) -> Iterator[tuple[AuditHead, Ceremony]]:
    """A transaction of its own that holds the head of the trail and the ceremony ``number``.

    Raises UsageError (ceremony-unknown), and RuntimeError inside another transaction; inside
    ``seen.as_seen`` Refused (page-stale).
    """
    with recording() as head:
        yield head, locked(number)


def locked(number: int) -> Ceremony:
    """The ceremony, locked until the transaction ends; the head must be locked before it.

    Raises UsageError (ceremony-unknown), and inside ``seen.as_seen`` Refused (page-stale).
    """
    found = Ceremony.objects.select_for_update().filter(pk=number).first()
    if found is None:
        raise ceremony_unknown(number)
    refuse_unseen(found)
    return found


def ceremony_unknown(number: int) -> UsageError:
    """The error for a number that no ceremony has."""
    return UsageError(
        "ceremony-unknown",
        f"There is no ceremony {number}.",
        next_step="manage.py status_sql names the open ones; the admin lists all.",
    )


def advance(
    head: AuditHead,
    ceremony: Ceremony,
    act: Act,
    actor: str,
    detail: Mapping[str, Json] = NOTHING,
    rows: Sequence[models.Model] = (),
) -> Transition:
    """Move the ceremony by one act: event, transition, row; notices follow once it is committed.

    ``head`` and ``ceremony`` are locked. With REQUEST and OVERRIDE what the caller has set of
    ``title``, ``policy``, ``risk``, ``authors``, ``round``, ``fingerprint``, ``expires_at`` is
    saved, too; nothing else of the row ever changes. Sign-offs and manifests that belong to the act
    are written before. ``rows`` are evidence of the act that no other event tells of
    (``audit.Act.rows``). REJECT, CANCEL and EXPIRE come to CALL_OFF where a halt of the ceremony
    still waits for a decision. Raises Refused (ceremony-state).
    """
    if act in _ENDS_A_REQUEST and is_under_halt(ceremony):
        act, detail = Act.CALL_OFF, {**detail, "by_act": act.value}
    moved = _transition(ceremony, act, actor)
    told: Mapping[str, Json] = {
        **detail,
        "act": moved.act,
        "before": moved.before,
        "after": moved.after,
        "transition": moved.number,
    }
    ceremony.state, ceremony.transitions = moved.after, moved.number
    ceremony.changed_at = moved.at
    ceremony.overridden = ceremony.overridden or act is Act.OVERRIDE
    event = note(head, ceremony, ACTIONS[act], actor, told, (moved, ceremony, *rows))
    moved.event = event.sequence
    moved.save(force_insert=True)
    ceremony.save(update_fields=_MOVES + (_OF_THE_ROUND if act in _OPENS_A_ROUND else ()))
    after_commit(ceremony, act, event.actor)
    return moved


def is_under_halt(ceremony: Ceremony) -> bool:
    """Whether a halt that stopped the ceremony was not lifted yet."""
    lifted = HaltStep.objects.filter(station=Station.LIFT.value).values("halt")
    return HaltStep.objects.filter(ceremony=ceremony).exclude(halt__in=lifted).exists()


def _transition(ceremony: Ceremony, act: Act, actor: str) -> Transition:
    """The next transition of the ceremony, not saved yet. Raises Refused (ceremony-state)."""
    state = after(State(ceremony.state), act)
    if state is None:
        raise _illegal(ceremony, act)
    return Transition(
        ceremony=ceremony,
        number=ceremony.transitions + 1,
        act=act.value,
        before=ceremony.state,
        after=state.value,
        actor=evidence.bounded(actor, 255),
        at=timezone.now(),
    )


def refuse_illegal(ceremony: Ceremony, act: Act) -> None:
    """Raises Refused (ceremony-state) where the act is not possible now: to be told before work is
    done for it. ``advance`` asks again.
    """
    if after(State(ceremony.state), act) is None:
        raise _illegal(ceremony, act)


def note(
    head: AuditHead,
    ceremony: Ceremony,
    action: Action,
    actor: str,
    detail: Mapping[str, Json] = NOTHING,
    rows: Sequence[models.Model] = (),
) -> AuditEvent:
    """The event of an act that moves no state. ``detail`` holds no floats; the ceremony's number,
    its round and fingerprint are told with it. ``rows`` are the evidence written with it
    (``audit.Act.rows``). Both rows are locked.
    """
    told: Mapping[str, Json] = {
        **detail,
        "ceremony": ceremony.pk,
        "round": ceremony.round,
        "fingerprint": ceremony.fingerprint,
    }
    (event,) = head.append(
        [
            audit.Act(
                action,
                evidence.bounded(actor, 255),
                ceremony.target.alias,
                ceremony.series,
                f"Ceremony {ceremony.pk}",
                told,
                tuple(rows),
            )
        ]
    )
    return event


def expire_due(now: datetime) -> tuple[int, ...]:
    """End every ceremony whose time is over at ``now`` (UTC); their numbers.

    Whoever looks at ceremonies calls this first: no clock runs anywhere. One transaction each.
    """
    due = Ceremony.objects.filter(state__in=_EXPIRES_FROM, expires_at__lte=now)
    ended = []
    for number in list(due.order_by("pk").values_list("pk", flat=True)):
        with acting(number) as (head, ceremony):
            if is_due(ceremony, now):
                until = ceremony.expires_at.isoformat() if ceremony.expires_at else ""
                advance(head, ceremony, Act.EXPIRE, "ceremony", {"expires_at": until})
                ended.append(number)
    return tuple(ended)


def is_due(ceremony: Ceremony, now: datetime) -> bool:
    """Whether its time is over at ``now`` (UTC), and it has not ended or begun to run."""
    until = ceremony.expires_at
    return ceremony.state in _EXPIRES_FROM and until is not None and until <= now


def _illegal(ceremony: Ceremony, act: Act) -> Refused:
    state = State(ceremony.state)
    return Refused(
        "ceremony-state",
        f"Ceremony {ceremony.pk} is {state.value}: in this state the act “{act.value}” is not "
        "possible.",
        next_step=_what_is_possible(ceremony, state),
    )


def _what_is_possible(ceremony: Ceremony, state: State) -> str:
    place = f"{ceremony.series} --database {ceremony.target.alias}"
    if state in ENDED:
        return f"It has ended and stays so. For another one: manage.py request_sql {place}"
    found = [(act, _how(ceremony, act, place)) for act in acts_in(state)]
    ways = [f"{act.value}: {how}" for act, how in found if how]
    if not ways:
        return f"Wait for its run; if that was cut off: manage.py reconcile_sql {place}"
    return "Possible now: " + "; ".join(ways)


def _how(ceremony: Ceremony, act: Act, place: str) -> str:
    """What a person does for an act; ``""`` where it comes by itself or is nobody's plan."""
    number, alias = ceremony.pk, ceremony.target.alias
    back = ceremony.direction == Direction.ROLL_BACK.value
    page = "on its page in the admin"
    return {
        Act.REQUEST: f"manage.py request_sql {place} --again {number}",
        Act.REQUEST_CHANGES: page,
        Act.APPROVE: page,
        Act.WITHDRAW: page,
        Act.REJECT: page,
        Act.CANCEL: f"manage.py request_sql {place} --cancel {number} --why TEXT",
        Act.START: f"manage.py {'rollback_sql' if back else 'apply_sql'} {place} "
        f"--ceremony {number}",
        Act.VERIFY: f"manage.py verify_sql {place} --ceremony {number}",
        Act.HALT: f"manage.py halt_sql --database {alias} --reason TEXT",
        Act.ACCEPT_AS_IS: f"manage.py resume_sql --database {alias}",
        Act.ROLL_BACK: f"manage.py rollback_sql {place} --ceremony {number}",
        Act.SIGN_OFF: page,
    }.get(act, "")
