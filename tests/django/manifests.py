"""Manifests for tests, whole ones that read back, and ceremonies that have them."""

from ceremony.core.manifest import FrozenFile, Manifest, ManifestStep, TargetIdentity, document_of
from ceremony.core.plan import Direction
from ceremony.core.policies.form import document_of as policy_document
from ceremony.core.policies.form import version_of
from ceremony.core.policy import PROTECTED
from ceremony.core.states import State
from tests.django.ceremonies import ceremony_in
from tests.django.factories import digest

CONTROL = "6d6f0c2e-6f43-4a52-8a3c-0d3a5c6f7a10"


def step(version="0001", **fields):
    given = {
        "number": int(version),
        "version": version,
        "name": "orders",
        "event": "applied",
        "variant": "",
        "transactional": True,
        "resume_after": 0,
        "files": (FrozenFile(f"shop/{version}_orders.sql", digest("a")),),
        "meaning": digest("b", "meaning1"),
        "risk": "low",
        "reversible": "yes",
        "data_loss": "",
        **fields,
    }
    return ManifestStep(**given)


def manifest_value(policy=PROTECTED, **fields):
    given = {
        "control": CONTROL,
        "ceremony": 1,
        "round": 1,
        "series": "shop",
        "direction": Direction.APPLY,
        "target": TargetIdentity("shop", "production", "shop", 16384, "744", ""),
        "ledger_sequence": 0,
        "ledger_hash": "",
        "steps": (step(),),
        "way_back": (),
        "rehearsals": {},
        "policy": policy_document(policy),
        "policy_version": version_of(policy),
        "checklists": digest("c"),
        **fields,
    }
    return Manifest(**given)


def document(policy=PROTECTED, **fields):
    """All of a manifest's document but what each ceremony has of its own."""
    told = document_of(manifest_value(policy, **fields))
    return {key: value for key, value in told.items() if key not in {"ceremony", "round"}}


def under(policy=PROTECTED, state=State.REQUESTED, of=None, **fields):
    """A ceremony with a whole manifest under ``policy``; ``of`` are facts of the manifest."""
    return ceremony_in(state, document(policy, **(of or {})), policy=policy.name, **fields)
