"""The whole series, rolled back from its head to nothing and applied again.

Where a migration has no way back, or its way back fails, the stage is made anew as it was before
that migration, and the sequence goes on from there: one fault does not hide those behind it.
"""

from collections.abc import Sequence

from ceremony.actions.rehearse_drill import Drilled
from ceremony.actions.rehearse_stage import Stage
from ceremony.core.migration import Migration
from ceremony.core.outcome import Problem, StepOutcome, StepState
from ceremony.core.plan import Direction, Step
from ceremony.core.rehearsal.drill import Mark, Station
from ceremony.core.rehearsal.picture import Picture, compare
from ceremony.core.rehearsal.sequence import SequenceStep, Trail
from ceremony.core.rehearsal.steps import can_go_back
from ceremony.core.rehearsal.way_back import Verdict
from ceremony.core.steps import rollback_step


class Descent:
    """Takes the steps of a series back in one go, and applies them again.

    The stage stands at the head: every step is applied. ``drilled`` has the single drill of each.
    """

    def __init__(self, stage: Stage, steps: Sequence[Step], drilled: Sequence[Drilled]) -> None:
        self._stage = stage
        self._steps = steps
        self._drilled = drilled
        self._trail = Trail()
        self._told: list[SequenceStep] = []

    def run(self) -> tuple[SequenceStep, ...]:
        """Every step that was run, in the order they ran."""
        went: list[int] = []
        for index in reversed(range(len(self._drilled))):
            if self._go_down(index):
                went.append(index)
                continue
            if self._stage.lost:
                # As it would be if the way back had failed with its connection intact.
                self._stage.rebuild(self._steps[: index + 1])
            self._go_up(went)
            went = []
            if index:
                self._start_over(index)
        self._go_up(went)
        return tuple(self._told)

    def _start_over(self, index: int) -> None:
        """The stage as it is before the step ``index``, with nothing left behind by anybody."""
        self._stage.rebuild(self._steps[:index])
        self._trail.restart()

    def _go_down(self, index: int) -> bool:
        """Whether the step was taken back."""
        migration = self._steps[index].migration
        if not can_go_back(migration):
            why = "It has no way back; the sequence goes on below it."
            self._tell(migration, Direction.ROLL_BACK, Mark.NOT_RUN, why=why)
            return False
        step = rollback_step(self._steps[index].number, migration)
        outcome = self._stage.run(step)
        if outcome.state is not StepState.DONE:
            alone = self._drilled[index].drill.way_back.verdict is Verdict.FAILS
            self._failed(outcome, Direction.ROLL_BACK, alone=alone)
            return False
        self._compare(migration, Direction.ROLL_BACK, self._drilled[index].before)
        return True

    def _go_up(self, went: Sequence[int]) -> None:
        """Apply again what was taken back, oldest first; the first failure ends it."""
        for index in reversed(went):
            outcome = self._stage.run(self._steps[index])
            if outcome.state is not StepState.DONE:
                again = self._drilled[index].drill.at(Station.UP_AGAIN)
                self._failed(outcome, Direction.APPLY, alone=again.mark is Mark.FAILED)
                return
            migration = self._steps[index].migration
            self._compare(migration, Direction.APPLY, self._drilled[index].changed)

    def _compare(self, migration: Migration, direction: Direction, expected: Picture) -> None:
        found = compare(expected, self._stage.picture())
        found_there = self._trail.standing()
        left = self._trail.after(migration.label, direction, found)
        mark = Mark.DIFFERS if left else Mark.FINE
        blamed = found_there if left else ()
        self._told.append(SequenceStep(migration, direction, mark, left=left, blamed=blamed))

    def _failed(self, outcome: StepOutcome, direction: Direction, *, alone: bool) -> None:
        """Nobody else is to blame for what fails in its own drill too (``alone``)."""
        blamed = () if alone else self._trail.blamed(_failing_text(outcome))
        self._told.append(
            SequenceStep(
                outcome.step.migration, direction, Mark.FAILED, outcome.problem, blamed=blamed
            )
        )

    def _tell(self, migration: Migration, direction: Direction, mark: Mark, *, why: str) -> None:
        self._told.append(SequenceStep(migration, direction, mark, why=why))


def _failing_text(outcome: StepOutcome) -> str:
    """The text of the statement that failed; of the whole file where none of its own did."""
    script, number = outcome.step.script, _number(outcome.problem)
    if script is None:
        return ""
    found = [statement.text for statement in script.sent if statement.number == number]
    return found[0] if found else script.text


def _number(problem: Problem | None) -> int:
    return problem.server.statement if problem and problem.server else 0
