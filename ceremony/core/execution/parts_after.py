"""The sections of a report about the way back, what stopped, what was learned and what is left."""

from collections.abc import Iterator

from ceremony.core.execution.blocks import (
    NAMED,
    Block,
    Section,
    bullets,
    duration,
    facts,
    moment,
    said,
    table,
)
from ceremony.core.execution.facts import ExecutionReport
from ceremony.core.execution.parts_before import items
from ceremony.core.states import Act

PRODUCTION = "production"
"""The environment of which every report says what was not applied there."""

_ANOTHER = "Another file under its number"

_REMARKS = (
    ("issue", "Issues met"),
    ("lesson", "Lessons learned"),
    ("recommendation", "Recommendations"),
)


def way_back(report: ExecutionReport) -> Section:
    """Whether each way back was tried, and what to do where there is none or it would lose data."""
    tried = (
        (
            one.label,
            variant or "the plain one",
            verdict,
            f"rehearsal {one.rehearsal}, {'clean' if one.clean else 'with faults'}",
            moment(one.at),
            duration(one.microseconds),
            duration(one.microseconds_back),
        )
        for one in report.drills
        for variant, verdict in one.ways_back or (("", "not tried"),)
    )
    losing = [f"{one.label}: {one.data_loss}" for one in report.inventory if one.data_loss]
    losing += [loss for way in report.way_back for loss in way.losses]
    head = ("Migration", "Way back", "Verdict", "Shown by", "When", "Change", "Way back took")
    blocks: list[Block] = [
        *(table(head, tried) or said("NOT RUN: no rehearsal of these files is recorded.")),
        *said("Data is deleted:" if losing else ""),
        *bullets(losing),
    ]
    for one in report.compensation:
        blocks += table(
            NAMED,
            (
                ("When", one.when),
                ("State", one.state),
                ("Export", one.export),
                ("Affected records", one.affected),
                ("Restoration", one.restoration),
                ("Downtime", one.downtime),
            ),
            f"Compensating steps for {one.migration}",
        )
    return Section("Rollback", tuple(blocks))


def halts(report: ExecutionReport) -> Section:
    """Every station of every halt."""
    rows = (
        (moment(one.at), one.station, one.condition, one.decision, one.text, one.by, one.halt[:8])
        for one in report.halts
    )
    head = ("When", "Station", "Condition", "Decision", "Text", "By", "Halt")
    return Section("Stop the world", table(head, rows) or said(_without_halts(report)))


def _without_halts(report: ExecutionReport) -> str:
    """Where a policy has no halts, what fails halts its ceremony alone."""
    halted = [moment(one.at) for one in report.history if one.act == Act.HALT]
    if not halted:
        return "It was never halted."
    return f"The ceremony was halted ({', '.join(halted)}); its policy does not halt the target."


def acceptance(report: ExecutionReport) -> Section:
    """The checklist after the run."""
    return Section("Acceptance", items(report.acceptance, "No item was asked for or recorded."))


def remarks(report: ExecutionReport) -> Section:
    """What people wrote down."""
    blocks: list[Block] = []
    for kind, title in _REMARKS:
        rows = [(one.text, one.by, moment(one.at)) for one in report.remarks if one.kind == kind]
        blocks += table(("Text", "By", "When"), rows, title) or said(f"{title}: none written down.")
    return Section("Issues, lessons and recommendations", tuple(blocks))


def risks(report: ExecutionReport) -> Section:
    """The risks register and the integrity notes of the series."""
    rows = ((one.severity, one.migration, one.text, one.mitigation) for one in report.risks)
    head = ("Severity", "Migration", "Risk", "Mitigation")
    return Section(
        "Known risks",
        (
            *(table(head, rows) or said("The series names none.")),
            *table(("Migration", "Note"), report.notes, "Notes as series.toml has them now"),
        ),
    )


def holds(report: ExecutionReport) -> Section:
    """Tables and enum types, counted and listed, as the newest stored catalog has them."""
    found = report.holds
    if found is None:
        return Section("Objects", said("NOT RUN: no catalog was stored after a run."))
    if found.unreadable:
        return Section("Objects", said(f"NOT RUN: {found.unreadable}"))
    return Section(
        "Objects",
        (
            *facts(
                (
                    ("Snapshot", f"{found.snapshot}, {moment(found.taken_at)}"),
                    (f"Tables: {len(found.tables)}", ", ".join(found.tables)),
                    (f"Enum types: {len(found.enums)}", ", ".join(found.enums)),
                )
            ),
        ),
    )


def elsewhere(report: ExecutionReport) -> Section:
    """Where else these migrations are applied, and what production does not have."""
    rows = (
        (
            one.alias,
            one.environment or "unknown",
            str(len(one.applied)),
            ", ".join(one.missing) or "nothing",
            ", ".join(one.recorded),
            ", ".join(one.differing),
        )
        for one in report.elsewhere
    )
    head = (
        "Target",
        "Environment",
        "Of these applied",
        "Not applied",
        "Recorded without a run",
        _ANOTHER,
    )
    return Section(
        "Not applied to production",
        (*said(*_of_production(report)), *table(head, rows, "Targets that control knows")),
    )


def _of_production(report: ExecutionReport) -> Iterator[str]:
    known = [one for one in report.elsewhere if one.environment == PRODUCTION]
    if not known:
        labels = ", ".join(line.label for line in report.inventory)
        yield (
            f"Control knows no target of this series whose environment is {PRODUCTION}: none of "
            f"{labels or 'it'} is known to be applied there."
        )
    for one in known:
        found = (
            ("not applied", one.missing),
            ("recorded without a run", one.recorded),
            ("another file is applied under the number of", one.differing),
        )
        for what, those in found:
            if those:
                yield f"On {one.alias}, {what}: {', '.join(those)}."
        if not any(those for _, those in found):
            yield f"On {one.alias}, everything is applied."


def verdicts(report: ExecutionReport) -> Section:
    """The verdict table, one line per group, and the verdict of all."""
    rows = (
        (one.verdict.value, one.group, one.why, "" if one.counts else "does not count")
        for one in report.groups
    )
    return Section(
        "Verdict",
        (
            *table(("Verdict", "Group", "Why", "Note"), rows),
            *said(
                f"The verdict of all is {report.verdict.value}. It is computed from the record; "
                "a step that did not run is not a PASS."
            ),
        ),
    )
