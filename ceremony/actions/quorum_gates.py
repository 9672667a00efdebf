"""Quorums as gates: who has signed, whose signature counts no longer, and who may still sign."""

from ceremony.actions.dossier import Dossier
from ceremony.actions.people import SIGN
from ceremony.actions.quorums import QuorumNow, quorum_in
from ceremony.actions.signers import separation
from ceremony.core.gates import Gate, GateState
from ceremony.core.policy import Policy
from ceremony.core.quorum import Seats, shown
from ceremony.models import Purpose

NAMED = 10
"""How many people are named who may still sign."""


def quorum_gates(
    dossier: Dossier, purpose: Purpose, policy: Policy | None = None
) -> tuple[Gate, ...]:
    """One gate per quorum. ``policy`` is the manifest's own without another one; the dossier is a
    whole one.
    """
    now = quorum_in(dossier, purpose, policy)
    return tuple(_gate(seats, now, dossier) for seats in now.seats)


def who_may_sign(dossier: Dossier, now: QuorumNow, group: str) -> tuple[str, ...]:
    """Everybody who could take a seat of ``group`` (``""``: anybody's) and has not signed, by
    account. The dossier is a whole one.
    """
    signed = {one.sign_off.user_id for one in now.standings if one.counts}
    people = (
        one
        for number, one in sorted(dossier.people.items())
        if one.may(SIGN) and number not in signed and (not group or group in one.groups)
    )
    return tuple(o.user.get_username() for o in people if separation(o.user, now.rules) is None)


def _gate(seats: Seats, now: QuorumNow, dossier: Dossier) -> Gate:
    name = f"{now.purpose.label.capitalize()}: {shown(seats.quorum)}"
    signed = f"Signed by {', '.join(seats.taken)}." if seats.taken else "Nobody has signed."
    if not seats.missing:
        return Gate(name, GateState.OPEN, signed)
    void = [f"Void: {one.sign_off.username}. {one.why_not}" for one in now.standings if one.why_not]
    why = " ".join((signed, f"{seats.missing} more needed.", *void))
    names = who_may_sign(dossier, now, seats.quorum.group)
    if not names:
        fix = "Nobody is left who may: give somebody the permission ceremony.sign_ceremony"
        fix += f", and the group {seats.quorum.group}." if seats.quorum.group else "."
        return Gate(name, GateState.SHUT, why, fix, "approval-quorum")
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    fix = f"Any of these signs on its page: {', '.join(names[:NAMED])}{more}."
    return Gate(name, GateState.WAITS, why, fix, "approval-quorum")
