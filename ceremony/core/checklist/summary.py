"""``[summary]`` of ``series.toml``: what its authors say of the change, and what they claim."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ceremony.core.drift_settings import Objection
from ceremony.core.series import SeriesSettings

CLAIMS = ("reversible", "idempotent", "non_breaking", "feature_flagged")
"""What may be claimed, and is checked."""

_TEXTS = ("purpose", "scope", "expected_duration")
_HINT = (
    f"Known: {', '.join(_TEXTS)}, each a text; {', '.join(CLAIMS)}, each true or false (or left "
    "out: then nothing is claimed)."
)


@dataclass(frozen=True)
class Summary:
    """``claims`` has what the authors say is so or is not so; what they leave open is not in it."""

    purpose: str
    scope: str
    expected_duration: str
    claims: Mapping[str, bool]


def summary_of(settings: SeriesSettings) -> Summary:
    """The summary of a series; what ``objections`` names is left out."""
    table = settings.extra.get("summary", {})
    texts = {key: table[key] for key in _TEXTS if isinstance(table.get(key), str)}
    claims = {key: table[key] for key in CLAIMS if isinstance(table.get(key), bool)}
    return Summary(**{key: texts.get(key, "") for key in _TEXTS}, claims=claims)


def objections(tables: Mapping[str, Any]) -> Iterator[Objection]:
    """What is wrong in ``[summary]``."""
    table = tables.get("summary")
    if not isinstance(table, dict):
        return
    for key, value in table.items():
        wanted = str if key in _TEXTS else bool if key in CLAIMS else None
        if wanted is None:
            yield Objection("summary", f"There is no setting {key!r} in [summary].", _HINT)
        elif not isinstance(value, wanted):
            yield Objection("summary", f"{value!r} is no value of {key!r} in [summary].", _HINT)
