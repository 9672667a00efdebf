"""Rehearse: the migrations of a series on a scratch database, up and down, one by one and as a
whole; what they lock, rewrite and take; whether each way back leads back.

The target itself is only read.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ceremony import __version__, conf
from ceremony.actions.access import home_of, refuse_unconfirmed
from ceremony.actions.control import control_errors, require_control
from ceremony.actions.library import load_library
from ceremony.actions.ready import Caller, now
from ceremony.actions.refusals import refuse_files, refuse_plan
from ceremony.actions.rehearse_drill import Drilled, Driller
from ceremony.actions.rehearse_record import record_rehearsal, storable
from ceremony.actions.rehearse_rows import Rows, read_data
from ceremony.actions.rehearse_sequence import Descent
from ceremony.actions.rehearse_source import Ground, Source, ground
from ceremony.actions.rehearse_stage import Blueprint, Stage
from ceremony.actions.watching import Watcher
from ceremony.conf import Settings, TargetSettings
from ceremony.core.finding import Finding
from ceremony.core.plan import Plan, Step, plan_apply
from ceremony.core.rehearsal.certificate import certificate, digest_of
from ceremony.core.rehearsal.drill import Drill
from ceremony.core.rehearsal.judgement import data_left, judge_series, rows_missing
from ceremony.core.rehearsal.policy import policy_of
from ceremony.core.rehearsal.report import RehearsalReport
from ceremony.core.rehearsal.sequence import SequenceStep
from ceremony.core.risks import register
from ceremony.core.series import Series
from ceremony.errors import UsageError
from ceremony.pg.scratch import sweep
from ceremony.pg.session import Session


@dataclass(frozen=True)
class RehearseRequest:
    """``alias`` ``None``: the series' home database, on whose server the scratch database is made.

    ``source`` says what that begins as. ``rows`` makes up so many rows in every table, ``data`` is
    a file of SQL that loads some. ``only`` drills one version, upon all before it. ``confirm`` is
    the environment's name, typed for a protected target.
    """

    series: str
    caller: Caller
    alias: str | None = None
    source: Source = field(default_factory=Source)
    rows: int | None = None
    data: Path | None = None
    only: str | None = None
    confirm: str = ""


@control_errors()
def rehearse(request: RehearseRequest, watcher: Watcher) -> RehearsalReport:
    """Drill every migration singly, then the whole series from its head to nothing and up again.

    What is found is not raised: the report's findings tell, and its certificate is recorded in
    control. Raises CeremonyError: UsageError for what was asked, Refused before anything ran
    (files-refused, plan-refused, rehearsal-dependency-missing, scratch-…, dump-failed), Failed
    (rehearsal-base-failed), Interrupted.
    """
    began, started = time.monotonic(), now()
    settings = conf.load()
    library = load_library(settings.root, [request.series])
    refuse_files(library.findings)
    series = library.series[request.series]
    target = home_of(series, request.alias, settings)
    refuse_unconfirmed(target, request.confirm)
    require_control()
    swept = sweep(target.parameters)
    with ground(request.source, series, target, library, settings) as built_on:
        plan = plan_apply(series, built_on.history, include_late=True, satisfied=built_on.satisfied)
        refuse_plan(plan.findings, f"{request.series} in a rehearsal")
        wanted = _wanted(series, plan, request.only)
        blueprint = _blueprint(built_on, series, target, settings, request.caller)
        work = _Rehearsal(blueprint, series, plan, wanted, request, watcher)
        work.run()
    report = RehearsalReport(
        target=built_on.facts,
        series=series.name,
        source=request.source.words,
        risks=register(series.settings),
        drills=work.drills,
        sequence=work.sequence,
        findings=(
            *judge_series(work.drills, work.sequence, policy_of(series.settings)),
            *work.left(),
        ),
        started_at=started,
        seconds=time.monotonic() - began,
        swept=swept,
        extensions=work.extensions,
        rows=request.rows,
        only=request.only or "",
        not_drilled=work.not_drilled,
        fingerprints=work.fingerprints,
    )
    return _recorded(report, request.caller)


def _recorded(report: RehearsalReport, caller: Caller) -> RehearsalReport:
    """The report with its certificate, which control keeps; without any drill there is none."""
    if not report.drills:
        return report
    stored = storable(certificate(report, __version__))
    digest = digest_of(stored)
    number = record_rehearsal(report, stored, digest, caller)
    return replace(report, certificate=stored, digest=digest, number=number)


class _Rehearsal:
    """The work on the scratch database, and what it found."""

    def __init__(
        self,
        blueprint: Blueprint,
        series: Series,
        plan: Plan,
        wanted: frozenset[str],
        request: RehearseRequest,
        watcher: Watcher,
    ) -> None:
        self._blueprint = blueprint
        self._plan = plan
        self._wanted = wanted
        self._request = request
        self._watcher = watcher
        self._rows = Rows(request.rows, read_data(request.data), blueprint.reference)
        self._idempotent_said = bool(series.settings.extra.get("summary", {}).get("idempotent"))
        self.drills: tuple[Drill, ...] = ()
        self.sequence: tuple[SequenceStep, ...] = ()
        self.extensions: dict[str, str] = {}
        self.not_drilled: tuple[str, ...] = ()
        self.fingerprints: dict[str, str] = {}

    def run(self) -> None:
        """Drill what is wanted; then, where everything was wanted, the sequence."""
        steps = [step for step in self._plan.steps if step.script is not None]
        recorded = [
            Drill(step.migration, recorded_only=True)
            for step in self._plan.steps
            if step.script is None and str(step.migration.version) in self._wanted
        ]
        if not any(str(step.migration.version) in self._wanted for step in steps):
            self.drills = tuple(recorded)
            return
        with Stage(self._blueprint, self._watcher) as stage:
            self._watcher.rehearsing(self._plan, stage.session.identity.backend_pid)
            drilled = self._singly(stage, steps)
            self.extensions = _extensions(stage.session)
            self.fingerprints = _fingerprints(drilled)
            if drilled and self._request.only is None:
                self._watcher.note("Taking the whole series back, and applying it again …")
                self.sequence = self._descend(stage, steps, drilled)
        self.drills = (*recorded, *(one.drill for one in drilled))

    def left(self) -> tuple[Finding, ...]:
        """What of the data file was never loaded, and what could not be made up."""
        lines = [statement.line for statement in self._rows.never]
        told = [f"{table}: {why}" for table, all_ in self._rows.missing.items() for why in all_]
        data = self._request.data
        return (
            *((data_left(str(data.absolute()), lines),) if data and lines else ()),
            *((rows_missing(self._plan.series, told),) if told else ()),
        )

    def _singly(self, stage: Stage, steps: Sequence[Step]) -> list[Drilled]:
        """The drills, up to the first change that fails: the others stand upon it."""
        rows = self._rows
        driller = Driller(stage, steps, rows, idempotent_said=self._idempotent_said)
        found: list[Drilled] = []
        known = stage.picture()
        rows.put(stage, known)
        for index, step in enumerate(steps):
            version = str(step.migration.version)
            if found and version not in self._wanted:
                break
            if version not in self._wanted:
                stage.run(step)
                known = stage.picture()
                rows.put(stage, known)
                continue
            found.append(driller.drill(index, known))
            if not found[-1].drill.stations[1:]:
                rest = [one.migration for one in steps[index + 1 :]]
                self.not_drilled = tuple(m.label for m in rest if str(m.version) in self._wanted)
                break
            known = found[-1].changed
        return found

    def _descend(
        self, stage: Stage, steps: Sequence[Step], drilled: Sequence[Drilled]
    ) -> tuple[SequenceStep, ...]:
        """The sequence over those that could be applied."""
        whole = list(drilled)
        failed = not whole[-1].drill.stations[1:]
        if failed:
            whole.pop()
        # Without made-up rows, which checks of a way back may rightly refuse.
        if failed or self._rows.wanted:
            stage.rebuild(steps[: len(whole)])
        return Descent(stage, steps[: len(whole)], whole).run()


def _wanted(series: Series, plan: Plan, only: str | None) -> frozenset[str]:
    """The versions to drill. Raises UsageError (version-unknown, version-not-pending)."""
    versions = frozenset(str(step.migration.version) for step in plan.steps)
    if only is None:
        return versions
    found = series.find(only)
    if found is None:
        raise UsageError(
            "version-unknown",
            f"There is no version {only!r} in {series.name!r}.",
            next_step=f"Name one of its files; manage.py status_sql {series.name} lists them.",
        )
    if str(found.version) not in versions:
        raise UsageError(
            "version-not-pending",
            f"{found.label} is not among the migrations that would be applied: it is {found.kind}, "
            "or applied already where the rehearsal begins.",
            next_step=f"Rehearse from the series itself: manage.py rehearse_sql {series.name} "
            f"--only {only}",
        )
    return frozenset({str(found.version)})


def _blueprint(
    built_on: Ground,
    series: Series,
    target: TargetSettings,
    settings: Settings,
    caller: Caller,
) -> Blueprint:
    tables = series.settings.extra.get("reference_tables", [])
    return Blueprint(
        dict(target.parameters),
        built_on.origin,
        settings,
        caller,
        built_on.base,
        tuple(str(table) for table in tables),
    )


def _fingerprints(drilled: Sequence[Drilled]) -> dict[str, str]:
    """The catalog before the first change and behind the last, by its digests."""
    if not drilled:
        return {}
    before, after = drilled[0].before.snapshot, drilled[-1].changed.snapshot
    return {
        "before": before.digest,
        "after": after.digest,
        "rights_before": before.rights_digest,
        "rights_after": after.rights_digest,
    }


def _extensions(session: Session) -> dict[str, str]:
    if session.wire.lost:
        return {}
    return dict(session.ask("SELECT extname, extversion FROM pg_catalog.pg_extension ORDER BY 1"))
