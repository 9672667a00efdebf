"""The way back: whoever approved a change approved how it is taken back, and so a halted ceremony
is rolled back without another quorum.
"""

from ceremony.actions.ceremonies import locked
from ceremony.actions.permit import Permit, PermitKind
from ceremony.actions.ready import Ready
from ceremony.actions.rounds import manifest_of, newest_round
from ceremony.core.manifest import Manifest, ManifestStep
from ceremony.core.manifest_steps import steps_of
from ceremony.core.plan import Direction, Plan
from ceremony.core.policies.form import from_document
from ceremony.core.policy import Policy
from ceremony.core.series import Series
from ceremony.core.states import State
from ceremony.errors import Refused
from ceremony.models import Ceremony, StoredManifest


def way_back(
    here: Ready, plan: Plan, series: Series, policy: Policy, number: int = 0
) -> Permit | None:
    """The permit for a rollback that a halted ceremony on this target has approved; ``None`` where
    none has.

    ``number`` names the ceremony. Every step must be in its approved way back, byte by byte, and
    every migration that is taken back must be one that it brought in, by the ledger. Raises Refused
    (ceremony-state, way-back-differs) for one that was named.
    """
    if plan.direction is not Direction.ROLL_BACK:
        return None
    if number:
        return _named(here, plan, series, policy, number)
    halted = Ceremony.objects.filter(
        target=here.target,
        series=plan.series,
        direction=Direction.APPLY.value,
        state=State.HALTED.value,
    )
    for ceremony in halted:
        if not refusals(here, plan, ceremony, policy):
            return Permit(PermitKind.WAY_BACK, policy, series, ceremony.pk)
    return None


def _named(here: Ready, plan: Plan, series: Series, policy: Policy, number: int) -> Permit | None:
    ceremony = Ceremony.objects.select_related("target").get(pk=number)
    if ceremony.direction == Direction.ROLL_BACK.value:
        return None
    if State(ceremony.state) is not State.HALTED:
        raise not_halted(ceremony)
    if found := refusals(here, plan, ceremony, policy):
        told = "\n".join(f"  {sentence}" for sentence in found)
        place = f"{ceremony.series} --database {ceremony.target.alias}"
        raise Refused(
            "way-back-differs",
            f"This is not the way back that was approved with ceremony {number}:\n{told}",
            next_step=f"Take that one, or ask for another: manage.py request_sql {place} "
            "--rollback",
        )
    return Permit(PermitKind.WAY_BACK, policy, series, number)


def refusals(here: Ready, plan: Plan, ceremony: Ceremony, policy: Policy) -> tuple[str, ...]:
    """Why the plan is not the approved way back of a ceremony, one sentence per step. ``policy`` is
    the one that holds now: where it asks for approvals, what ran when nobody was asked has no
    approved way back.
    """
    rounds = {one.fingerprint: manifest_of(one) for one in ceremony.manifests.all()}
    states = here.history.states(plan.series)
    found = []
    for step in steps_of(plan):
        state = states.get(step.version)
        manifest = rounds.get(state.newest.manifest_digest) if state is not None else None
        if manifest is None:
            found.append(f"{step.label} was not brought in by ceremony {ceremony.pk}.")
        elif not _is_in(step, manifest):
            found.append(f"The way back of {step.label} is not the one that was approved.")
        elif not policy.is_open and from_document(manifest.policy).is_open:
            found.append(f"{step.label} ran when nobody was asked: nobody approved its way back.")
    return tuple(found)


def refuse_way_back_over(permit: Permit) -> StoredManifest:
    """The round whose way back is taken, with its ceremony locked. Raises Refused
    (ceremony-state).
    """
    ceremony = locked(permit.ceremony)
    if State(ceremony.state) is not State.HALTED:
        raise not_halted(ceremony)
    stored = newest_round(ceremony)
    stored.ceremony = ceremony
    return stored


def not_halted(ceremony: Ceremony) -> Refused:
    """The refusal of a way back that nobody has stopped the world for."""
    alias = ceremony.target.alias
    return Refused(
        "ceremony-state",
        f"Ceremony {ceremony.pk} is {ceremony.state}. Its approved way back is taken from a halt.",
        next_step=f"Halt it first: manage.py halt_sql --database {alias} --reason WHY",
    )


def _is_in(step: ManifestStep, manifest: Manifest) -> bool:
    """Whether the approved way back has this very step: same version, variant and bytes."""
    return any(
        (one.version, one.variant, one.event, one.files)
        == (step.version, step.variant, step.event, step.files)
        for one in manifest.way_back
    )
