"""What was frozen with a manifest, understood again: its files, and what the series asked for."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ceremony import conf
from ceremony.actions.library import settings_on
from ceremony.actions.manifest import all_frozen
from ceremony.actions.rounds import manifest_of
from ceremony.core.assemble import assemble
from ceremony.core.checklist.summary import Summary, summary_of
from ceremony.core.execution.affected import affected
from ceremony.core.execution.facts import Compensating, Inventoried
from ceremony.core.manifest import Manifest, ManifestStep
from ceremony.core.migration import Migration
from ceremony.core.naming import SETTINGS
from ceremony.core.plan import Direction
from ceremony.core.risks import KnownRisk, register
from ceremony.core.series import Numbering, Series, SeriesFiles, SeriesSettings, SourceFile
from ceremony.errors import UsageError
from ceremony.models import Blob, Ceremony, StoredManifest

_FRACTIONS = b"fractions = true\n"
"""What series.toml must have said where a version is ``0013_5``: that file is not frozen, and
without it nobody knows where in a file's name the version ends.
"""


@dataclass(frozen=True)
class Signed:
    """The newest manifest of a ceremony, its files as they were frozen, and what was asked for."""

    stored: StoredManifest
    manifest: Manifest
    files: Series
    asked: SeriesSettings

    @property
    def summary(self) -> Summary:
        return summary_of(self.asked)

    @property
    def risks(self) -> tuple[KnownRisk, ...]:
        return register(self.asked)

    @property
    def compensation(self) -> tuple[Compensating, ...]:
        """The ``[[compensation]]`` tables that are about a step of the manifest."""
        entries = self.asked.extra.get("compensation", ())
        versions = {step.version for step in self.manifest.steps}
        return tuple(
            _compensating(entry)
            for entry in entries
            if isinstance(entry, Mapping)
            and str(entry.get("migration", "")).partition("_")[0] in _heads(versions)
        )

    def migration(self, step: ManifestStep) -> Migration | None:
        """The migration of a step as its files were frozen."""
        found = self.files.by_version.get(step.version)
        return found if found is not None and found.label == step.label else None

    def meaning(self, step: ManifestStep) -> str:
        """The digest of what the change of a step means, whichever way the step goes; ``""`` where
        its file was not frozen.
        """
        if self.manifest.direction is Direction.APPLY:
            return step.meaning
        migration = self.migration(step)
        return migration.script.meaning_digest if migration else ""


def signed_texts(ceremony: Ceremony) -> Signed | None:
    """The newest manifest with what was frozen; ``None`` before the first round.

    Bytes that were never frozen are left out. Raises Tampered (manifest-damaged, frozen-differs).
    """
    stored = StoredManifest.objects.filter(ceremony=ceremony).order_by("-round").first()
    if stored is None:
        return None
    manifest = manifest_of(stored)
    wanted = {file.digest for file in manifest.files} | {manifest.checklists}
    kept = Blob.objects.filter(digest__in=wanted).values_list("digest", flat=True)
    data = all_frozen(list(kept))
    files = tuple(
        SourceFile(file.path, data[file.digest]) for file in manifest.files if file.digest in data
    )
    if any("_" in step.version for step in manifest.steps):
        files = (*files, SourceFile(f"{manifest.series}/{SETTINGS}", _FRACTIONS))
    asked = json.loads(data.get(manifest.checklists, b"{}")).get("series", {})
    settings = SeriesSettings(manifest.series, Numbering.SEQUENCE, extra=asked)
    return Signed(stored, manifest, assemble(SeriesFiles(manifest.series, files)), settings)


def inventory_of(signed: Signed) -> tuple[Inventoried, ...]:
    """The steps of the manifest, with what their frozen files say."""
    return tuple(_line(step, signed) for step in signed.manifest.steps)


def notes_of(series: str) -> tuple[tuple[str, str], ...]:
    """The ``[[notes]]`` of ``series.toml`` as it stands now; nothing where the folder is gone."""
    try:
        found = settings_on(conf.load().root, [series])
    except UsageError:
        return ()
    return tuple(note for settings in found for note in _notes(settings))


def _line(step: ManifestStep, signed: Signed) -> Inventoried:
    migration = signed.migration(step)
    header = migration.header if migration else None
    script = migration.script if migration else None
    if migration and signed.manifest.direction is Direction.ROLL_BACK:
        script = migration.rollbacks.get(step.variant)
    return Inventoried(
        number=step.number,
        version=step.version,
        label=step.label,
        event=step.event,
        variant=step.variant,
        purpose=header.purpose if header else "",
        risk=step.risk,
        reversible=step.reversible,
        data_loss=step.data_loss,
        transactional=step.transactional,
        depends=tuple(str(one) for one in header.depends) if header else (),
        objects=affected(script) if script else (),
        files=step.files,
    )


def _heads(versions: set[str]) -> set[str]:
    """The versions, and what stands in front of the fraction of one (``0013_5``)."""
    return versions | {version.partition("_")[0] for version in versions}


def _compensating(entry: Mapping[str, Any]) -> Compensating:
    names = ("migration", "when", "state", "export", "affected", "restoration", "downtime")
    return Compensating(**{name: str(entry.get(name, "")) for name in names})


def _notes(settings: SeriesSettings) -> Iterator[tuple[str, str]]:
    entries = settings.extra.get("notes", ())
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, Mapping):
            yield str(entry.get("migration", "")), str(entry.get("text", ""))
