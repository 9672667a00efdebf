"""The manifest of what would run now, and the bytes that are frozen with it.

What people signed stays readable for ever, whatever becomes of the files: every file and the
document of what is asked for are kept under the digests that the manifest names.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence

from ceremony.actions.ready import Ready
from ceremony.actions.record import control_identity
from ceremony.actions.rehearsed import certificates
from ceremony.actions.rounds import manifest_of
from ceremony.core.checklist_document import checklists_bytes, checklists_digest
from ceremony.core.digests import bytes_digest
from ceremony.core.ledger_row import Event, LedgerRow
from ceremony.core.manifest import Manifest, TargetIdentity
from ceremony.core.manifest_steps import checks_again, steps_of, way_back_of
from ceremony.core.opened import opened
from ceremony.core.plan import Direction, Plan
from ceremony.core.policies.form import document_of, version_of
from ceremony.core.policy import Policy
from ceremony.core.series import Series
from ceremony.errors import Tampered
from ceremony.models import Blob, StoredManifest
from ceremony.models.bulk import copy_in


def manifest_for(
    here: Ready, plan: Plan, series: Series, policy: Policy, *, ceremony: int, round: int
) -> Manifest:
    """The manifest of a plan on a target whose lock is held, as round ``round`` of ``ceremony``.

    Made twice with nothing changed in between it is the same. A ledger that holds nothing yet but
    its own opening counts as none: a run opens it before its first step. For a round that is stored
    already, a rehearsal recorded since changes nothing, unless it found faults.
    """
    last = _last(here.rows)
    facts = opened(here.rows) if last else None
    return Manifest(
        control=str(control_identity()),
        ceremony=ceremony,
        round=round,
        series=series.name,
        direction=plan.direction,
        target=_identity(here, str(facts.ledger) if facts else ""),
        ledger_sequence=last.sequence if last else 0,
        ledger_hash=last.hash if last else "",
        steps=steps_of(plan),
        way_back=way_back_of(plan, series),
        rehearsals=_rehearsals(here, plan, policy, ceremony, round),
        policy=document_of(policy),
        policy_version=version_of(policy),
        checklists=checklists_digest(series.settings),
        checks=()
        if policy.is_open
        else checks_again(plan, series, here.history.applied(series.name)),
    )


def freeze_files(series: Series, manifest: Manifest) -> None:
    """Keep the bytes of every file that takes part, and of what ``series`` asks for.

    ``series`` is the reading that the manifest was made from. As ``freeze``.
    """
    files = {file.digest: series.sources[file.path] for file in manifest.files}
    freeze({**files, manifest.checklists: checklists_bytes(series.settings)})


def freeze(files: Mapping[str, bytes]) -> None:
    """Keep bytes under their digests; those that are kept already are left as they are.

    The caller's transaction holds the head of the trail, so that two who freeze the same file come
    one after another. Raises Tampered (frozen-differs) for bytes that have another digest.
    """
    if wrong := sorted(digest for digest, data in files.items() if bytes_digest(data) != digest):
        raise _differs(wrong[0])
    known = set(Blob.objects.filter(digest__in=list(files)).values_list("digest", flat=True))
    copy_in(
        Blob(digest=digest, size=len(data), data=data)
        for digest, data in files.items()
        if digest not in known
    )


def frozen(digest: str) -> bytes:
    """The bytes behind a digest, hashed again. Raises Tampered (frozen-missing, frozen-differs)."""
    return all_frozen([digest])[digest]


def all_frozen(digests: Collection[str]) -> dict[str, bytes]:
    """The bytes behind each digest, hashed again.

    Raises Tampered: frozen-missing, frozen-differs.
    """
    rows = Blob.objects.filter(digest__in=list(digests)).values_list("digest", "data")
    found = {digest: bytes(data) for digest, data in rows}
    for digest in sorted(digests):
        if digest not in found:
            raise Tampered(
                "frozen-missing",
                f"No bytes are frozen under {digest}.",
                next_step="manage.py verify_audit shows what was changed in the record; then start "
                "over with manage.py request_sql.",
            )
        if digest != f"sha256:{hashlib.sha256(found[digest]).hexdigest()}":
            raise _differs(digest)
    return found


def refuse_unfrozen(manifest: Manifest) -> None:
    """See that everything which was signed is kept, byte by byte. Raises as ``all_frozen``."""
    all_frozen(frozen_in(manifest))


def frozen_in(manifest: Manifest) -> set[str]:
    """The digests of everything that is frozen with a manifest."""
    return {*(file.digest for file in manifest.files), manifest.checklists}


def _last(rows: Sequence[LedgerRow]) -> LedgerRow | None:
    """The last row of a ledger in which anything happened since it was opened."""
    if all(row.event is Event.OPENED for row in rows):
        return None
    return rows[-1]


def _identity(here: Ready, ledger: str) -> TargetIdentity:
    identity = here.access.session.identity
    return TargetIdentity(
        alias=here.access.target.alias,
        environment=here.access.target.environment,
        database=identity.database,
        database_oid=identity.database_oid,
        system_identifier=identity.system_identifier,
        ledger=ledger,
    )


def _rehearsals(
    here: Ready, plan: Plan, policy: Policy, ceremony: int, round: int
) -> dict[str, str]:
    """Version to the digest of the certificate that people see when they sign.

    Nobody signs under the open policy, and a certificate is large: none is looked at there.
    """
    asked = policy.rehearsal or not policy.is_open
    if plan.direction is Direction.ROLL_BACK or not asked:
        return {}
    newest = certificates(plan, here.access.target.alias)
    stored = StoredManifest.objects.filter(ceremony=ceremony, round=round).first()
    signed = None if stored is None else manifest_of(stored).rehearsals
    found: dict[str, str] = {}
    for version, one in newest.items():
        if signed is None or not one.clean:
            found[version] = one.digest
        elif version in signed:
            found[version] = signed[version]
    return found


def _differs(digest: str) -> Tampered:
    return Tampered(
        "frozen-differs",
        f"The bytes that are to be kept under {digest} have another digest.",
        next_step="manage.py verify_audit shows what was changed in the record; then start over "
        "with manage.py request_sql.",
    )
