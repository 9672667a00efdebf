"""An event in words: what it was before and is now, and whatever else its payload tells."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ceremony.models import AuditEvent

LONGEST = 2_000
"""How many characters of one value are shown in the table; the payload below has all."""

BRIEF = 120
"""How many characters of an event stand in its row of a list."""

_NAMED = ("item", "decision", "result", "condition", "station", "problem", "sqlstate")
_SAID = ("why", "reason", "comment", "text")

Change = tuple[str, str, str, bool]
"""What, the old, the new, and whether they differ."""


def changes(event: AuditEvent) -> list[Change]:
    """Old and new, where the event tells of both; in the order of what is new."""
    detail = _detail(event)
    if not {"before", "after"} <= set(detail):
        return []
    before, after = detail["before"], detail["after"]
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return [_change(name, before, after) for name in dict.fromkeys([*after, *before])]
    return [("state", _in_words(before), _in_words(after), before != after)]


def told(event: AuditEvent) -> list[tuple[str, str]]:
    """Every other fact, by its name."""
    detail = _detail(event)
    both = {"before", "after"} if {"before", "after"} <= set(detail) else set()
    return [
        (name.replace("_", " "), _in_words(value))
        for name, value in _flat(detail)
        if name not in both
    ]


def gist(event: AuditEvent) -> str:
    """What of it a row of a list tells: what was signed, how it went, what was said; ``""`` for
    nothing of the kind.
    """
    detail = _detail(event)
    texts = {name: one for name, one in detail.items() if isinstance(one, str) and one.strip()}
    signed = (
        [texts["subject"].rpartition(":")[2][:8]] if {"subject", "decision"} <= set(texts) else []
    )
    named = [texts[name] for name in _NAMED if name in texts]
    said = [f"“{' '.join(texts[name].split())}”" for name in _SAID if name in texts]
    found = " ".join((*signed, *named, *said))
    return found if len(found) <= BRIEF else f"{found[:BRIEF]}…"


def rows_told(event: AuditEvent) -> list[tuple[str, str]]:
    """Tables and digests of the rows of evidence that the event proves."""
    try:
        return [(str(table), str(digest)) for table, digest in event.rows()]
    except (ValueError, TypeError, AttributeError, RecursionError):
        return []


def number_of_ceremony(event: AuditEvent) -> int | None:
    """The ceremony that the event is about; ``None`` for none."""
    number = _detail(event).get("ceremony")
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    return number if 0 < number < 2**63 else None


def laid_out(payload: str) -> str:
    """The payload with a line for each fact; as it is where it is no JSON."""
    try:
        return json.dumps(json.loads(payload), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return payload


def _change(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    old, new = before.get(name), after.get(name)
    return name.replace("_", " "), _in_words(old), _in_words(new), old != new


def _flat(detail: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Objects within are told by their own names, one level down."""
    for name, value in detail.items():
        if isinstance(value, Mapping) and value and name not in {"before", "after"}:
            yield from ((f"{name}: {inner}", one) for inner, one in value.items())
        else:
            yield name, value


def _in_words(value: Any) -> str:
    if value in ("", None, [], {}):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        return _cut(str(value))
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return _cut(", ".join(str(one) for one in value))
    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _detail(event: AuditEvent) -> Mapping[str, Any]:
    """What the payload tells; nothing where other hands left none that can be read."""
    try:
        detail: object = event.detail()
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return detail if isinstance(detail, Mapping) else {}
