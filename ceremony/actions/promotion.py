"""Promotion: whether the same files were signed off on another environment before."""

from collections.abc import Iterable
from dataclasses import replace

from ceremony.actions.rounds import manifest_of
from ceremony.core.manifest import Manifest, ManifestStep
from ceremony.core.outcome import StepState
from ceremony.core.plan import Direction
from ceremony.core.states import State
from ceremony.models import Outcome, StoredManifest

LOOKED_AT = 100
"""How many of the newest rounds that ran on the other environment are looked at."""


def not_promoted(manifest: Manifest, environment: str) -> tuple[str, ...]:
    """The steps whose files, every byte of them, were not signed off on ``environment`` before.

    A rollback is never asked where it comes from. Raises Tampered (manifest-damaged).
    """
    if not environment or manifest.direction is Direction.ROLL_BACK:
        return ()
    waiting = {step.version: step for step in manifest.steps}
    for accepted in _accepted(manifest.series, environment):
        for step in accepted.steps:
            if step.version in waiting and _digests(waiting[step.version]) <= _digests(step):
                del waiting[step.version]
        if not waiting:
            break
    return tuple(f"{step.version}_{step.name}" for step in waiting.values())


def _accepted(series: str, environment: str) -> Iterable[Manifest]:
    """What ran and was signed off there, newest first."""
    rows = StoredManifest.objects.filter(
        ceremony__series=series,
        ceremony__environment=environment,
        ceremony__direction=Direction.APPLY.value,
        ceremony__state=State.SIGNED_OFF.value,
        runs__isnull=False,
    )
    for row in rows.distinct().order_by("-pk")[:LOOKED_AT]:
        manifest = manifest_of(row)
        done = _done(row)
        yield replace(manifest, steps=tuple(s for s in manifest.steps if s.version in done))


def _done(stored: StoredManifest) -> frozenset[str]:
    """The versions that a run of this round brought in: what failed there, and went right in a
    later round, was not signed off as it stood here.
    """
    outcomes = Outcome.objects.filter(
        attempt__run__in_ceremony__manifest=stored,
        attempt__direction=Direction.APPLY.value,
        state=StepState.DONE.value,
    )
    return frozenset(outcomes.values_list("attempt__version", flat=True))


def _digests(step: ManifestStep) -> frozenset[str]:
    return frozenset(file.digest for file in step.files)
