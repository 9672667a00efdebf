"""The stage of a rehearsal: a scratch database with the executor at work in it.

It is a real run in every respect but two: the ledger is the scratch database's own, and control
hears nothing of its attempts.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self
from uuid import uuid4

from ceremony.actions.ready import Caller, ledger_context
from ceremony.actions.watching import Watcher
from ceremony.conf import Settings
from ceremony.core.catalog import Snapshot
from ceremony.core.chain import GENESIS
from ceremony.core.outcome import Problem, StepOutcome, StepRun, StepState
from ceremony.core.plan import Step
from ceremony.core.rehearsal.picture import Picture
from ceremony.core.rehearsal.steps import unchecked
from ceremony.core.script import Statement
from ceremony.errors import Failed, Interrupted
from ceremony.pg.context import RunContext
from ceremony.pg.executor import Executor
from ceremony.pg.introspector import Introspector
from ceremony.pg.ledger import Ledger
from ceremony.pg.lock import acquire
from ceremony.pg.scratch import Origin, scratch_database
from ceremony.pg.scratch_ledger import fresh_ledger
from ceremony.pg.session import Session, SessionSettings, open_session
from ceremony.pg.table_rows import rows_of

DROPPED = "The scratch database is dropped; the target was not touched."


@dataclass(frozen=True)
class Blueprint:
    """How a scratch database is made, as often as one is needed.

    ``server`` are libpq's parameters of the server, ``origin`` what the database begins as, and
    ``base`` what other series must have there first. ``reference`` are the tables whose rows are
    compared.
    """

    server: dict[str, str]
    origin: Origin
    settings: Settings
    caller: Caller
    base: tuple[Step, ...] = ()
    reference: tuple[str, ...] = ()


class Heard:
    """The executor's listener: what is at work goes to the watcher, outcomes do not."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def step_started(self, run: StepRun) -> None:
        self._watcher.step_started(run)

    def statement_started(self, run: StepRun, statement: Statement) -> None:
        self._watcher.statement_started(run, statement)

    def step_finished(self, outcome: StepOutcome) -> None:
        return


class Stage:
    """A scratch database, made on entering and dropped on leaving. ``rebuild`` makes it anew."""

    def __init__(self, blueprint: Blueprint, watcher: Watcher) -> None:
        self._blueprint = blueprint
        self._watcher = watcher
        self._open = ExitStack()
        self._ledger: Ledger | None = None
        self._session: Session | None = None
        self._introspector: Introspector | None = None
        self._seen: Snapshot | None = None

    def __enter__(self) -> Self:
        try:
            self.rebuild(())
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    @property
    def session(self) -> Session:
        """The session at work."""
        if self._session is None:
            raise RuntimeError("the stage is not set")
        return self._session

    @property
    def ledger_table(self) -> str:
        """The ledger's table, qualified and quoted."""
        if self._ledger is None:
            raise RuntimeError("the stage is not set")
        return self._ledger.table

    @property
    def lost(self) -> bool:
        """Whether the connection broke (a migration may end its own server process)."""
        return self.session.wire.lost

    def rebuild(self, steps: Sequence[Step]) -> None:
        """A database made anew, with ``steps`` applied to it; nothing of the one before is left.

        Their checks are left out: they passed before. Raises Failed (rehearsal-base-failed).
        """
        self._open.close()
        self._open = ExitStack()
        blueprint = self._blueprint
        settings = blueprint.settings
        parameters = self._open.enter_context(scratch_database(blueprint.server, blueprint.origin))
        pins = SessionSettings(
            run="rehearsal",
            lock_timeout=settings.lock_timeout,
            statement_timeout=settings.statement_timeout,
        )
        session = self._session = self._open.enter_context(open_session(parameters, pins))
        acquire(session, settings.ledger_schema, 0)
        self._ledger = fresh_ledger(session, settings.ledger_schema, self._context())
        # A session of its own: the executor resets its session between two steps.
        # Without the limit on statements, which is meant for migrations.
        looked = SessionSettings(run="rehearsal")
        looking = self._open.enter_context(open_session(parameters, looked))
        self._introspector = Introspector(looking, ledger_schema=settings.ledger_schema)
        self._seen = None
        self._lay((*blueprint.base, *steps))

    def run(self, step: Step, *, measured: bool = False) -> StepOutcome:
        """One step, as a real run would do it. A failure is not raised: the outcome tells.

        Raises Interrupted after a Ctrl-C.
        """
        (outcome,) = self._run([StepRun(step, uuid4(), measured)])
        return _as_rehearsed(outcome)

    def picture(self) -> Picture:
        """What the database looks like now. Behind the first one on a stage, only what changed
        since is read.
        """
        if self._introspector is None:
            raise RuntimeError("the stage is not set")
        known = self._seen
        self._seen = (
            self._introspector.full() if known is None else self._introspector.refresh(known)
        )
        return Picture(self._seen, rows_of(self.session, self._blueprint.reference))

    def _lay(self, steps: Sequence[Step]) -> None:
        runs = [StepRun(unchecked(step), uuid4()) for step in steps]
        for outcome in self._run(runs) if runs else ():
            if outcome.state is not StepState.DONE:
                problem = outcome.problem
                migration = outcome.step.migration
                raise Failed(
                    "rehearsal-base-failed",
                    f"{migration.series} {migration.label}, on which the rehearsal builds, failed "
                    f"on the scratch database: {problem.happened if problem else outcome.state}",
                    state=DROPPED,
                    next_step=f"Mend it first: manage.py rehearse_sql {migration.series}",
                )

    def _context(self) -> RunContext:
        return ledger_context(self._blueprint.caller, lambda: (0, GENESIS))

    def _run(self, runs: Sequence[StepRun]) -> tuple[StepOutcome, ...]:
        if self._ledger is None:
            raise RuntimeError("the stage is not set")
        executor = Executor(self.session, self._ledger, self._context(), Heard(self._watcher))
        outcomes = executor.run(runs)
        if executor.interrupted:
            raise Interrupted(
                "rehearsal-interrupted",
                "The rehearsal was stopped on request. Nothing was recorded.",
                state=DROPPED,
                next_step=f"To rehearse again: {self._blueprint.caller.command}",
            )
        return outcomes


def _as_rehearsed(outcome: StepOutcome) -> StepOutcome:
    """The same outcome; its problem says what state the scratch database, not a target, is in."""
    problem = outcome.problem
    if problem is None:
        return outcome
    told = Problem(problem.code, problem.happened, DROPPED, problem.next_step, problem.server)
    return replace(outcome, problem=told)
