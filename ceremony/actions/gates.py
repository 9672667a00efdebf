"""Gates: everything that a run of a ceremony would be refused for, told before anybody tries.

A page shows them, ``request_sql`` prints them. They refuse nothing by themselves: the run asks
anew, under the target's lock.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ceremony.actions.dossier import Dossier, whole_dossier_of
from ceremony.actions.halts import lets_pass, open_halt_among, state_among
from ceremony.actions.promotion import not_promoted
from ceremony.actions.quorum_gates import quorum_gates
from ceremony.actions.quorums import quorum_in, unreviewed_among
from ceremony.actions.signing import losses_of
from ceremony.core.gates import Gate, GateState, failing_first
from ceremony.core.history import Event
from ceremony.core.item import ItemKind, Phase
from ceremony.core.plan import Direction
from ceremony.core.policies import window
from ceremony.core.policy import Policy
from ceremony.models import Ceremony, Purpose


def gates_of(ceremony: Ceremony, now: datetime) -> tuple[Gate, ...]:
    """The gates of the newest round at ``now`` (UTC), those that are shut first.

    Only what the policy asks for has a gate. Raises Tampered (manifest-damaged), and
    StoredManifest.DoesNotExist for a draft.
    """
    return gates_in(whole_dossier_of(ceremony), now)


def gates_in(dossier: Dossier, now: datetime) -> tuple[Gate, ...]:
    """The same from what was read; the dossier is a whole one."""
    ceremony, policy = dossier.ceremony, dossier.policy
    return failing_first(
        (
            *rehearsal_gates(dossier, now),
            *quorum_gates(dossier, Purpose.APPROVAL),
            *window_gates(policy, now),
            *expiry_gates(ceremony, now),
            *loss_gates(dossier),
            *promotion_gates(dossier),
            *_items(dossier),
            *_halts(dossier),
            *_reviews(dossier),
        )
    )


def rehearsal_gates(dossier: Dossier, now: datetime) -> Iterator[Gate]:
    """Whether every step was rehearsed, without faults, and lately enough (rehearsal-missing,
    rehearsal-faulty, rehearsal-old).
    """
    manifest, policy = dossier.manifest, dossier.policy
    if not policy.rehearsal or manifest.direction is Direction.ROLL_BACK:
        return
    place = f"{manifest.series} --database {manifest.target.alias}"
    fix = f"manage.py rehearse_sql {place} --confirm {manifest.target.environment}"
    fix += f", then: manage.py request_sql {place} --again {manifest.ceremony}"
    steps = [step for step in manifest.steps if step.event == Event.APPLIED.value]
    found = dossier.rehearsals
    there = {one.digest for one in found}
    missing = [s.version for s in steps if manifest.rehearsals.get(s.version) not in there]
    oldest = min((one.recorded_at for one in found), default=now)
    days = policy.rehearsal_days
    if missing:
        why = f"Not rehearsed: {', '.join(missing)}."
        yield Gate("Rehearsal", GateState.SHUT, why, fix, "rehearsal-missing")
    elif not all(one.is_clean for one in found):
        yield Gate("Rehearsal", GateState.SHUT, "It found faults.", fix, "rehearsal-faulty")
    elif days and now - oldest > timedelta(days=days):
        why = f"It is of {oldest:%Y-%m-%d}, and counts for {days} days."
        yield Gate("Rehearsal", GateState.SHUT, why, fix, "rehearsal-old")
    else:
        yield Gate("Rehearsal", GateState.OPEN, "Rehearsed without faults.")


def window_gates(policy: Policy, now: datetime) -> Iterator[Gate]:
    """Whether a run may begin now (approval-window)."""
    if not policy.windows:
        return
    name = f"Window: {'; '.join(window.shown(one) for one in policy.windows)}"
    opens = window.next_opening(policy.windows, now)
    if opens is None:
        fix = "The policy has to name a time: settings and series have none in common."
        yield Gate(name, GateState.SHUT, "It never opens.", fix, "approval-window")
    elif opens == now:
        yield Gate(name, GateState.OPEN, "It is open.")
    else:
        fix = f"It opens {opens:%a %Y-%m-%d %H:%M} UTC."
        yield Gate(name, GateState.WAITS, "It is closed.", fix, "approval-window")


def expiry_gates(ceremony: Ceremony, now: datetime) -> Iterator[Gate]:
    """Whether an approval still counts (approval-expired)."""
    if ceremony.expires_at is None:
        return
    until = f"{ceremony.expires_at:%Y-%m-%d %H:%M} UTC"
    if now < ceremony.expires_at:
        yield Gate("Expiry", GateState.OPEN, f"It counts until {until}.")
        return
    place = f"{ceremony.series} --database {ceremony.target.alias}"
    fix = f"Ask for another one: manage.py request_sql {place}"
    yield Gate("Expiry", GateState.SHUT, f"It expired {until}.", fix, "approval-expired")


def loss_gates(dossier: Dossier) -> Iterator[Gate]:
    """Whether every approver that counts has accepted every loss of data (data-loss-unaccepted)."""
    losses = set(losses_of(dossier.manifest))
    if not dossier.policy.data_loss or not losses:
        return
    now = quorum_in(dossier, Purpose.APPROVAL)
    signed = [one.sign_off for one in now.standings if one.counts]
    told = "; ".join(sorted(losses))
    if signed and all(losses <= set(row.accepted) for row in signed):
        yield Gate("Data loss", GateState.OPEN, f"Accepted: {told}")
        return
    fix = "Whoever approves accepts each loss."
    yield Gate("Data loss", GateState.WAITS, told, fix, "data-loss-unaccepted")


def promotion_gates(dossier: Dossier) -> Iterator[Gate]:
    """Whether the same files were signed off where the policy wants them first
    (promotion-missing).
    """
    manifest, policy = dossier.manifest, dossier.policy
    if not policy.promotion or manifest.direction is Direction.ROLL_BACK:
        return
    name = f"Promotion from {policy.promotion}"
    missing = not_promoted(manifest, policy.promotion, dossier.beside)
    if not missing:
        yield Gate(name, GateState.OPEN, "The same files were signed off there.")
        return
    why = f"Not signed off there as they are: {', '.join(missing)}."
    fix = f"Take the same files through a ceremony on a target of {policy.promotion} first."
    yield Gate(name, GateState.SHUT, why, fix, "promotion-missing")


def _items(dossier: Dossier) -> Iterator[Gate]:
    """One gate per item of the pre-flight that people answer (preflight-failed)."""
    if not dossier.policy.preflight:
        return
    for one in dossier.judged(Phase.PREFLIGHT):
        if one.item.kind is not ItemKind.HUMAN:
            continue
        name = f"Pre-flight: {one.item.text.rstrip('.')}"
        why = f"{one.result.value}. {one.explanation}".strip()
        if one.lets_go_on:
            yield Gate(name, GateState.OPEN, why)
        else:
            fix = "Answer it on its page, with evidence."
            yield Gate(name, GateState.SHUT, why, fix, "preflight-failed")


def _halts(dossier: Dossier) -> Iterator[Gate]:
    """A target that control knows to be halted (target-halted); its ledger is asked by the run."""
    ceremony = dossier.ceremony
    halt = open_halt_among(dossier.halts, ceremony.target)
    if halt is None:
        return
    state = state_among(dossier.halts, halt.id)
    own = halt.ceremony == ceremony.pk
    if own and lets_pass(state, ceremony, Direction(ceremony.direction)):
        yield Gate("Halt", GateState.OPEN, "It is what was decided about the halt of the target.")
        return
    why = f"The target is halted: {state.taken[0].text}"
    fix = f"manage.py resume_sql --database {ceremony.target.alias}"
    yield Gate("Halt", GateState.SHUT, why, fix, "target-halted")


def _reviews(dossier: Dossier) -> Iterator[Gate]:
    """Break-glass on the target that two others have not looked at yet (override-unreviewed)."""
    for other, missing in unreviewed_among(dossier.others):
        why = f"Ceremony {other.pk} ran without an approval; {missing} more have to look at it."
        fix = f"Two others sign the review on the page of ceremony {other.pk}."
        yield Gate("Review", GateState.WAITS, why, fix, "override-unreviewed")
