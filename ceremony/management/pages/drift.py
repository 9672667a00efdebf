"""Drift in words: what differs from the stored snapshot, or why nothing can be said."""

from ceremony.core.drift import DriftReport, DriftResult, changed_words
from ceremony.core.finding import Finding, Severity
from ceremony.management.page import Page
from ceremony.management.units import counted, moment
from ceremony.management.visible import visible_lines

_SHOWN = 40
_MARKS = {
    Severity.ERROR: ("✕ ", "bad"),
    Severity.WARNING: ("⚠ ", "warn"),
    Severity.NOTICE: ("○ ", "run"),
}


def add_drift(page: Page, report: DriftReport, *, everything: bool) -> None:
    """Add the result in one sentence, a line per difference, and what else is to be said."""
    if report.result is DriftResult.NONE:
        page.line(("✓ ", "ok"), f"{_none(report)}{_left_out(report)}")
    elif report.result is DriftResult.PARTIAL:
        page.line(("◐ ", "warn"), f"{_none(report)}, as far as was compared{_left_out(report)}")
    elif report.result is DriftResult.FOUND:
        add_differences(page, report, "", everything=everything)
    else:
        add_not_run(page)
    add_notes(page, report)


def add_not_run(page: Page) -> None:
    """Add that nothing was compared; the notes say why."""
    page.line(("· ", "dim"), "Drift NOT RUN:")


def add_differences(page: Page, report: DriftReport, ending: str, *, everything: bool) -> None:
    """Add what differs: a sentence that goes on with ``ending``, then a line per difference."""
    count = counted(len(report.differences), "difference")
    page.line(
        ("≠ ", "bad"),
        (f"Drift: {count} from {_snapshot(report)}{ending}", "bold"),
        _left_out(report),
    )
    shown = report.differences if everything else report.differences[:_SHOWN]
    for one in shown:
        *lines, last = visible_lines(one.difference.sentence)
        changed = changed_words(one)
        for number, line in enumerate(lines):
            page.line(line, indent=4 if number else 2)
        page.line(last, (f"  {changed}" if changed else "", "dim"), indent=4 if lines else 2)
    if hidden := len(report.differences) - len(shown):
        page.line((f"and {counted(hidden, 'more difference')} (-v 2 shows them)", "dim"), indent=2)


def add_notes(page: Page, report: DriftReport) -> None:
    """Add why nothing or not all was compared, and what else is worth knowing."""
    for note in report.notes:
        add_note(page, note)


def add_note(page: Page, note: Finding) -> None:
    """Add one finding that is about no file."""
    first, *more = visible_lines(note.message)
    page.line(_MARKS[note.severity], first, (f"  [{note.code}]", "dim"))
    for line in (*more, *(visible_lines(note.hint) if note.hint else ())):
        page.line(line, indent=4)


def _none(report: DriftReport) -> str:
    return f"No drift from {_snapshot(report)}"


def _snapshot(report: DriftReport) -> str:
    return f"snapshot {report.reference} of {moment(report.taken_at)}"


def _left_out(report: DriftReport) -> str:
    if not report.left_out:
        return "."
    are = "is" if report.left_out == 1 else "are"
    return f"; {counted(report.left_out, 'object')} {are} left out by series.toml."
