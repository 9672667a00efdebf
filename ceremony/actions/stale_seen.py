"""Stale, as far as it can be told without asking the target: for pages, which must not wait for
one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ceremony import conf
from ceremony.actions.policies import policy_at
from ceremony.actions.rounds import manifest_of, newest_round
from ceremony.conf import Settings
from ceremony.core.checklist_document import checklists_digest, settings_in
from ceremony.core.digests import bytes_digest
from ceremony.core.manifest import FrozenFile, Manifest, ManifestStep
from ceremony.core.manifest_changes import differences
from ceremony.core.policies.form import document_of, version_of
from ceremony.core.series import SeriesFiles
from ceremony.core.states import BEFORE_THE_RUN, State
from ceremony.models import Ceremony
from ceremony.sources.folder import read_series

_OPENED = 1
"""The number of the row with which every ledger begins; it counts as nothing."""


def changes_seen(ceremony: Ceremony, settings: Settings) -> tuple[str, ...]:
    """One sentence for each thing that is known to have changed since the newest round: files on
    the disk, what the series asks for, the policy, and the ledger as control last saw it.

    Only a run asks the target, and decides. ``()`` for a ceremony that has run or ended. Raises
    Tampered (manifest-damaged), and UsageError (alias-unknown) for a target that settings have no
    more.
    """
    if State(ceremony.state) not in BEFORE_THE_RUN or not ceremony.round:
        return ()
    signed = manifest_of(newest_round(ceremony))
    files = read_series(settings.root, ceremony.series)
    return changes_between(ceremony, signed, files, settings)


def changes_between(
    ceremony: Ceremony, signed: Manifest, files: SeriesFiles, settings: Settings
) -> tuple[str, ...]:
    """The same for a round and the folder of its series that were read already: nothing is asked of
    any database. Raises UsageError (alias-unknown).
    """
    return differences(signed, _now(ceremony, signed, files, settings))


def _now(ceremony: Ceremony, signed: Manifest, files: SeriesFiles, settings: Settings) -> Manifest:
    """The manifest with what is known to be otherwise now."""
    digests = {file.path: bytes_digest(file.data) for file in files.files}
    sequence, row_hash = _ledger_seen(ceremony, signed)
    target = conf.target(ceremony.target.alias, settings)
    asking = settings_in(files)
    policy = policy_at(target, asking, ceremony.risk, settings)
    return replace(
        signed,
        target=replace(signed.target, environment=target.environment),
        ledger_sequence=sequence,
        ledger_hash=row_hash,
        steps=tuple(_with_files(step, digests) for step in signed.steps),
        way_back=tuple(_with_files(step, digests) for step in signed.way_back),
        policy=document_of(policy),
        policy_version=version_of(policy),
        checklists=checklists_digest(asking),
        checks=_files(signed.checks, digests),
    )


def _with_files(step: ManifestStep, digests: Mapping[str, str]) -> ManifestStep:
    return replace(step, files=_files(step.files, digests))


def _files(files: Sequence[FrozenFile], digests: Mapping[str, str]) -> tuple[FrozenFile, ...]:
    there = (file.path for file in files if file.path in digests)
    return tuple(FrozenFile(path, digests[path]) for path in there)


def _ledger_seen(ceremony: Ceremony, signed: Manifest) -> tuple[int, str]:
    """The end of the ledger, where control has seen it go on."""
    target = ceremony.target
    if target.ledger_sequence > max(signed.ledger_sequence, _OPENED):
        return target.ledger_sequence, target.ledger_hash
    return signed.ledger_sequence, signed.ledger_hash
