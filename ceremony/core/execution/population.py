"""Every change of a period, each with what let it through: the question that an auditor asks first.

The ledgers of the targets say what happened there, control says who agreed. A change that no
approval stands behind is in the answer to "applied without approval", which must be empty.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ceremony.core.chain import Json
from ceremony.core.execution.blocks import Reading, Section, Table, bullets, moment, said, table
from ceremony.core.execution.document import plain
from ceremony.core.policies.given import LOCAL
from ceremony.core.report import Verdict

FORMAT = "ceremony-population-v1"
REVIEWERS = 2
"""How many people review a break-glass run."""


class Standing(StrEnum):
    """What stands behind a change.

    APPROVED: a quorum that was complete before its run. OPEN: a policy that asks nobody. WAY_BACK:
    the way back of a change that was let through. OVERRIDE: break-glass. RECORDED: nothing ran, a
    row was written. NONE: no approval.
    """

    APPROVED = "approved"
    OPEN = "open policy"
    WAY_BACK = "approved way back"
    OVERRIDE = "break-glass"
    RECORDED = "recorded only"
    NONE = "no approval"


@dataclass(frozen=True)
class Change:
    """One change of one target. ``event`` is the last that its ledger (or control, where the ledger
    could not be read) says of the attempt. ``run`` and ``ceremony`` are 0 where control knows none.
    ``people`` are those who approved it, or reviewed a break-glass.
    """

    alias: str
    environment: str
    series: str
    label: str
    event: str
    at: datetime
    by: str
    ledger_sequence: int
    attempt: str
    run: int
    ceremony: int
    title: str
    standing: Standing
    people: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Asked:
    """One target whose ledger was asked. ``trouble`` says why it does not count, ``""`` where it
    was read and agrees with itself and with control; ``broken``: it was read, and does not.
    ``same_as`` is the alias under which the same ledger was told already, ``""`` where it was not.
    """

    alias: str
    environment: str
    rows: int
    trouble: str = ""
    broken: bool = False
    same_as: str = ""


@dataclass(frozen=True)
class PopulationReport:
    """``since`` and ``until`` bound the period, both in it, UTC; ``database`` is the alias that was
    asked for, ``""`` for all targets.
    """

    since: datetime
    until: datetime
    database: str
    asked: tuple[Asked, ...]
    changes: tuple[Change, ...]

    @property
    def without_approval(self) -> tuple[Change, ...]:
        """Must be empty."""
        return tuple(one for one in self.changes if one.standing is Standing.NONE)

    @property
    def unasked(self) -> tuple[Change, ...]:
        """What ran elsewhere than on local targets under a policy that asked nobody: let through,
        and approved by no person.
        """
        return tuple(
            one
            for one in self.changes
            if one.standing is Standing.OPEN and one.environment != LOCAL
        )

    @property
    def overrides(self) -> tuple[Change, ...]:
        """What ran by break-glass."""
        return tuple(one for one in self.changes if one.standing is Standing.OVERRIDE)

    @property
    def not_asked(self) -> tuple[Asked, ...]:
        """Targets of which control alone is the witness."""
        return tuple(one for one in self.asked if one.trouble)

    @property
    def verdict(self) -> Verdict:
        """FAIL for a change without approval or a ledger that does not agree with itself or with
        control; PARTIAL where one could not be read, or a break-glass run was not reviewed; NOT RUN
        where no target is known.
        """
        if not self.asked:
            return Verdict.NOT_RUN
        if self.without_approval or any(one.broken for one in self.asked):
            return Verdict.FAIL
        unreviewed = any(len(one.people) < REVIEWERS for one in self.overrides)
        return Verdict.PARTIAL if unreviewed or self.not_asked else Verdict.PASS


def population_document(report: PopulationReport) -> dict[str, Json]:
    """Every fact of the report; its digest goes into the trail."""
    return {
        "format": FORMAT,
        "since": plain(report.since),
        "until": plain(report.until),
        "database": report.database,
        "verdict": report.verdict.value,
        "asked": plain(report.asked),
        "without_approval": len(report.without_approval),
        "unasked": len(report.unasked),
        "changes": plain(report.changes),
    }


def population_reading(report: PopulationReport) -> Reading:
    """The report as sections."""
    period = f"{moment(report.since)} to {moment(report.until)}"
    return Reading(
        f"Changes from {period}" + (f" on {report.database}" if report.database else ""),
        f"{report.verdict.value}: {_counted(report)}",
        (
            _without(report),
            *_unasked(report),
            _overrides(report),
            _asked(report),
            Section("Changes", _changes(report.changes) or said("There were none.")),
        ),
    )


def _counted(report: PopulationReport) -> str:
    if not report.asked:
        return "no target is known"
    count, found = len(report.changes), len(report.without_approval)
    told = f"{count} {'change' if count == 1 else 'changes'}, "
    told += f"{found} applied without approval" if found else "none without approval"
    told += " that is known of" if report.not_asked and not found else ""
    asked_nobody = len(report.unasked)
    return told + (f", {asked_nobody} under a policy that asks nobody" if asked_nobody else "")


def _without(report: PopulationReport) -> Section:
    found = report.without_approval
    title = "Applied without approval"
    if found:
        return Section(title, (*said("This must be empty, and is not:"), *_changes(found)))
    sure = "None. This must be empty, and is."
    if report.not_asked:
        sure = "None that is known of; but not every ledger could be counted on."
    elif not report.asked:
        sure = "NOT RUN: no target is known, and no ledger was read."
    return Section(title, said(sure))


def _unasked(report: PopulationReport) -> Iterator[Section]:
    """A policy is a setting, and can be opened for one run: what came through is told by itself."""
    if report.unasked:
        told = said("Nobody approved these, because no policy asked for it when they ran:")
        yield Section("Under a policy that asks nobody", (*told, *_changes(report.unasked)))


def _overrides(report: PopulationReport) -> Section:
    found = report.overrides
    return Section("Run by break-glass", _changes(found) or said("None."))


def _asked(report: PopulationReport) -> Section:
    rows = (
        (one.alias, one.environment or "unknown", str(one.rows), _result(one))
        for one in report.asked
    )
    return Section(
        "Ledgers",
        (
            *(
                table(("Target", "Environment", "Rows", "Result"), rows)
                or said("No target is known.")
            ),
            *bullets(
                f"{one.alias}: told from the record of control alone." for one in report.not_asked
            ),
        ),
    )


def _result(one: Asked) -> str:
    return one.trouble or (f"the ledger of {one.same_as}, told there" if one.same_as else "read")


def _changes(changes: tuple[Change, ...]) -> tuple[Table, ...]:
    head = (
        "When",
        "Target",
        "Environment",
        "Series",
        "Migration",
        "Event",
        "Approval",
        "People",
        "Why",
        "Ceremony",
        "Run",
        "By",
        "Row",
    )
    rows = (
        (
            moment(one.at),
            one.alias,
            one.environment or "unknown",
            one.series,
            one.label,
            one.event,
            one.standing.value,
            ", ".join(one.people),
            one.why,
            f"#{one.ceremony}" if one.ceremony else "none",
            str(one.run) if one.run else "unknown to control",
            one.by,
            str(one.ledger_sequence) if one.ledger_sequence else "",
        )
        for one in changes
    )
    return table(head, rows)
