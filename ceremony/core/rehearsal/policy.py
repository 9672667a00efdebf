"""What ``[policy]`` of ``series.toml`` says about rehearsals. It may tighten what settings say, not
loosen it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ceremony.core.drift_settings import Objection
from ceremony.core.series import SeriesSettings

WORDS: Mapping[str, str] = {"rights": "block", "rehearsal": "required"}
"""Each key, with the one word that it takes."""


@dataclass(frozen=True)
class Policy:
    """``rights_block``: rights that differ behind a way back are an error. ``required``: nothing is
    applied that was not rehearsed.
    """

    rights_block: bool = False
    required: bool = False


def policy_of(settings: SeriesSettings) -> Policy:
    """The policy of a series. A word that is misspelt counts: it can only have meant that."""
    said = settings.extra.get("policy", {})
    return Policy(said.get("rights") is not None, said.get("rehearsal") is not None)


def objections(tables: Mapping[str, Any]) -> Iterator[Objection]:
    """What is wrong in ``[policy]`` about these keys."""
    policy = tables.get("policy")
    for key, value in policy.items() if isinstance(policy, dict) else ():
        if key in WORDS and value != WORDS[key]:
            yield Objection(
                "policy",
                f"{value!r} is no value of {key!r} in [policy].",
                f'Write {key} = "{WORDS[key]}", or leave it out.',
            )
