"""Promotion: whether the same files were signed off on another environment before."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import F, Q, QuerySet

from ceremony.actions.rounds import manifest_of
from ceremony.core.manifest import Manifest, ManifestStep
from ceremony.core.outcome import StepState
from ceremony.core.plan import Direction
from ceremony.core.states import State
from ceremony.models import CeremonyRun, Outcome, StoredManifest

LOOKED_AT = 100
"""How many of the newest rounds that ran on the other environment are looked at."""


def not_promoted(
    manifest: Manifest, environment: str, rows: Mapping[str, list[Any]]
) -> tuple[str, ...]:
    """The steps whose files, every byte of them, were not signed off on ``environment`` before.
    ``rows`` are what ``promoting`` asked for.

    A rollback is never asked where it comes from. Raises Tampered (manifest-damaged).
    """
    if not environment or manifest.direction is Direction.ROLL_BACK:
        return ()
    waiting = {step.version: step for step in manifest.steps}
    for accepted in _accepted(rows, (manifest.series, environment)):
        for step in accepted.steps:
            if step.version in waiting and _digests(waiting[step.version]) <= _digests(step):
                del waiting[step.version]
        if not waiting:
            break
    return tuple(f"{step.version}_{step.name}" for step in waiting.values())


def promoting(places: Collection[tuple[str, str]]) -> Mapping[str, "QuerySet[Any]"]:
    """What is asked for to tell it, for series and environments: the newest rounds that ran and
    were signed off there, and the versions that a run of each brought in. What failed there, and
    went right in a later round, was not signed off as it stood here.
    """
    if not places:
        return {"promoted": StoredManifest.objects.none(), "done": Outcome.objects.none()}
    rows = StoredManifest.objects.filter(
        reduce(or_, (Q(ceremony__series=one, ceremony__environment=two) for one, two in places)),
        ceremony__direction=Direction.APPLY.value,
        ceremony__state=State.SIGNED_OFF.value,
        pk__in=CeremonyRun.objects.order_by().values("manifest"),
    )
    newest = rows.order_by("-pk")[: LOOKED_AT * len(places)]
    done = Outcome.objects.filter(
        attempt__run__in_ceremony__manifest__in=newest.values("pk"),
        attempt__direction=Direction.APPLY.value,
        state=StepState.DONE.value,
    )
    return {
        "promoted": newest.annotate(
            series=F("ceremony__series"), environment=F("ceremony__environment")
        ),
        "done": done.annotate(
            brought_by=F("attempt__run__in_ceremony__manifest"), version=F("attempt__version")
        ),
    }


def _accepted(rows: Mapping[str, list[Any]], place: tuple[str, str]) -> Iterable[Manifest]:
    """What ran and was signed off there, newest first."""
    done = {(one.brought_by, one.version) for one in rows["done"]}
    for row in rows["promoted"]:
        if (row.series, row.environment) == place:
            manifest = manifest_of(row)
            steps = tuple(one for one in manifest.steps if (row.pk, one.version) in done)
            yield replace(manifest, steps=steps)


def _digests(step: ManifestStep) -> frozenset[str]:
    return frozenset(file.digest for file in step.files)
