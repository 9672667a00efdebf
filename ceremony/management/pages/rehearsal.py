"""The page of ``rehearse_sql``: the stations of every migration in one line, then what is wrong,
then what the changes do to a database at work.
"""

from ceremony.core.check import CheckResult
from ceremony.core.finding import Severity, errors
from ceremony.core.outcome import CheckOutcome
from ceremony.core.plan import Direction
from ceremony.core.rehearsal.drill import Drill, Mark, Station, StationResult
from ceremony.core.rehearsal.judgement import SOUND
from ceremony.core.rehearsal.report import RehearsalReport
from ceremony.core.rehearsal.way_back import Verdict, WayBack, listed_kinds
from ceremony.management.next_command import next_command
from ceremony.management.page import Page, Part
from ceremony.management.pages.checks import add_checks, passed
from ceremony.management.pages.findings import add_findings
from ceremony.management.pages.risks import add_risks
from ceremony.management.pages.target import target_name, target_place
from ceremony.management.pages.xrays import add_xrays
from ceremony.management.units import counted, duration

_MARKS: dict[Mark, Part] = {
    Mark.FINE: ("✓", "ok"),
    Mark.DIFFERS: ("✕ differs", "bad"),
    Mark.FAILED: ("✕ fails", "bad"),
    Mark.NOT_RUN: ("·", "dim"),
}
_HEAD = ("Migration", "Up", "Checks", "Again", "Down", "Up again", "Way back", "Time")


def rehearsal_page(report: RehearsalReport, prefix: str, verbosity: int) -> Page:
    """The outcome in one sentence, a row per migration, findings, X-rays, what to do next."""
    page = Page()
    page.line(_mark(report), (_sentence(report), "bold"))
    page.line((target_place(report.target), "dim"))
    if report.swept:
        names = counted(len(report.swept), "scratch database")
        page.line((f"Dropped {names} that a killed rehearsal had left.", "dim"))
    page.blank()
    page.table(_HEAD, [row for drill in report.drills for row in _rows(drill)], right=(2, 7))
    page.blank()
    _sequence(page, report)
    page.blank()
    for drill in report.drills:
        label, checks = drill.migration.label, _checks(drill)
        if drill.at(Station.UP).mark is Mark.FAILED and verbosity < 2:
            # The others were not reached: that is said of the migration already.
            checks = tuple(check for check in checks if check.result is CheckResult.FAIL)
        add_checks(page, label, checks, prefix, all_of_them=verbosity > 1)
    page.blank()
    shown = [f for f in report.findings if verbosity > 1 or f.severity is not Severity.NOTICE]
    add_findings(page, shown, prefix)
    page.blank()
    add_xrays(page, report.drills, everything=verbosity > 1)
    page.blank()
    _losses(page, report)
    page.blank()
    add_risks(page, report.risks)
    page.blank()
    _next(page, report)
    return page


def _mark(report: RehearsalReport) -> Part:
    return ("✓ ", "ok") if report.clean else ("✕ ", "bad")


def _sentence(report: RehearsalReport) -> str:
    on = f"{report.series} for {target_name(report.target)}"
    ran = sum(not drill.recorded_only for drill in report.drills)
    if not ran:
        return f"Nothing to rehearse, all is applied where it begins: {on}, {report.source}."
    told = f"Rehearsed {counted(ran, 'migration')} of {on} in {duration(report.seconds)}, "
    told += f"{report.source}"
    if report.rows is not None:
        told += f", with {report.rows:,} rows per table"
    faults = len(errors(report.findings))
    if report.clean:
        return f"{told}. {_all_well(report)}"
    return f"{told}. {counted(faults, 'fault')[0].upper()}{counted(faults, 'fault')[1:]}."


def _all_well(report: RehearsalReport) -> str:
    """What a rehearsal without faults says of the ways back."""
    verdicts = [drill.way_back.verdict for drill in report.drills if not drill.recorded_only]
    rights = verdicts.count(Verdict.RIGHTS_DIFFER)
    none = verdicts.count(Verdict.IRREVERSIBLE)
    told = "Every way back leads back"
    if rights:
        told += f", with other rights in {counted(rights, 'migration')}"
    if none:
        are = "is" if none == 1 else "are"
        told += f"; {counted(none, 'migration')} {are} declared irreversible"
    return f"{told}."


