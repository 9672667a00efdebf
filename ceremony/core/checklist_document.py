"""What ``series.toml`` and ``contract.toml`` ask of a run, as one document with a digest.

The manifest binds to it: whoever takes an item off a checklist after people have signed has
another manifest. What changes nothing that is asked for (title, notes, the lint) takes no part.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ceremony.core.chain import Json, canonical
from ceremony.core.naming import CONTRACT, SETTINGS
from ceremony.core.series import SeriesFiles, SeriesSettings
from ceremony.core.settings_file import read_contract, read_settings
from ceremony.core.text import decode

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


def settings_in(files: SeriesFiles) -> SeriesSettings:
    """What ``series.toml`` and ``contract.toml`` say, with nothing else of the series read and
    their errors left to others.
    """
    data = {file.path: file.data for file in files.files}
    path, contract = f"{files.name}/{SETTINGS}", f"{files.name}/{CONTRACT}"
    text, asked = (decode(one, data[one])[0] if one in data else None for one in (path, contract))
    said = read_settings(files.name, path, text, ()).settings
    return replace(said, contract=read_contract(contract, asked)[0]) if asked else said


def checklists_of(settings: SeriesSettings) -> dict[str, Json]:
    """The tables that ask for something, as they stand in the files."""
    asked = {key: _plain(settings.extra[key]) for key in ASKING if key in settings.extra}
    return {"series": asked, "contract": _plain(settings.contract)}


def checklists_bytes(settings: SeriesSettings) -> bytes:
    """The canonical form of the document: what is frozen under its digest."""
    return canonical(checklists_of(settings))


def readable(document: bytes) -> bytes:
    """The document with one fact a line, to be compared by eye."""
    return json.dumps(json.loads(document), ensure_ascii=False, sort_keys=True, indent=1).encode()


def checklists_digest(settings: SeriesSettings) -> str:
    """``sha256:`` and 64 hexadecimal digits."""
    return f"sha256:{hashlib.sha256(checklists_bytes(settings)).hexdigest()}"


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
