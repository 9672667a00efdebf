"""Compensating: what a series offers where a way back would not serve, asked of the target."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from ceremony.actions import evidence
from ceremony.actions.halts import Halt, Said
from ceremony.actions.library import load_library
from ceremony.actions.ready import Ready
from ceremony.actions.record import recording
from ceremony.actions.rounds import manifest_of, newest_round
from ceremony.conf import Settings
from ceremony.core.chain import Json
from ceremony.core.compensation import Compensation, Offer, because
from ceremony.core.compensation_reading import compensations
from ceremony.core.manifest import ManifestStep
from ceremony.core.rehearsal.drill import Mark, Station
from ceremony.errors import CeremonyError
from ceremony.models import Ceremony, Rehearsal, audit
from ceremony.models.audit import Action
from ceremony.pg.export import Exported, ask_affected, export

LOOKED_AT = 50
"""How many of the newest rehearsals are looked at for the time of a way back."""


def offers(here: Ready, halt: Halt, settings: Settings) -> tuple[Offer, ...]:
    """The compensations of every step that the halted ceremony brought in, newest first.

    Their questions are asked of the target, in transactions that only read; one that fails is told
    with its offer.
    """
    row = halt.row
    if row is None:
        return ()
    return tuple(_asked(here, row, step, one) for step, one in _offered(here, row, settings))


def export_rows(
    here: Ready, halt: Halt, settings: Settings, folder: Path, said: Said
) -> tuple[Exported, ...]:
    """Write the rows that the compensations take out into files; the event ``compensation
    exported`` with their digests.

    Raises Refused (export-failed), QueryFailed.
    """
    row = halt.row
    if row is None:
        return ()
    made = tuple(
        export(here.access.session, statement, folder, f"{row.series}-{one.migration}-{number}")
        for _, one in _offered(here, row, settings)
        for number, statement in enumerate(one.export, start=1)
    )
    if made:
        _record(halt, row, made, said)
    return made


def _offered(
    here: Ready, row: Ceremony, settings: Settings
) -> Iterator[tuple[ManifestStep, Compensation]]:
    series = load_library(settings.root, [row.series]).series.get(row.series)
    if series is None:
        return
    written = compensations(series.settings)
    fingerprints = set(row.manifests.values_list("fingerprint", flat=True))
    applied = here.history.applied(row.series)
    for step in reversed(manifest_of(newest_round(row)).steps):
        found = applied.get(step.version)
        if found is not None and found.manifest_digest in fingerprints:
            yield from ((step, one) for one in written if one.migration == step.version)


def _asked(here: Ready, row: Ceremony, step: ManifestStep, one: Compensation) -> Offer:
    way_back = manifest_of(newest_round(row)).way_back
    back = next((one for one in way_back if (one.version, one.variant) == (step.version, "")), None)
    why = because(step.reversible, back.data_loss if back else "", way_back=back is not None)
    rows, problem = "", ""
    if one.affected:
        try:
            rows = evidence.bounded(ask_affected(here.access.session, one.affected), 200)
        except CeremonyError as error:
            problem = error.happened
    label = f"{step.version}_{step.name}"
    took = _rehearsed(row, step.version)
    return Offer(label, why or one.when, one, rows, problem, took)


def _rehearsed(row: Ceremony, version: str) -> int | None:
    """What the way back took in the newest rehearsal that took it."""
    found = Rehearsal.objects.filter(alias=row.target.alias, series=row.series).order_by("-pk")
    for one in found[:LOOKED_AT].iterator(chunk_size=5):
        for drill in one.certificate.get("migrations", ()):
            if drill.get("version") == version and (took := _down(drill)) is not None:
                return took
    return None


def _down(drill: Mapping[str, object]) -> int | None:
    stations = drill.get("stations")
    for one in stations if isinstance(stations, list) else ():
        if one.get("station") == Station.DOWN.value and one.get("mark") == Mark.FINE.value:
            return int(one["microseconds"])
    return None


def _record(halt: Halt, row: Ceremony, made: tuple[Exported, ...], said: Said) -> None:
    detail: dict[str, Json] = {
        "halt": str(halt.id),
        "ceremony": row.pk,
        "files": [
            {
                "path": evidence.clean(str(one.path)),
                "bytes": one.size,
                "sha256": one.sha256,
                "rows": one.rows,
            }
            for one in made
        ],
    }
    by = evidence.bounded(said.by, 255)
    act = audit.Act(
        Action.COMPENSATION_EXPORTED,
        by,
        halt.target.alias,
        row.series,
        f"Ceremony {row.pk}",
        detail,
    )
    with recording() as head:
        head.append([act])
