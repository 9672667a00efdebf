"""What stands behind a run: an approval that was spent, an open policy, break-glass, or nothing.

Judged anew from sign-offs and spendings, as the gate did; no state is believed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ceremony.actions.rounds import manifest_of
from ceremony.actions.told import is_told
from ceremony.core.execution.population import Standing
from ceremony.core.manifest import Manifest
from ceremony.core.policies.form import from_document
from ceremony.core.quorum import Signer, is_complete
from ceremony.errors import Tampered
from ceremony.models import (
    CeremonyRun,
    Decision,
    Purpose,
    RunPurpose,
    SignOff,
    Spending,
    StoredManifest,
)


@dataclass(frozen=True)
class Behind:
    """``people`` approved it, or reviewed the break-glass. ``fingerprint`` is what its ledger rows
    must name, ``""`` where nothing is known of it.
    """

    standing: Standing
    ceremony: int = 0
    title: str = ""
    people: tuple[str, ...] = ()
    why: str = ""
    fingerprint: str = ""


NOTHING = Behind(Standing.NONE, why="The run belongs to no ceremony.")


def behind_runs(numbers: Iterable[int]) -> dict[int, Behind]:
    """What stands behind each of these runs, by number; runs without a ceremony are not in it."""
    rows = CeremonyRun.objects.filter(run_id__in=list(numbers)).select_related(
        "ceremony", "manifest", "run"
    )
    members = list(rows)
    signed = _signed({one.manifest_id for one in members})
    spent = {
        one.manifest_id: one
        for one in Spending.objects.filter(manifest_id__in=[m.manifest_id for m in members])
    }
    return {
        one.run_id: _behind(one, spent.get(one.manifest_id), signed.get(one.manifest_id, ()))
        for one in members
    }


def _behind(member: CeremonyRun, spending: Spending | None, signed: Sequence[SignOff]) -> Behind:
    if member.purpose == RunPurpose.OVERRIDE:
        reviewers = _reviewers(signed)
        return _made(member, Standing.OVERRIDE, reviewers, f"Break-glass: {member.reason}")
    if spending is None:
        return _made(member, Standing.NONE, (), "No approval was spent.")
    if member.purpose != RunPurpose.WAY_BACK and spending.run_id != member.run_id:
        return _made(member, Standing.NONE, (), f"Run {spending.run_id} spent the approval.")
    if member.ceremony.target_id != member.run.target_id:
        return _made(member, Standing.NONE, (), "The approval is for another target.")
    return _by_quorum(member, spending, signed)


def _by_quorum(member: CeremonyRun, spending: Spending, signed: Sequence[SignOff]) -> Behind:
    manifest = _manifest(member.manifest)
    if manifest is None:
        return _made(member, Standing.NONE, (), "The stored manifest was changed.")
    policy = from_document(manifest.policy)
    counted = _counted(signed, spending)
    people = tuple(one.name for one in counted)
    if not policy.is_open and not is_complete(policy.approvals, counted):
        return _made(member, Standing.NONE, people, "Its sign-offs do not fill the quorum.")
    if member.purpose == RunPurpose.WAY_BACK:
        return _made(member, Standing.WAY_BACK, people, "")
    return _made(member, Standing.OPEN if policy.is_open else Standing.APPROVED, people, "")


def _made(member: CeremonyRun, standing: Standing, people: tuple[str, ...], why: str) -> Behind:
    return Behind(
        standing,
        member.ceremony_id,
        member.ceremony.title,
        people,
        why,
        member.manifest.fingerprint,
    )


def _manifest(stored: StoredManifest) -> Manifest | None:
    try:
        return manifest_of(stored)
    except Tampered:
        return None


def _signed(manifests: set[int]) -> Mapping[int, Sequence[SignOff]]:
    found: dict[int, list[SignOff]] = {}
    for one in SignOff.objects.filter(manifest_id__in=manifests).order_by("pk"):
        found.setdefault(one.manifest_id, []).append(one)
    return found


def _counted(signed: Sequence[SignOff], spending: Spending) -> tuple[Signer, ...]:
    """Those whose approval stood when it was spent, with their groups of then. A row that no event
    of the trail tells of counts for nothing.
    """
    standing: dict[str, Signer] = {}
    for one in signed:
        if one.purpose != Purpose.APPROVAL or one.signed_at > spending.at or not is_told(one):
            continue
        if one.decision == Decision.APPROVE:
            standing[one.username] = Signer(one.username, frozenset(one.groups))
        elif one.decision != Decision.COMMENT:
            standing.pop(one.username, None)
    return tuple(standing.values())


def _reviewers(signed: Sequence[SignOff]) -> tuple[str, ...]:
    """Those who have looked at a break-glass and have not taken that back."""
    standing: dict[str, None] = {}
    for one in signed:
        if one.purpose != Purpose.REVIEW or not is_told(one):
            continue
        if one.decision == Decision.APPROVE:
            standing[one.username] = None
        elif one.decision == Decision.WITHDRAW:
            standing.pop(one.username, None)
    return tuple(standing)
