"""Rounds: the stored manifests of a ceremony, read back as they were signed."""

from ceremony.core.manifest import Manifest, ManifestInvalid, read_written
from ceremony.core.policies import form
from ceremony.core.policy import Policy
from ceremony.errors import Tampered
from ceremony.models import Ceremony, StoredManifest


def newest_round(ceremony: Ceremony) -> StoredManifest:
    """The manifest of the newest round. Raises StoredManifest.DoesNotExist for a draft."""
    return ceremony.manifests.latest("round")


def manifest_of(stored: StoredManifest) -> Manifest:
    """The manifest of a round as it was signed.

    Raises Tampered (manifest-damaged) where the document is not the one with that fingerprint.
    """
    try:
        return read_written(stored.document, stored.fingerprint)
    except ManifestInvalid:
        raise Tampered(
            "manifest-damaged",
            f"The stored manifest of ceremony {stored.ceremony_id}, round {stored.round}, is not "
            f"the one with the fingerprint {stored.fingerprint}.",
            next_step="manage.py verify_audit shows what was changed in the record; then start "
            "over with manage.py request_sql.",
        ) from None


def policy_of(stored: StoredManifest) -> Policy:
    """The policy that a round was made under. Raises Tampered (manifest-damaged)."""
    return form.from_document(manifest_of(stored).policy)
