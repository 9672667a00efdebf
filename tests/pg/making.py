"""Makes steps, sessions and runs for tests of the executor, without the parser."""

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ceremony.core.check import Check, CheckSeverity, When
from ceremony.core.expectations import parse_expectation
from ceremony.core.header import Header
from ceremony.core.ledger_row import Event
from ceremony.core.migration import Kind, Migration
from ceremony.core.outcome import StepRun, StepState
from ceremony.core.plan import Direction, Step
from ceremony.core.script import CopyData, ProbeTarget, Script, Statement
from ceremony.core.sql.parser import parse
from ceremony.core.sql.probes import probe_of
from ceremony.core.version import Version
from ceremony.pg.context import RunContext
from ceremony.pg.executor import Executor
from ceremony.pg.ledger import Ledger, OpenedFacts
from ceremony.pg.lock import acquire
from ceremony.pg.session import SessionSettings, open_session

SCHEMA = "public"
LEDGER_ID = UUID(int=1)
CONTEXT = RunContext(
    audit_head=lambda: (7, "a" * 64),
    clock=lambda: datetime.now(UTC),
    recorded_by="pat",
    tool_version="0.1.0",
    command="apply_sql shop",
)
OPENED = OpenedFacts("local", "control-1", LEDGER_ID)


class Heard:
    """A listener that keeps everything."""

    def __init__(self):
        self.calls = []
        self.outcomes = []

    def step_started(self, run):
        self.calls.append(("step", run.step.migration.version.text))

    def statement_started(self, run, statement):
        self.calls.append(("statement", run.step.migration.version.text, statement.number))

    def step_finished(self, outcome):
        self.calls.append(("finished", outcome.step.migration.version.text, outcome.state.value))
        self.outcomes.append(outcome)


def statements(texts: Sequence[str | tuple[str, bytes]]) -> tuple[str, tuple[Statement, ...]]:
    """The file's text and its statements; a pair is a COPY with its data."""
    file, made = "", []
    for number, given in enumerate(texts, start=1):
        text, data = given if isinstance(given, tuple) else (given, None)
        line = file.count("\n") + 1
        copy = None
        first = text.upper().split(maxsplit=1)[0]
        kind = {"DO": "do_stmt", "DEALLOCATE": "deallocate_stmt"}.get(first, "select_stmt")
        if data is not None:
            copy = CopyData(data, line + text.count("\n") + 1)
        made.append(Statement(number, text, line, 1, len(file), kind, copy=copy))
        file += text + ";\n"
        if data is not None:
            file += data.decode() + "\\.\n"
    return file, tuple(made)


def script(path: str, *texts: str | tuple[str, bytes]) -> Script:
    file, made = statements(texts)
    return Script(path, file, made, "sha256:" + "1" * 64, "meaning1:" + "2" * 64)


def check(
    question: str,
    expect: str,
    *,
    setup: Sequence[str] = (),
    only_if: str = "",
    name: str = "a check",
    when: When = When.AFTER,
    severity: CheckSeverity = CheckSeverity.BLOCK,
) -> Check:
    one = Statement(1, question, 3, 1, 0, "select_stmt")
    return Check(
        name,
        "shop/0001_x.verify.sql",
        1,
        when,
        replace(one, text=only_if) if only_if else None,
        severity,
        parse_expectation(expect),
        tuple(replace(one, text=text) for text in setup),
        one,
    )


def step(
    *texts: str | tuple[str, bytes],
    version: str = "0001",
    before: Sequence[Check] = (),
    after: Sequence[Check] = (),
    header: Header | None = None,
    back: bool = False,
    transactional: bool = True,
) -> StepRun:
    path = f"shop/{version}_x.sql"
    made = script(path, *texts)
    migration = Migration(
        "shop",
        Version((int(version),), version),
        "x",
        path,
        Kind.RUNNABLE,
        header or Header(),
        made,
    )
    return StepRun(
        Step(
            int(version),
            migration,
            Direction.ROLL_BACK if back else Direction.APPLY,
            Event.ROLLED_BACK if back else Event.APPLIED,
            made,
            tuple(before),
            tuple(after),
            transactional=transactional,
        ),
        uuid4(),
    )


@contextmanager
def running(conninfo: str, *, context=CONTEXT, listener=None, wait=5, **settings):
    """A session that holds the lock, with a ledger: an executor and the ledger."""
    with open_session(libpq(conninfo), SessionSettings(run="test", **settings)) as session:
        acquire(session, SCHEMA, wait)
        ledger = Ledger(session, SCHEMA)
        if not ledger.exists():
            ledger.create(OPENED, context)
        yield Executor(session, ledger, context, listener or Heard()), ledger


def libpq(conninfo: str) -> dict[str, str]:
    return {k: str(v) for k, v in conninfo_to_dict(conninfo).items()}


def index_probe(text: str) -> ProbeTarget:
    """The probe of a CREATE INDEX, as the parser gives it."""
    (parsed,) = parse(text.encode())
    return probe_of(parsed)


def exists(conninfo, name):
    with psycopg.connect(conninfo, autocommit=True) as connection:
        row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (name,)).fetchone()
        return row[0]


def values(conninfo, query):
    with psycopg.connect(conninfo, autocommit=True) as connection:
        return [row[0] for row in connection.execute(query).fetchall()]


def fail(target, *texts, **options):
    """Run one step that must fail: its outcome, after a look that nothing of it is in."""
    with running(target, **options.pop("settings", {})) as (executor, ledger):
        before = ledger.rows()
        (outcome,) = executor.run([step(*texts, **options)])
    assert outcome.state is StepState.FAILED
    with running(target) as (_, ledger):
        assert ledger.rows() == before
    return outcome
