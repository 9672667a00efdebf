"""Stale: what changed since a round was requested, so that nobody's sign-off counts for it."""

from ceremony.actions.manifest import all_frozen, manifest_for
from ceremony.actions.ready import Ready
from ceremony.actions.rounds import manifest_of
from ceremony.core.checklist_document import checklists_bytes, readable
from ceremony.core.manifest import Manifest
from ceremony.core.manifest_changes import changed_files, differences
from ceremony.core.plan import Plan
from ceremony.core.policy import Policy
from ceremony.core.series import Series
from ceremony.core.text_change import TextChange, text_change
from ceremony.models import StoredManifest

CHECKLISTS = "what series.toml and contract.toml ask for"
"""The name under which the document of checklists is compared."""


def stale(
    stored: StoredManifest, here: Ready, plan: Plan, series: Series, policy: Policy
) -> tuple[str, ...]:
    """One sentence for each thing that changed since the round; none where it is what would run.

    The target's lock is held. Raises Tampered (manifest-damaged).
    """
    signed = manifest_of(stored)
    now = manifest_for(here, plan, series, policy, ceremony=stored.ceremony_id, round=stored.round)
    return differences(signed, now)


def text_changes(old: Manifest, new: Manifest, series: Series) -> tuple[TextChange, ...]:
    """How the files of ``new``, as ``series`` read them, differ from those frozen with ``old``.

    A file that takes part in one of the two only is compared with nothing; files of a migration
    that left the plan as a whole are left out. Raises Tampered (frozen-missing, frozen-differs).
    """
    left = _left(old, new)
    changed = [one for one in changed_files(old, new) if one[2] or one[0] not in left]
    kept = all_frozen({digest for _, digest, _ in changed if digest} | {old.checklists})
    found = [
        text_change(path, kept.get(before, b""), series.sources[path] if now else b"")
        for path, before, now in changed
    ]
    if old.checklists != new.checklists:
        asked = readable(kept[old.checklists]), readable(checklists_bytes(series.settings))
        found.append(text_change(CHECKLISTS, *asked))
    return tuple(found)


def _left(old: Manifest, new: Manifest) -> frozenset[str]:
    """The files of migrations that ``new`` does not run: what ran in the round before, say."""
    stays = {step.version for step in new.steps}
    gone = (one for one in (*old.steps, *old.way_back) if one.version not in stays)
    return frozenset(file.path for one in gone for file in one.files)
