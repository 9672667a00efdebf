"""Build: a scratch database with a series applied to it, for tests of those who use the schema."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from ceremony import conf
from ceremony.actions.access import home_of
from ceremony.actions.actor import current_actor
from ceremony.actions.library import load_library
from ceremony.actions.ready import Caller, ledger_context
from ceremony.actions.refusals import refuse_files, refuse_plan
from ceremony.actions.rehearse_source import Source, ground
from ceremony.actions.rehearse_stage import DROPPED
from ceremony.conf import Settings
from ceremony.core.chain import GENESIS
from ceremony.core.outcome import StepRun, StepState
from ceremony.core.plan import Step, plan_apply
from ceremony.errors import Failed, UsageError
from ceremony.pg.context import Deaf
from ceremony.pg.executor import Executor
from ceremony.pg.lock import acquire
from ceremony.pg.scratch import Origin, scratch_database
from ceremony.pg.scratch_ledger import fresh_ledger
from ceremony.pg.session import SessionSettings, open_session


@dataclass(frozen=True)
class Template:
    """A database to which nobody is connected. ``server`` are libpq's parameters of another one on
    the same server, from which it is copied.
    """

    name: str
    server: Mapping[str, str] = field(repr=False)


@contextmanager
def built(series: str, command: str) -> Iterator[Template]:
    """A database in which every migration of ``series``, and of the series
    that it depends on in the same home database, was applied with its checks.

    It is made on the server of the series' home database, nobody is connected to it, and it is
    dropped at the end. ``command`` is what a message says to type again. Control is not touched.

    Raises CeremonyError: UsageError for a series that is not there, Refused (files-refused,
    plan-refused, scratch-…), Failed (build-failed).
    """
    settings = conf.load()
    library = load_library(settings.root, [series])
    refuse_files(library.findings)
    here = library.series[series]
    target = home_of(here, None, settings)
    if target.protected:
        raise UsageError(
            "build-protected",
            f"The home database of {series}, {target.alias}, is protected ({target.environment}); "
            "tests build their databases on a local server.",
            next_step=f"Give {target.alias!r} the address of a local server while tests run.",
        )
    with ground(Source(), here, target, library, settings) as on:
        plan = plan_apply(here, on.history, include_late=True, satisfied=on.satisfied)
        refuse_plan(plan.findings, f"{series} in a database for tests")
        steps = [step for step in (*on.base, *plan.steps) if step.script is not None]
        with scratch_database(target.parameters, on.origin) as parameters:
            _apply(steps, parameters, settings, Caller(current_actor(), command))
            yield Template(parameters["dbname"], target.parameters)


@contextmanager
def cloned(template: Template) -> Iterator[dict[str, str]]:
    """Libpq's parameters of a copy; it is dropped at the end."""
    with scratch_database(template.server, Origin(template.name)) as parameters:
        yield parameters


def _apply(
    steps: list[Step], parameters: dict[str, str], settings: Settings, caller: Caller
) -> None:
    pins = SessionSettings(run="build", statement_timeout=settings.statement_timeout)
    context = ledger_context(caller, lambda: (0, GENESIS))
    with open_session(parameters, pins) as session:
        acquire(session, settings.ledger_schema, 0)
        ledger = fresh_ledger(session, settings.ledger_schema, context)
        outcomes = Executor(session, ledger, context, Deaf()).run(
            [StepRun(step, uuid4()) for step in steps]
        )
    for outcome in outcomes:
        if outcome.state is not StepState.DONE:
            migration, problem = outcome.step.migration, outcome.problem
            raise Failed(
                "build-failed",
                f"{migration.series} {migration.label} failed on the scratch database: "
                f"{problem.happened if problem else outcome.state}",
                state=DROPPED,
                next_step=f"manage.py rehearse_sql {migration.series} shows where",
            )
