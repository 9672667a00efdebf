"""X-rays in words: what a statement does to those who work with the database meanwhile."""

from collections.abc import Sequence

from ceremony.core.outcome import StepOutcome
from ceremony.core.rehearsal.drill import Drill, Station
from ceremony.core.xray import XRay, lock_words
from ceremony.management.page import Page, Part
from ceremony.management.units import counted, duration, size

#: Locks that make readers or writers wait (manual, table 13.2), worst first.
_HEAVY = (
    "AccessExclusiveLock",
    "ExclusiveLock",
    "ShareRowExclusiveLock",
    "ShareLock",
)
_WAITING = {
    "AccessExclusiveLock": "readers and writers wait",
    "ExclusiveLock": "writers wait",
    "ShareRowExclusiveLock": "writers wait",
    "ShareLock": "writers wait",
}
_SHOWN = 30


def add_xrays(page: Page, drills: Sequence[Drill], *, everything: bool) -> None:
    """Add the statements that make others wait, rewrite or read whole tables; or all of them."""
    found = [
        (drill, outcome, xray)
        for drill in drills
        if (outcome := drill.at(Station.UP).outcome) is not None
        for xray in outcome.xrays
        if everything or heavy(xray)
    ]
    if not found:
        return
    title = "What every statement does" if everything else "Statements that others will notice"
    page.line((title, "bold"))
    label = ""
    shown = found if everything else found[:_SHOWN]
    for drill, outcome, xray in shown:
        if drill.migration.label != label:
            label = drill.migration.label
            page.line((label, "bold"), indent=2)
        _statement(page, outcome, xray)
    if hidden := len(found) - len(shown):
        page.line((f"and {counted(hidden, 'more statement')}; -v 2 shows them", "dim"), indent=2)


def heavy(xray: XRay) -> bool:
    """Whether somebody else would notice the statement."""
    return bool(xray.rewrites or xray.scans or [x for x in xray.locks if x.mode in _HEAVY])


def _statement(page: Page, outcome: StepOutcome, xray: XRay) -> None:
    script = outcome.step.script
    found = [s for s in script.statements if s.number == xray.statement] if script else []
    summary = found[0].summary if found else ""
    line = f"line {found[0].line}" if found else f"statement {xray.statement}"
    page.line(
        (f"{line}  ", "dim"),
        summary,
        (f"  {duration(xray.seconds)}{_amounts(xray)}", "dim"),
        indent=4,
    )
    for part in _effects(xray):
        page.line(part, indent=6)


def _amounts(xray: XRay) -> str:
    told = f", {counted(xray.rows, 'row')}" if xray.rows else ""
    return f"{told}, {size(xray.wal_bytes)} of WAL" if xray.wal_bytes else told


def _effects(xray: XRay) -> list[Part]:
    told: list[Part] = []
    for mode in _HEAVY:
        held = [lock.relation for lock in xray.locks if lock.mode == mode]
        if held:
            style = "bad" if mode == _HEAVY[0] else "warn"
            told.append((f"{lock_words(mode)} on {', '.join(held)}: {_WAITING[mode]}", style))
    if xray.rewrites:
        told.append((f"rewrites {', '.join(xray.rewrites)}", "bad"))
    if xray.scans:
        told.append((f"reads {', '.join(xray.scans)} from end to end", "warn"))
    if xray.note:
        told.append((xray.note, "dim"))
    return told
