"""``[acceptance]`` of ``series.toml``: what must hold after a run, before it is signed off."""

from collections.abc import Iterator, Mapping
from typing import Any

from ceremony.core.checklist.entries import Entry, entry_of, faults, repeated
from ceremony.core.checklist.evidence import WORDS
from ceremony.core.checklist.ids import CLAIM
from ceremony.core.drift_settings import Objection
from ceremony.core.series import SeriesSettings

_KEYS: Mapping[str, type] = {"id": str, "text": str, "automatic": str, "halt": bool}
_HINT = (
    'Write items = ["what must hold", { id = "checks", text = "…", automatic = "checks" }]; '
    f"automatic is one of {', '.join(sorted(WORDS))}; halt = true where the answer FAIL stops the "
    "world."
)


def acceptance_of(settings: SeriesSettings) -> tuple[Entry, ...]:
    """The items of a series, as they are written; none where ``objections`` names something."""
    table = settings.extra.get("acceptance", {})
    if any(objections({"acceptance": table})):
        return ()
    return tuple(entry_of(one) for one in table.get("items", ()))


def objections(tables: Mapping[str, Any]) -> Iterator[Objection]:
    """What is wrong in ``[acceptance]``."""
    table = tables.get("acceptance")
    if not isinstance(table, dict):
        return
    for key in sorted(set(table) - {"items"}):
        yield Objection("acceptance", f"There is no setting {key!r} in [acceptance].", _HINT)
    for fault in _faults(table.get("items", [])):
        yield Objection("acceptance", fault, _HINT)


def _faults(items: object) -> Iterator[str]:
    if not isinstance(items, list):
        yield "'items' in [acceptance] is no list."
        return
    wrong = False
    for number, one in enumerate(items, start=1):
        for fault in faults(one, _KEYS, frozenset(WORDS)):
            wrong = True
            yield f"Item {number} of [acceptance] {fault}."
    if not wrong:
        yield from (f"[acceptance] has the id {name!r} twice." for name in repeated(items))
        for name in (entry_of(one).id for one in items):
            if name.startswith(CLAIM):
                yield f"[acceptance] has the id {name!r}; {CLAIM!r} begins Ceremony's own."
