"""One migration, drilled: up with its checks, again, down, up; and the variants of its way back.

Behind a drill the stage stands as if the migration had been applied to it once, whatever the drill
found: a fault of one migration is never told of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ceremony.actions.rehearse_loss import lost, may_lose, written
from ceremony.actions.rehearse_rows import Rows
from ceremony.actions.rehearse_stage import Stage
from ceremony.core.catalog import Aspect
from ceremony.core.migration import Migration
from ceremony.core.outcome import Problem, StepOutcome, StepState
from ceremony.core.plan import Step
from ceremony.core.rehearsal.drill import Drill, Loss, Mark, Station, StationResult
from ceremony.core.rehearsal.judgement import SOUND
from ceremony.core.rehearsal.picture import Picture, compare
from ceremony.core.rehearsal.steps import can_go_back, unchecked
from ceremony.core.rehearsal.way_back import Verdict, WayBack, judge
from ceremony.core.steps import rollback_step
from ceremony.pg.table_rows import digests_of


@dataclass
class Drilled:
    """A drill with the pictures that the sequence is compared with."""

    drill: Drill
    before: Picture
    changed: Picture


@dataclass
class _Work:
    """What is known so far of the drill of one step."""

    step: Step
    before: Picture
    changed: Picture
    stations: list[StationResult] = field(default_factory=list)
    ways: list[WayBack] = field(default_factory=list)
    losses: tuple[Loss, ...] = ()
    variant_outcomes: dict[str, StepOutcome] = field(default_factory=dict)
    dirty: bool = False

    @property
    def migration(self) -> Migration:
        return self.step.migration


class Driller:
    """Drills the steps of a series one after the other on one stage.

    ``steps`` are all of them, in order: what must be there is made from them when the stage has to
    be rebuilt. ``idempotent_said``: the series declares that its migrations are idempotent.
    """

    def __init__(
        self, stage: Stage, steps: Sequence[Step], rows: Rows, *, idempotent_said: bool
    ) -> None:
        self._stage = stage
        self._steps = steps
        self._rows = rows
        self._idempotent_said = idempotent_said

    def drill(self, index: int, before: Picture) -> Drilled:
        """Drill one step on a stage that looks like ``before``."""
        step = self._steps[index]
        outcome, refused = self._up(step)
        if outcome.state is not StepState.DONE:
            up = StationResult(Station.UP, Mark.FAILED, outcome)
            return Drilled(Drill(step.migration, (up,)), before, before)
        work = _Work(step, before, self._stage.picture())
        work.stations.append(StationResult(Station.UP, Mark.FINE, outcome))
        self._again(work, outcome)
        self._restore(work, index)
        self._back(work)
        self._restore(work, index)
        for variant in sorted(name for name in step.migration.rollbacks if name):
            if step.migration.header.reversible:
                self._variant(work, variant)
                self._restore(work, index)
        self._rows.put(self._stage, work.changed)
        drill = Drill(
            step.migration,
            tuple(work.stations),
            tuple(work.ways),
            work.losses,
            idempotent_said=self._idempotent_said,
            rows_refused=refused,
            variant_outcomes=work.variant_outcomes,
        )
        return Drilled(drill, before, work.changed)

    def _up(self, step: Step) -> tuple[StepOutcome, Problem | None]:
        """The change, measured; and why it failed while made-up rows stood there, if it did."""
        outcome = self._stage.run(step, measured=True)
        if not self._rows.filled or not _refuses_rows(outcome):
            return outcome, None
        self._rows.take_out(self._stage)
        return self._stage.run(step, measured=True), outcome.problem

    def _restore(self, work: _Work, index: int) -> None:
        """Make the stage anew where a station left it otherwise than the change alone would."""
        if work.dirty:
            self._stage.rebuild(self._steps[: index + 1])
            work.changed = self._stage.picture()
            self._rows.start_over()
            work.dirty = False

    def _again(self, work: _Work, up: StepOutcome) -> None:
        """The same statements a second time, whatever the ledger says: nothing must change."""
        tables = written(work.step, up)
        rows = digests_of(self._stage.session, tables)
        outcome = self._stage.run(unchecked(work.step))
        if self._lost(work, Station.AGAIN, outcome):
            return
        if outcome.state is StepState.FAILED:
            # Undone, as every step that fails: there is nothing to look for.
            work.stations.append(StationResult(Station.AGAIN, Mark.FAILED, outcome))
            return
        found = compare(work.changed, self._stage.picture())
        now = digests_of(self._stage.session, tables)
        rewritten = tuple(table for table in sorted(rows) if now.get(table) != rows[table])
        done = outcome.state is StepState.DONE
        mark = Mark.FINE if done else Mark.FAILED
        if found or rewritten or outcome.state is StepState.PARTLY:
            mark, work.dirty = Mark.DIFFERS, True
        again = StationResult(Station.AGAIN, mark, outcome, found, rewritten=rewritten)
        work.stations.append(again)

    def _back(self, work: _Work) -> None:
        """The plain way back, and up again behind it."""
        migration = work.migration
        if not can_go_back(migration):
            none = _no_way(migration)
            work.ways.append(none)
            work.stations += [
                StationResult(Station.DOWN, Mark.NOT_RUN, why=none.why),
                StationResult(Station.UP_AGAIN, Mark.NOT_RUN, why=none.why),
            ]
            return
        loading = self._rows.waiting
        self._rows.put(self._stage, work.changed)
        endangered = may_lose(self._stage.session, work.before, work.changed)
        outcome = self._down(work, "")
        if self._lost(work, Station.DOWN, outcome):
            return
        if outcome.state is not StepState.DONE:
            work.ways.append(WayBack(Verdict.FAILS, problem=outcome.problem))
            why = "The way back failed, so the change is still there."
            work.stations += [
                StationResult(Station.DOWN, Mark.FAILED, outcome),
                StationResult(Station.UP_AGAIN, Mark.NOT_RUN, why=why),
            ]
            work.dirty = outcome.state is not StepState.FAILED
            return
        declared = bool(migration.data_loss_of_rollback(""))
        work.losses = lost(self._stage.session, endangered, declared=declared)
        back = self._stage.picture()
        way = judge(work.before, work.changed, back, migration.rollbacks[""])
        work.ways.append(way)
        fine = way.verdict in SOUND
        mark = Mark.FINE if fine else Mark.DIFFERS
        work.stations.append(StationResult(Station.DOWN, mark, outcome, way.compared))
        self._up_again(work, fine=fine)
        there = back.snapshot.objects.keys()
        self._rows.went(key.name for key in work.changed.snapshot.objects.keys() - there)
        # What was loaded into a table that went cannot be loaded twice in the right order.
        work.dirty = work.dirty or loading != self._rows.waiting

    def _down(self, work: _Work, variant: str) -> StepOutcome:
        """The way back; where rows that we made ourselves make its checks refuse, without them."""
        step = rollback_step(work.step.number, work.migration, variant)
        outcome = self._stage.run(step, measured=True)
        if self._rows.filled and _refuses_rows(outcome):
            self._rows.take_out(self._stage)
            outcome = self._stage.run(step, measured=True)
        return outcome

    def _up_again(self, work: _Work, *, fine: bool) -> None:
        outcome = self._stage.run(work.step)
        if self._lost(work, Station.UP_AGAIN, outcome):
            return
        if outcome.state is not StepState.DONE:
            work.stations.append(StationResult(Station.UP_AGAIN, Mark.FAILED, outcome))
            work.dirty = True
            return
        picture = self._stage.picture()
        found = compare(work.changed, picture)
        differs = bool(found.rows) or any(d.aspect is not Aspect.COSMETIC for d in found.catalog)
        mark = Mark.DIFFERS if differs else Mark.FINE
        work.stations.append(StationResult(Station.UP_AGAIN, mark, outcome, found))
        work.dirty = differs or not fine

    def _variant(self, work: _Work, variant: str) -> None:
        """Another way back. What it keeps is no fault; the stage is made anew behind it."""
        outcome = self._down(work, variant)
        work.variant_outcomes[variant] = outcome
        work.dirty = True
        if outcome.state is not StepState.DONE:
            way = WayBack(Verdict.FAILS, problem=outcome.problem)
        else:
            script = work.migration.rollbacks[variant]
            way = judge(work.before, work.changed, self._stage.picture(), script)
        work.ways.append(replace(way, variant=variant))

    def _lost(self, work: _Work, station: Station, outcome: StepOutcome) -> bool:
        """Whether the connection is gone: then nothing more can be seen, only made anew."""
        if not self._stage.lost:
            return False
        work.dirty = True
        work.stations.append(StationResult(station, Mark.FAILED, outcome))
        if station is Station.DOWN:
            work.ways.append(WayBack(Verdict.FAILS, problem=outcome.problem))
            work.stations.append(StationResult(Station.UP_AGAIN, Mark.NOT_RUN, why="No link."))
        return True


def _refuses_rows(outcome: StepOutcome) -> bool:
    """Whether a check failed, or a constraint (class 23 of appendix A): rows may be to blame."""
    problem = outcome.problem
    if problem is None:
        return False
    broken = problem.server is not None and problem.server.sqlstate.startswith("23")
    return broken or problem.code == "check-failed"


def _no_way(migration: Migration) -> WayBack:
    if not migration.header.reversible:
        why = migration.header.irreversible_why
        return WayBack(Verdict.IRREVERSIBLE, why=why or "Its header says so, without a reason.")
    return WayBack(Verdict.MISSING)
