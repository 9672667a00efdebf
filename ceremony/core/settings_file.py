"""``series.toml`` and ``contract.toml``: read, their shape judged, their values kept for those who
use them.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ceremony.core import compensation_reading, drift_settings, health, risks
from ceremony.core.checklist import acceptance, preflight, summary
from ceremony.core.finding import Finding, refuse
from ceremony.core.layouts.recognise import recognise
from ceremony.core.layouts.sequence import WIDTHS
from ceremony.core.policies import given
from ceremony.core.rehearsal import policy
from ceremony.core.series import Numbering, SeriesSettings
from ceremony.core.spelling import distance, squeeze

KEYS: Mapping[str, type | tuple[type, ...]] = {
    "title": str,
    "description": str,
    "numbering": str,
    "width": int,
    "fractions": bool,
    "database": str,
    "reference_tables": list,
    "preflight": dict,
    "flags": (dict, list),
    "checklists": (dict, list),
    "acceptance": dict,
    "policy": dict,
    "drift": dict,
    "lint": dict,
    "risks": list,
    "notes": list,
    "summary": dict,
    "health": dict,
    "compensation": list,
}
"""The keys of ``series.toml`` and what each holds."""

CONTRACT_KINDS = (
    "table", "view", "materialized_view", "index", "constraint", "trigger", "function",
    "procedure", "type",
    "enum", "sequence", "policy", "extension", "schema", "role", "column", "domain",
)  # fmt: skip
"""The kinds of objects that ``contract.toml`` names, each a list of tables."""

LEVELS = ("required", "optional")

_PLACE = re.compile(r"\(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)")
_TYPE_WORDS = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}


@dataclass(frozen=True)
class SettingsRead:
    """``fractions_said`` is whether ``series.toml`` has the key ``fractions``."""

    settings: SeriesSettings
    fractions_said: bool
    findings: tuple[Finding, ...]


def read_toml(path: str, text: str) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """The tables of a TOML file; ``toml-syntax`` with its line where it is none."""
    try:
        return tomllib.loads(text), ()
    except RecursionError:
        return {}, (
            refuse(
                path,
                "toml-syntax",
                "The file is nested too deeply to be read.",
                "Write it with fewer levels.",
            ),
        )
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        if place and place[1]:
            line, column = int(place[1]), int(place[2])
        else:
            line, column = len(text.splitlines()), 0
        said = _PLACE.sub("", str(error)).strip()
        return {}, (
            refuse(
                path,
                "toml-syntax",
                f"The file is no TOML: {said}.",
                "Mend the line; https://toml.io describes the format.",
                line=line,
                column=column,
            ),
        )


def read_settings(series: str, path: str, text: str | None, stems: Iterable[str]) -> SettingsRead:
    """The settings of a series. Without a ``series.toml`` (``None``) the numbering is recognised
    from ``stems``.
    """
    tables, found = read_toml(path, text) if text is not None else ({}, ())
    wrong = list(found)
    for key, value in tables.items():
        finding = _judge(path, text or "", key, value)
        if finding:
            wrong.append(finding)
    wrong += [
        refuse(path, "settings-value", one.message, one.hint, line=_line_of(text or "", one.key))
        for one in (
            *drift_settings.objections(tables),
            *policy.objections(tables),
            *given.objections(tables),
            *risks.objections(tables),
            *preflight.objections(tables),
            *acceptance.objections(tables),
            *summary.objections(tables),
            *compensation_reading.objections(tables),
            *health.objections(tables),
        )
    ]
    good = {k: v for k, v in tables.items() if k in KEYS and _fits(k, v)}
    numbering, width = recognise(stems)
    settings = SeriesSettings(
        title=good.get("title", series),
        numbering=Numbering(good["numbering"]) if "numbering" in good else numbering,
        width=good.get("width", width),
        fractions=good.get("fractions", False),
        database=good.get("database", ""),
        extra={k: v for k, v in good.items() if k not in _OWN},
    )
    return SettingsRead(settings, "fractions" in good or bool(found), tuple(wrong))


_OWN = frozenset({"title", "numbering", "width", "fractions", "database"})


def _judge(path: str, text: str, key: str, value: object) -> Finding | None:
    line = _line_of(text, key)
    if key not in KEYS:
        near = _near(key, KEYS)
        hint = f"Did you mean {near!r}?" if near else f"Known keys: {', '.join(sorted(KEYS))}."
        return refuse(
            path, "settings-unknown-key", f"There is no setting {key!r}.", hint, line=line
        )
    if _fits(key, value):
        return None
    return refuse(
        path, "settings-value", f"{value!r} is no value of {key!r}.", _wanted(key), line=line
    )


def _fits(key: str, value: object) -> bool:
    if not isinstance(value, KEYS[key]) or (KEYS[key] is int and isinstance(value, bool)):
        return False
    if key == "numbering":
        return value in list(Numbering)
    return value in WIDTHS if key == "width" else True


def _wanted(key: str) -> str:
    if key == "numbering":
        return "Write 'sequence' or 'timestamp'."
    if key == "width":
        return f"Write a number of digits from {WIDTHS[0]} to {WIDTHS[-1]}."
    kinds = KEYS[key]
    words = [_TYPE_WORDS[kind] for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
    return f"It is {' or '.join(words)}."


def _near(key: str, known: Iterable[str]) -> str | None:
    word = squeeze(key)
    near = [(distance(word, squeeze(one)), one) for one in known]
    best = min((pair for pair in near if pair[0] <= max(1, len(pair[1]) // 4)), default=None)
    return best[1] if best else None


def _line_of(text: str, key: str) -> int:
    pattern = rf"^[ \t]*(?:\[+[ \t]*)?[\"']?{re.escape(key)}[\"']?[ \t]*(?:[=.\]])"
    match = re.search(pattern, text, re.MULTILINE)
    return text.count("\n", 0, match.start()) + 1 if match else 0


def read_contract(path: str, text: str) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """The tables of ``contract.toml`` as they stand, and what is wrong with their shape."""
    tables, found = read_toml(path, text)
    wrong = list(found)
    for kind, entries in tables.items():
        line = _line_of(text, kind)
        if kind not in CONTRACT_KINDS:
            near = _near(kind, CONTRACT_KINDS)
            hint = (
                f"Did you mean {near!r}?" if near else f"Known kinds: {', '.join(CONTRACT_KINDS)}."
            )
            wrong.append(
                refuse(
                    path,
                    "contract-unknown-kind",
                    f"{kind!r} is no kind of object.",
                    hint,
                    line=line,
                )
            )
        else:
            wrong.extend(_entries(path, text, kind, entries))
    return tables, tuple(wrong)


def _entries(path: str, text: str, kind: str, entries: object) -> Iterable[Finding]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        yield refuse(
            path,
            "contract-shape",
            f"{kind!r} is not a list of objects.",
            f'Write [[{kind}]] above each object, or {kind} = [{{ name = "…", since = "…" }}].',
            line=_line_of(text, kind),
        )
        return
    for number, entry in enumerate(entries, 1):
        for key in ("name", "since"):
            if not isinstance(entry.get(key), str) or not entry[key]:
                yield refuse(
                    path,
                    "contract-shape",
                    f"Object {number} of {kind!r} has no {key!r}.",
                    "Every object has a name and since, the version it is there from.",
                    line=_line_of(text, kind),
                )
        if entry.get("level", "required") not in LEVELS:
            yield refuse(
                path,
                "contract-shape",
                f"{entry['level']!r} is no level of {kind} {entry.get('name', number)!r}.",
                "Write required or optional.",
                line=_line_of(text, kind),
            )
