"""What ``series.toml`` and ``contract.toml`` ask of a run, as one document with a digest.

The manifest binds to it: whoever takes an item off a checklist after people have signed has
another manifest. What changes nothing that is asked for (title, notes, the lint) takes no part.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ceremony.core.chain import Json, canonical
from ceremony.core.series import Series

ASKING = (
    "acceptance",
    "checklists",
    "compensation",
    "drift",
    "flags",
    "health",
    "policy",
    "preflight",
    "reference_tables",
    "risks",
    "summary",
)
"""The keys of ``series.toml`` that take part."""


def checklists_of(series: Series) -> dict[str, Json]:
    """The tables that ask for something, as they stand in the files."""
    settings = series.settings
    asked = {key: _plain(settings.extra[key]) for key in ASKING if key in settings.extra}
    return {"series": asked, "contract": _plain(settings.contract)}


def checklists_bytes(series: Series) -> bytes:
    """The canonical form of the document: what is frozen under its digest."""
    return canonical(checklists_of(series))


def readable(document: bytes) -> bytes:
    """The document with one fact a line, to be compared by eye."""
    return json.dumps(json.loads(document), ensure_ascii=False, sort_keys=True, indent=1).encode()


def checklists_digest(series: Series) -> str:
    """``sha256:`` and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(checklists_bytes(series)).hexdigest()}"


def _plain(value: Any) -> Json:
    """A value of TOML as JSON: dates, times and numbers that are not whole as texts."""
    if isinstance(value, Mapping):
        return {_text(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int):
        return value
    return _text(str(value))


def _text(text: str) -> str:
    # TOML can write a NUL; neither the canonical form nor PostgreSQL can hold one.
    return text.replace("\0", "\N{SYMBOL FOR NULL}")