def _rows(drill: Drill) -> list[list[Part]]:
    label = drill.migration.label
    if drill.recorded_only:
        return [[(label, "dim"), ("≡", "dim"), "", "", "", "", ("recorded only", "dim"), ""]]
    up = drill.at(Station.UP)
    rows: list[list[Part]] = [
        [
            label,
            _MARKS[up.mark],
            passed(_checks(drill)),
            _again(drill),
            _down(drill),
            _station(drill.at(Station.UP_AGAIN)),
            _verdict(drill.way_back),
            duration(up.seconds),
        ]
    ]
    for way in drill.variants:
        name: Part = (f"  variant {way.variant}", "dim")
        rows.append([name, "", "", "", "", "", _variant(way), ""])
    return rows


def _station(result: StationResult) -> Part:
    return _MARKS[result.mark]


def _down(drill: Drill) -> Part:
    """What differs behind it, as the verdict weighs it."""
    down = drill.at(Station.DOWN)
    if down.mark is Mark.DIFFERS and drill.way_back.verdict is Verdict.RIGHTS_DIFFER:
        return "◐ differs", "warn"
    return _station(down)


def _again(drill: Drill) -> Part:
    """A second run that fails changes nothing: that is a fault where the series declares more."""
    again = drill.at(Station.AGAIN)
    if again.mark is Mark.FAILED:
        return ("✕ refused", "bad") if drill.idempotent_said else ("◐ refused", "warn")
    return ("✕ changes", "bad") if again.mark is Mark.DIFFERS else _MARKS[again.mark]


def _verdict(way: WayBack) -> Part:
    if way.verdict in (Verdict.RESTORED, Verdict.COSMETIC):
        return f"✓ {way.verdict}", "ok"
    if way.verdict is Verdict.RIGHTS_DIFFER:
        return f"◐ {way.verdict}", "warn"
    if way.verdict in SOUND:
        return f"· {way.verdict}", "dim"
    return f"✕ {way.verdict}", "bad"


def _variant(way: WayBack) -> Part:
    """What a variant keeps is what it is for; only a failure and harm are faults."""
    left = way.remains
    kept = {one.key for one in (*left.left_over, *left.as_changed)}
    if way.verdict is Verdict.FAILS or left.done.harm or not kept:
        return _verdict(way)
    return f"✓ keeps {listed_kinds(key.kind for key in kept)}", "ok"


def _checks(drill: Drill) -> tuple[CheckOutcome, ...]:
    """The checks of the first up, and those of the way back."""
    found = [drill.at(station).outcome for station in (Station.UP, Station.DOWN)]
    return tuple(check for outcome in found if outcome for check in outcome.checks)


def _sequence(page: Page, report: RehearsalReport) -> None:
    """One line about the whole series in one go."""
    if not report.sequence:
        return
    parts: list[Part] = [("The whole series: ", "dim")]
    for direction, words in (
        (Direction.ROLL_BACK, "taken back from its head"),
        (Direction.APPLY, "applied again"),
    ):
        steps = [step for step in report.sequence if step.direction is direction]
        bad = sum(step.mark in (Mark.FAILED, Mark.DIFFERS) for step in steps)
        skipped = sum(step.mark is Mark.NOT_RUN for step in steps)
        told = f"{words}, {counted(len(steps) - skipped, 'step')}"
        told += f", {skipped} without a way back" if skipped else ""
        parts += [("✕ " if bad else "✓ ", "bad" if bad else "ok"), told, "; "]
    parts[-1] = "."
    page.line(*parts, indent=2)
    if report.not_drilled:
        page.line(
            (f"Not drilled, behind the failure: {', '.join(report.not_drilled)}.", "warn"), indent=2
        )


def _losses(page: Page, report: RehearsalReport) -> None:
    """What the ways back would delete, where rows stood there to be counted."""
    rows: list[list[Part]] = [
        [drill.migration.label, loss.what, f"{loss.rows:,}", "" if loss.declared else "not said"]
        for drill in report.drills
        for loss in drill.losses
        if loss.rows
    ]
    if rows:
        page.line(("Deleted on the way back (rows, or values of a column)", "bold"))
        page.table(("Migration", "What", "Count", "Header"), rows, right=(2,))


def _next(page: Page, report: RehearsalReport) -> None:
    if report.number:
        page.line(("Record ", "dim"), f"rehearsal {report.number}, with every figure, in the admin")
    if report.clean and report.number:
        command = next_command("apply_sql", report.series, report.target)
        page.line(("Next   ", "dim"), f"{command} --plan   what would run")
