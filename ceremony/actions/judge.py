"""Judge: does what was approved still let this run through, at this moment?

No column is believed. Rounds, sign-offs, people, groups, times and spendings are asked anew each
time: once when the permit is found, and again in the transaction that opens the run, with the
ceremony's row locked.
"""

from django.utils import timezone

from ceremony.actions import evidence
from ceremony.actions.ceremonies import locked
from ceremony.actions.gates import gates_of
from ceremony.actions.manifest import refuse_unfrozen
from ceremony.actions.people import account, names_at_shell, names_of
from ceremony.actions.permit import Permit
from ceremony.actions.quorums import quorum_now
from ceremony.actions.ready import Caller
from ceremony.actions.rounds import manifest_of, newest_round, policy_of
from ceremony.actions.signers import known_authors
from ceremony.conf import Settings
from ceremony.core.authors import shared
from ceremony.core.plan import Direction
from ceremony.core.policy import Duty
from ceremony.core.states import State
from ceremony.errors import Refused
from ceremony.models import Ceremony, Purpose, Spending, StoredManifest

_PAST = frozenset(
    {
        State.RUNNING,
        State.VERIFYING,
        State.AWAITING_SIGN_OFF,
        State.SIGNED_OFF,
        State.ROLLED_BACK,
    }
)
"""States of a ceremony whose newest round was used."""


def refuse_unfit(permit: Permit, caller: Caller, settings: Settings) -> StoredManifest:
    """The round that a permit spends. Call it in the transaction that opens the run, with the head
    of the trail locked: the ceremony is locked here.

    Raises Refused: approval-stale, approval-spent, and as ``refuse_now``.
    """
    ceremony = locked(permit.ceremony)
    stored = newest_round(ceremony)
    stored.ceremony = ceremony
    if permit.manifest is None or stored.fingerprint != permit.manifest.fingerprint:
        raise Refused(
            "approval-stale",
            f"Ceremony {ceremony.pk} has a new round ({stored.round}); what was approved before "
            "does not count.",
            next_step=f"When it is approved: {again(ceremony)}",
        )
    refuse_now(ceremony, caller, settings)
    return stored


def refuse_now(
    ceremony: Ceremony, caller: Caller, settings: Settings, *, looked: bool = True
) -> None:
    """Refuse where a ceremony cannot be run by this caller at this moment. ``looked``: its items
    were looked at for this run, and count; before, a backup may still answer one.

    Raises Refused: approval-spent, approval-expired, approval-missing, ceremony-state,
    operator-not-separate, and the code of the first gate that is not open; Tampered
    (manifest-damaged, frozen-missing, frozen-differs).
    """
    refuse_state(ceremony)
    stored = newest_round(ceremony)
    if Spending.objects.filter(manifest=stored).exists():
        raise _spent(ceremony)
    # A halt is judged by the target's own ledger (``halt.refuse_halted``), which also knows
    # what was decided about it.
    aside = {"target-halted"} if looked else {"target-halted", "preflight-failed"}
    for gate in gates_of(ceremony, timezone.now()):
        if not gate.is_open and gate.code not in aside:
            raise Refused(
                gate.code,
                f"Ceremony {ceremony.pk} cannot run: {gate.name}. {gate.why}",
                next_step=gate.fix,
            )
    _refuse_operator(ceremony, stored, caller, settings)
    refuse_unfrozen(manifest_of(stored))


def refuse_state(ceremony: Ceremony) -> None:
    """Refuse a ceremony that waits for people, has run, or has ended.

    Raises Refused: approval-spent, approval-expired, approval-missing, ceremony-state.
    """
    state = State(ceremony.state)
    if state is State.APPROVED:
        return
    if state in _PAST:
        raise _spent(ceremony)
    if state is State.EXPIRED:
        raise expired(ceremony)
    if state in {State.REQUESTED, State.CHANGES_REQUESTED}:
        raise Refused(
            "approval-missing",
            f"Ceremony {ceremony.pk} is {state.value}. {waits_for(ceremony)}".rstrip(),
            next_step=f"When it is approved: {again(ceremony)}",
        )
    if state is State.HALTED:
        raise Refused(
            "ceremony-state",
            f"Ceremony {ceremony.pk} is halted: its approval was used, and going on needs a new "
            "one.",
            next_step=f"Mend what failed, then ask anew: {request_command(ceremony)} "
            f"--again {ceremony.pk}",
        )
    raise Refused(
        "ceremony-state",
        f"Ceremony {ceremony.pk} is {state.value}; nothing runs in it any more.",
        next_step=f"Ask anew: {request_command(ceremony)}",
    )


