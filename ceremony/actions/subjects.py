"""Subjects: what exactly a person signs, as one digest, for each purpose.

A page shows it and the form carries it: what has changed since is not what was read, and the
sign-off is refused.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping

from django.db import models

from ceremony.actions.rounds import newest_round
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
    return _SUBJECTS[purpose](ceremony)


def _fingerprint(ceremony: Ceremony) -> str:
    return newest_round(ceremony).fingerprint


def _evidence(ceremony: Ceremony) -> str:
    manifest = newest_round(ceremony)
    runs = CeremonyRun.objects.filter(manifest=manifest)
    outcomes = RunOutcome.objects.filter(run__in_ceremony__in=runs).order_by("pk")
    items: dict[tuple[str, str], JudgedItem] = {}
    for item in manifest.items.exclude(phase=Phase.PREFLIGHT.value).order_by("pk"):
        items[item.phase, item.item] = item
    return _digest("evidence1", manifest.fingerprint, [*runs, *outcomes, *items.values()])


def _halt(ceremony: Ceremony) -> str:
    newest = ceremony.halts.order_by("-pk").first()
    steps = HaltStep.objects.filter(halt=newest.halt).order_by("pk") if newest else ()
    return _digest("halt1", str(ceremony.pk), steps)


def _overrides(ceremony: Ceremony) -> str:
    runs = ceremony.runs.filter(purpose=RunPurpose.OVERRIDE).order_by("pk")
    return _digest("override1", str(ceremony.pk), runs)


_SUBJECTS: Mapping[Purpose, Callable[[Ceremony], str]] = {
    Purpose.APPROVAL: _fingerprint,
    Purpose.ACCEPTANCE: _evidence,
    Purpose.DECISION: _halt,
    Purpose.REVIEW: _overrides,
}


def _digest(algorithm: str, about: str, rows: Iterable[models.Model]) -> str:
    document = canonical([about, *(row_digest(row) for row in rows)])
    return f"{algorithm}:{hashlib.sha256(document).hexdigest()}"
