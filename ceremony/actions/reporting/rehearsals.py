"""What rehearsals showed of the files of a manifest."""

from collections.abc import Iterator, Mapping
from typing import Any

from ceremony.actions.rehearsed import LOOKED_AT
from ceremony.core.execution.facts import Drilled
from ceremony.core.manifest import Manifest
from ceremony.core.rehearsal.certificate import digest_of, rehearsed
from ceremony.core.rehearsal.drill import Station
from ceremony.core.xray import lock_words
from ceremony.models import Rehearsal


def drills_of(manifest: Manifest) -> tuple[Drilled, ...]:
    """The newest rehearsal of each step's very bytes: the one that the manifest names, where it
    names one. A certificate that was touched does not count.
    """
    found: dict[str, Drilled] = {}
    rows = Rehearsal.objects.filter(alias=manifest.target.alias, series=manifest.series)
    for row in rows.order_by("-pk")[:LOOKED_AT].iterator(chunk_size=5):
        if digest_of(row.certificate) != row.digest:
            continue
        for one in _drills(row, manifest):
            found.setdefault(one.version, one)
    return tuple(found[step.version] for step in manifest.steps if step.version in found)


def _drills(row: Rehearsal, manifest: Manifest) -> Iterator[Drilled]:
    shown = rehearsed(row.certificate)
    told = {one["version"]: one for one in row.certificate["migrations"]}
    for step in manifest.steps:
        one = shown.get(step.version)
        named = manifest.rehearsals.get(step.version, row.digest)
        bytes_of = {file.digest for file in step.files}
        if one is None or named != row.digest or one.files["bytes"] not in bytes_of:
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
