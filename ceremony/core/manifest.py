"""The manifest: the plan with everything that a person signs, canonical, with one digest.

What was approved is what runs: whoever signs, signs the fingerprint, and a run is let through only
when the manifest made from disk, ledger and settings at that moment has the very same one.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from ceremony.core.chain import Json, canonical
from ceremony.core.plan import Direction

MANIFEST = "manifest1"
"""The algorithm of the fingerprint, which stands in front of it."""


@dataclass(frozen=True)
class FrozenFile:
    """One file whose bytes take part: ``path`` relative to the folder of series, ``digest`` of its
    bytes (with its algorithm in front), under which they are frozen.
    """

    path: str
    digest: str


@dataclass(frozen=True)
class ManifestStep:
    """One step, with all that its approver saw. ``event`` is the ledger event that says it is done;
    ``files`` are those that take part, the one that runs first (none where only a row is written).
    ``resume_after`` is the number of the last statement that is in already. ``timeouts`` and the
    other sayings of the header are inside the bytes; ``risk``, ``reversible`` and ``data_loss``
    are repeated here because people decide by them.
    """

    number: int
    version: str
    name: str
    event: str
    variant: str
    transactional: bool
    resume_after: int
    files: tuple[FrozenFile, ...]
    meaning: str
    risk: str
    reversible: str
    data_loss: str


@dataclass(frozen=True)
class TargetIdentity:
    """Which database exactly. ``ledger`` is the ledger's own id, ``""`` before its first row."""

    alias: str
    environment: str
    database: str
    database_oid: int
    system_identifier: str
    ledger: str


@dataclass(frozen=True)
class Manifest:
    """``ceremony``, ``round`` and ``control`` make every round of every ceremony one of its own, so
    that no sign-off fits another.

    ``way_back`` is the approved way back, in the order it would run (empty for a rollback, or where
    there is none). ``ledger_sequence`` and ``ledger_hash`` are the last ledger row before the run
    (0 and ``""`` without a ledger). ``rehearsals`` maps versions to the digest of their
    certificate. ``policy`` is the policy's canonical form, and ``policy_version`` its digest.
    ``checklists`` is the digest of what ``series.toml`` and ``contract.toml`` ask for.
    """

    control: str
    ceremony: int
    round: int
    series: str
    direction: Direction
    target: TargetIdentity
    ledger_sequence: int
    ledger_hash: str
    steps: tuple[ManifestStep, ...]
    way_back: tuple[ManifestStep, ...]
    rehearsals: Mapping[str, str]
    policy: Mapping[str, Json]
    policy_version: str
    checklists: str


def fingerprint_of(document: Json) -> str:
    """``manifest1:`` and 64 hexadecimal digits: SHA-256 over the canonical form of the document.

    Raises PayloadInvalid for what has no canonical form.
    """
    return f"{MANIFEST}:{hashlib.sha256(canonical(document)).hexdigest()}"