def expired(ceremony: Ceremony) -> Refused:
    """The refusal of a ceremony whose time is over."""
    until = f"{ceremony.expires_at:%Y-%m-%d %H:%M} UTC" if ceremony.expires_at else "earlier"
    return Refused(
        "approval-expired",
        f"Ceremony {ceremony.pk} expired ({until}): it was not used in time.",
        next_step=f"Ask anew: {request_command(ceremony)}",
    )


def waits_for(ceremony: Ceremony) -> str:
    """Who has still to sign, in one sentence per quorum."""
    gates = [one for one in gates_of(ceremony, timezone.now()) if one.code == "approval-quorum"]
    return " ".join(f"{one.name}: {one.why} {one.fix}" for one in gates if not one.is_open)


def request_command(ceremony: Ceremony) -> str:
    """What asks for an approval of the same."""
    place = f"{ceremony.series} --database {ceremony.target.alias}"
    return f"manage.py request_sql {place}{_back(ceremony)}"


def again(ceremony: Ceremony) -> str:
    """What runs the ceremony."""
    back = ceremony.direction == Direction.ROLL_BACK.value
    return (
        f"manage.py {'rollback_sql' if back else 'apply_sql'} {ceremony.series} --database "
        f"{ceremony.target.alias} --ceremony {ceremony.pk}"
    )


def _back(ceremony: Ceremony) -> str:
    return " --rollback" if ceremony.direction == Direction.ROLL_BACK.value else ""


def _spent(ceremony: Ceremony) -> Refused:
    runs = ", ".join(str(number) for number in ceremony.runs.values_list("run_id", flat=True))
    return Refused(
        "approval-spent",
        f"The approval of ceremony {ceremony.pk} was used by run {runs}; an approval counts once.",
        next_step=f"To change more: {request_command(ceremony)}",
    )


def _refuse_operator(
    ceremony: Ceremony, stored: StoredManifest, caller: Caller, settings: Settings
) -> None:
    """Separation of duties: who runs it is somebody else where the policy says so."""
    policy = policy_of(stored)
    names = caller_names(caller, settings)
    if Duty.AUTHOR_OPERATOR in policy.separate and shared(names, known_authors(ceremony)):
        raise _joined(ceremony, caller, "one of its authors", "author and operator")
    signers = [
        name
        for one in quorum_now(ceremony, Purpose.APPROVAL).standings
        if one.counts
        for name in (one.sign_off.username, *names_of(one.sign_off.user))
    ]
    if Duty.APPROVER_OPERATOR in policy.separate and shared(names, signers):
        raise _joined(ceremony, caller, "one of its approvers", "approver and operator")


def caller_names(caller: Caller, settings: Settings) -> tuple[str, ...]:
    """Everything under which the operator may be named: of the account that was authenticated, else
    of the user of the operating system and the account of that name.
    """
    if caller.account:
        user = account(caller.account)
        return (caller.account, *(names_of(user) if user else ()))
    return names_at_shell(caller.actor.name, settings.people)


def _joined(ceremony: Ceremony, caller: Caller, what: str, duties: str) -> Refused:
    return Refused(
        "operator-not-separate",
        f"{evidence.clean(caller.actor.name)!r} is {what} (ceremony {ceremony.pk}), and the policy "
        f"keeps {duties} apart.",
        next_step="Somebody else runs it (--user NAME says who, where an account of the machine "
        f"is shared): {again(ceremony)}",
    )
