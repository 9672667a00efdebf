"""What ``series.toml`` says about drift: ``drift`` in ``[policy]``, and ``ignore`` in ``[drift]``.

A target belongs to all series that live on it, and so does its catalog: the strictest word of any
of them counts, and what any of them leaves out is left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ceremony.core.drift import DriftPolicy, DriftRules
from ceremony.core.series import SeriesSettings


class Objection(NamedTuple):
    """What is wrong with the value of ``key``, and what to write."""

    key: str
    message: str
    hint: str


def objections(tables: Mapping[str, Any]) -> Iterator[Objection]:
    """What is wrong in ``[policy]`` and ``[drift]``, as far as it is about drift."""
    policy, drift = tables.get("policy"), tables.get("drift")
    wanted = policy.get("drift", DriftPolicy.BLOCK) if isinstance(policy, dict) else "block"
    if wanted != DriftPolicy.BLOCK:
        yield Objection(
            "policy",
            f"{wanted!r} is no value of 'drift' in [policy].",
            'Write drift = "block", or leave it out: a series may tighten what the settings say, '
            "never loosen it.",
        )
    if not isinstance(drift, dict):
        return
    for key in sorted(set(drift) - {"ignore"}):
        yield Objection("drift", f"There is no setting {key!r} in [drift].", "Known: ignore.")
    patterns = drift.get("ignore", [])
    if not isinstance(patterns, list) or not all(isinstance(p, str) and p for p in patterns):
        yield Objection(
            "drift",
            "'ignore' in [drift] is no list of patterns.",
            'Write ignore = ["table public.events_p*"].',
        )


def rules(policy: DriftPolicy, series: Iterable[SeriesSettings]) -> DriftRules:
    """What counts on a target whose settings say ``policy``, with these series on it.

    A word of a series that is misspelt counts as ``block``: it can only have meant that.
    """
    ignore: list[str] = []
    for one in series:
        if one.extra.get("policy", {}).get("drift") is not None:
            policy = DriftPolicy.BLOCK
        patterns = one.extra.get("drift", {}).get("ignore", [])
        ignore += [p for p in patterns if isinstance(p, str)] if isinstance(patterns, list) else []
    return DriftRules(policy, tuple(sorted(set(ignore))))
