"""The canonical form of a policy, and its version: what a manifest binds to.

Whoever signs, signs the policy too: one that is weakened afterwards has another version, and the
sign-offs do not count for it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from ceremony.core.chain import Json, canonical
from ceremony.core.policy import Duty, Policy, Quorum, Window

ALGORITHM = "policy1"
"""The algorithm of the version, which stands in front of it."""

NUMBERS = ("rehearsal_days", "expires_hours")
"""Fields that are whole numbers."""

SWITCHES = ("rehearsal", "data_loss", "reauthenticate", "verify", "halt", "preflight")
"""Fields that are on or off."""


def document_of(policy: Policy) -> dict[str, Json]:
    """Every field, in lists that are sorted: two policies that ask for the same are the same."""
    return {
        "name": policy.name,
        "approvals": _quorums(policy.approvals),
        "acceptances": _quorums(policy.acceptances),
        "separate": sorted(duty.value for duty in policy.separate),
        "windows": [_window(one) for one in sorted(policy.windows)],
        "promotion": policy.promotion,
        **{name: getattr(policy, name) for name in (*NUMBERS, *SWITCHES)},
    }


def from_document(document: Mapping[str, Any]) -> Policy:
    """The policy behind its canonical form. Raises KeyError, TypeError or ValueError for something
    else.
    """
    return Policy(
        name=document["name"],
        approvals=_to_quorums(document["approvals"]),
        acceptances=_to_quorums(document["acceptances"]),
        separate=frozenset(Duty(word) for word in document["separate"]),
        windows=tuple(_to_window(one) for one in document["windows"]),
        promotion=document["promotion"],
        **{name: document[name] for name in (*NUMBERS, *SWITCHES)},
    )


def version_of(policy: Policy) -> str:
    """``policy1:`` and 64 hexadecimal digits: SHA-256 over the canonical form."""
    return f"{ALGORITHM}:{hashlib.sha256(canonical(document_of(policy))).hexdigest()}"


def _quorums(quorums: Sequence[Quorum]) -> list[Json]:
    return [{"group": one.group, "count": one.count} for one in sorted(quorums) if one.count]


def _to_quorums(entries: Sequence[Mapping[str, Any]]) -> tuple[Quorum, ...]:
    return tuple(Quorum(one["group"], one["count"]) for one in entries)


def _window(window: Window) -> dict[str, Json]:
    return {
        "days": sorted(set(window.days)),
        "opens": window.opens.isoformat(),
        "closes": window.closes.isoformat(),
    }


def _to_window(entry: Mapping[str, Any]) -> Window:
    return Window(
        tuple(entry["days"]),
        time.fromisoformat(entry["opens"]),
        time.fromisoformat(entry["closes"]),
    )
