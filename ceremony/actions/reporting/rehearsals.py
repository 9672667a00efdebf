"""What rehearsals showed of the files of a manifest."""

from collections.abc import Iterator, Mapping
from typing import Any

from ceremony.actions.rehearsed import LOOKED_AT
from ceremony.actions.reporting.texts import Signed
from ceremony.core.execution.facts import Drilled
from ceremony.core.manifest import ManifestStep
from ceremony.core.plan import Direction
from ceremony.core.rehearsal.certificate import Rehearsed, digest_of, rehearsed
from ceremony.core.rehearsal.drill import Station
from ceremony.core.xray import lock_words
from ceremony.models import Rehearsal


def drills_of(signed: Signed) -> tuple[Drilled, ...]:
    """The newest rehearsal of each step's very files, its checks and ways back among them: the one
    that the manifest names, where it names one. A certificate that was touched does not count.
    """
    manifest = signed.manifest
    found: dict[str, Drilled] = {}
    rows = Rehearsal.objects.filter(alias=manifest.target.alias, series=manifest.series)
    for row in rows.order_by("-pk")[:LOOKED_AT].iterator(chunk_size=5):
        if digest_of(row.certificate) != row.digest:
            continue
        for one in _drills(row, signed):
            found.setdefault(one.version, one)
    return tuple(found[step.version] for step in manifest.steps if step.version in found)


def _drills(row: Rehearsal, signed: Signed) -> Iterator[Drilled]:
    shown = rehearsed(row.certificate)
    told = {one["version"]: one for one in row.certificate["migrations"]}
    for step in signed.manifest.steps:
        one = shown.get(step.version)
        named = signed.manifest.rehearsals.get(step.version, row.digest)
        if one is None or named != row.digest or not _is_of(one, step, signed):
            continue
        drill = told[step.version]
        yield Drilled(
            version=step.version,
            label=f"{step.version}_{step.name}",
            rehearsal=row.pk,
            digest=row.digest,
            clean=one.clean,
            at=row.recorded_at,
            ways_back=tuple((way["variant"], way["verdict"]) for way in drill["ways_back"]),
            locks=_locks(drill),
            microseconds=_took(drill, Station.UP),
            microseconds_back=_took(drill, Station.DOWN),
        )


def _is_of(one: Rehearsed, step: ManifestStep, signed: Signed) -> bool:
    """Whether every file of the step is one that was rehearsed. A plan that takes back has no part
    in the other ways back of its migrations.
    """
    migration = signed.migration(step)
    if migration is None:
        return False
    changed = set(one.changed(migration))
    if signed.manifest.direction is Direction.ROLL_BACK:
        changed &= {file.path for file in step.files}
    return not changed


def _locks(drill: Mapping[str, Any]) -> tuple[str, ...]:
    """Each lock that a statement of the change took and that makes others wait, once."""
    up = next((one for one in drill["stations"] if one["station"] == Station.UP.value), None)
    locks = (lock for xray in (up["xrays"] if up else ()) for lock in xray["locks"])
    return tuple(dict.fromkeys(f"{lock_words(mode)} on {relation}" for relation, mode in locks))


def _took(drill: Mapping[str, Any], station: Station) -> int:
    return next(
        (int(one["microseconds"]) for one in drill["stations"] if one["station"] == station.value),
        0,
    )
