"""The manifest: the plan with everything that a person signs, canonical, with one digest.

What was approved is what runs: whoever signs, signs the fingerprint, and a run is let through only
when the manifest made from disk, ledger and settings at that moment has the very same one.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ceremony.core.chain import Json, canonical
from ceremony.core.ledger_row import Event
from ceremony.core.naming import Role, classify
from ceremony.core.plan import Direction

MANIFEST = "manifest1"
"""The algorithm of the fingerprint, which stands in front of it."""


class ManifestInvalid(ValueError):
    """A document that is no manifest of this format."""


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
    ``files`` are those that take part, first the one that runs (where only a row is written, the
    change that the row is about). ``resume_after`` is the number of the last statement that is in
    already. Timeouts and the other sayings of the header are inside the bytes; ``risk``,
    ``reversible`` (``yes``, or ``no`` with the reason) and ``data_loss`` are repeated here because
    people decide by them.
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

    @property
    def label(self) -> str:
        """Version and name, as in the file name."""
        return f"{self.version}_{self.name}"

    @property
    def running(self) -> FrozenFile | None:
        """The file whose statements are sent; ``None`` where only a row is written."""
        first = self.files[0] if self.files else None
        if first is None or self.event == Event.APPLIED:
            return first
        taken_back = self.event == Event.ROLLED_BACK
        return first if taken_back and classify(first.path).role is not Role.CHANGE else None


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

    ``way_back`` is the approved way back, in the order it would run; first the plain one, then
    each variant by name (empty for a rollback, or where there is none). ``ledger_sequence`` and
    ``ledger_hash`` are the last ledger row before the run (0 and ``""`` without a ledger).
    ``rehearsals`` maps versions to the digest of their certificate. ``policy`` is the policy's
    canonical form, and ``policy_version`` its digest. ``checklists`` is the digest of what
    ``series.toml`` and ``contract.toml`` ask for, as a document that is frozen like the files.
    ``checks`` are the files of checks of what is applied already, which are run again after the run
    (none under a policy that asks nobody).
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
    checks: tuple[FrozenFile, ...] = ()

    @property
    def files(self) -> tuple[FrozenFile, ...]:
        """Every file that takes part, once, in the order of the steps, then of the way back, then
        the checks of what is applied already.
        """
        return tuple(dict.fromkeys((*self.changing, *self.checks)))

    @property
    def changing(self) -> tuple[FrozenFile, ...]:
        """The files of the steps and of the way back, once."""
        steps = (*self.steps, *self.way_back)
        return tuple(dict.fromkeys(file for step in steps for file in step.files))

    @property
    def fingerprint(self) -> str:
        """What people sign. Raises PayloadInvalid for what has no canonical form."""
        return fingerprint_of(document_of(self))


def fingerprint_of(document: Json) -> str:
    """``manifest1:`` and 64 hexadecimal digits: SHA-256 over the canonical form of the document.

    Raises PayloadInvalid for what has no canonical form.
    """
    return _digest(canonical(document))


def written(manifest: Manifest) -> tuple[str, str]:
    """The document as it is stored, in canonical form, and its fingerprint: both in one go.

    Raises PayloadInvalid for what has no canonical form.
    """
    document = canonical(document_of(manifest))
    return document.decode(), _digest(document)


def read_written(document: str, fingerprint: str) -> Manifest:
    """The manifest that ``written`` wrote, letter by letter. Raises ManifestInvalid."""
    if _digest(document.encode()) != fingerprint:
        raise ManifestInvalid("the document has another fingerprint")
    try:
        found = json.loads(document, parse_float=_no_number, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ManifestInvalid("the document is no JSON in canonical form") from error
    return from_document(found)


def _no_number(text: str) -> Json:
    raise ManifestInvalid(f"{text} has no canonical form")


def _digest(document: bytes) -> str:
    return f"{MANIFEST}:{hashlib.sha256(document).hexdigest()}"


def document_of(manifest: Manifest) -> dict[str, Json]:
    """The manifest as JSON; ``from_document`` reads it back."""
    return {
        "format": MANIFEST,
        "control": manifest.control,
        "ceremony": manifest.ceremony,
        "round": manifest.round,
        "series": manifest.series,
        "direction": manifest.direction.value,
        "target": asdict(manifest.target),
        "ledger": {"sequence": manifest.ledger_sequence, "hash": manifest.ledger_hash},
        "steps": _written(manifest.steps),
        "way_back": _written(manifest.way_back),
        "rehearsals": dict(manifest.rehearsals),
        "policy": dict(manifest.policy),
        "policy_version": manifest.policy_version,
        "checklists": manifest.checklists,
        "checks": _files(manifest.checks),
    }


def from_document(document: Mapping[str, Any]) -> Manifest:
    """The manifest that ``document_of`` wrote, every fact of it and no other.

    Raises ManifestInvalid for anything else: an unknown key could be a fact that nobody looks at.
    """
    try:
        manifest = _read(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ManifestInvalid(f"no manifest of the format {MANIFEST}: {error!r}") from error
    if document_of(manifest) != document:
        raise ManifestInvalid(f"more than a manifest of the format {MANIFEST}")
    return manifest


def _written(steps: Sequence[ManifestStep]) -> list[Json]:
    # By hand: asdict copies every text of a thousand steps, a few milliseconds under the lock.
    return [{**vars(step), "files": _files(step.files)} for step in steps]


def _files(files: Sequence[FrozenFile]) -> list[Json]:
    return [{"path": file.path, "digest": file.digest} for file in files]


def _read(document: Mapping[str, Any]) -> Manifest:
    return Manifest(
        control=document["control"],
        ceremony=document["ceremony"],
        round=document["round"],
        series=document["series"],
        direction=Direction(document["direction"]),
        target=TargetIdentity(**document["target"]),
        ledger_sequence=document["ledger"]["sequence"],
        ledger_hash=document["ledger"]["hash"],
        steps=tuple(_steps(document["steps"])),
        way_back=tuple(_steps(document["way_back"])),
        rehearsals=dict(document["rehearsals"]),
        policy=dict(document["policy"]),
        policy_version=document["policy_version"],
        checklists=document["checklists"],
        checks=tuple(FrozenFile(**file) for file in document["checks"]),
    )


def _steps(written: Sequence[Mapping[str, Any]]) -> Iterator[ManifestStep]:
    for one in written:
        files = tuple(FrozenFile(**file) for file in one["files"])
        yield ManifestStep(**{**one, "files": files})
