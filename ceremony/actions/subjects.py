"""Subjects: what exactly a person signs, as one digest, for each purpose.

A page shows it and the form carries it: what has changed since is not what was read, and the
sign-off is refused.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping

from django.db import models

from ceremony.actions.dossier import Dossier, dossier_of
from ceremony.core.chain import canonical
from ceremony.core.item import Phase
from ceremony.models import (
    Ceremony,
    CeremonyRun,
    HaltStep,
    JudgedItem,
    Purpose,
    RunOutcome,
    RunPurpose,
)
from ceremony.models.row_digest import row_digest


def subject_of(ceremony: Ceremony, purpose: Purpose) -> str:
    """The digest, with its algorithm in front.

    An approval signs the fingerprint of the newest manifest; an acceptance what the runs of that
    manifest came to and what was found after them; a decision the halt as far as it is told; a
    review the runs without an approval. Raises StoredManifest.DoesNotExist for a draft.
    """
    return subject_in(dossier_of(ceremony), purpose)


def subject_in(dossier: Dossier, purpose: Purpose) -> str:
    """The same from what was read."""
    return _SUBJECTS[purpose](dossier)


def _fingerprint(dossier: Dossier) -> str:
    return dossier.stored.fingerprint


def _evidence(dossier: Dossier) -> str:
    manifest = dossier.stored
    runs = [one for one in dossier.runs if one.manifest_id == manifest.pk]
    outcomes = [one.run.outcome for one in runs if hasattr(one.run, "outcome")]
    return evidence_of(manifest.fingerprint, runs, outcomes, dossier.found)


def _halt(dossier: Dossier) -> str:
    number = dossier.ceremony.pk
    newest = [one.halt for one in dossier.halts if one.ceremony_id == number][-1:]
    return halt_of(number, [one for one in dossier.halts if one.halt in newest])


def _overrides(dossier: Dossier) -> str:
    return overrides_of(dossier.ceremony.pk, dossier.runs)


def evidence_of(
    fingerprint: str,
    runs: Iterable[CeremonyRun],
    outcomes: Iterable[RunOutcome],
    items: Iterable[JudgedItem],
) -> str:
    """What an acceptance signs, from the rows of one round, each kind in the order of its numbers.
    Items of the pre-flight do not count; of the others the newest of each does.
    """
    newest: dict[tuple[str, str], JudgedItem] = {}
    for item in items:
        if item.phase != Phase.PREFLIGHT:
            newest[item.phase, item.item] = item
    return _digest("evidence1", fingerprint, [*runs, *outcomes, *newest.values()])


def halt_of(number: int, steps: Iterable[HaltStep]) -> str:
    """What a decision about ceremony ``number`` signs, from the stations of its newest halt."""
    return _digest("halt1", str(number), steps)


def overrides_of(number: int, runs: Iterable[CeremonyRun]) -> str:
    """What a review of ceremony ``number`` signs, from its runs; those with an approval do not
    count.
    """
    ran = (run for run in runs if run.purpose == RunPurpose.OVERRIDE)
    return _digest("override1", str(number), ran)


_SUBJECTS: Mapping[Purpose, Callable[[Dossier], str]] = {
    Purpose.APPROVAL: _fingerprint,
    Purpose.ACCEPTANCE: _evidence,
    Purpose.DECISION: _halt,
    Purpose.REVIEW: _overrides,
}


def _digest(algorithm: str, about: str, rows: Iterable[models.Model]) -> str:
    document = canonical([about, *(row_digest(row) for row in rows)])
    return f"{algorithm}:{hashlib.sha256(document).hexdigest()}"
