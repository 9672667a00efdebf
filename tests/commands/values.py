"""Values as the actions would answer them, made by hand: small, and the same on every run."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ceremony.core.check import Check, CheckSeverity, When
from ceremony.core.expectations import CheckResult, Expectation, Observation
from ceremony.core.expectations import Kind as ExpectationKind
from ceremony.core.header import Header
from ceremony.core.history import Event
from ceremony.core.migration import Kind, Migration
from ceremony.core.outcome import (
    CheckOutcome,
    Message,
    Problem,
    ServerError,
    StepOutcome,
    StepRun,
    StepState,
)
from ceremony.core.plan import Direction, Plan, Step
from ceremony.core.report import RunReport, TargetFacts, Verdict
from ceremony.core.script import CopyData, Script, Statement
from ceremony.core.version import Version

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TARGET = TargetFacts("shop", "local", "127.0.0.1", "5432", "shop", "anna", 180004)
PRODUCTION = TargetFacts("shop", "production", "db.example", "5432", "shop", "deploy", 150018, True)
SEEN = Observation(("id", "note"), (("1", None), ("2", "twice")), 7)


def statement(number: int, text: str, line: int = 0, copy: CopyData | None = None) -> Statement:
    return Statement(number, text, line or number + 2, 1, 0, "create_stmt", copy=copy)


def script(path: str, *texts: str) -> Script:
    statements = tuple(statement(n, text) for n, text in enumerate(texts, start=1))
    body = ";\n".join(texts)
    return Script(path, body, statements, f"sha256:{len(body):064x}", f"meaning1:{len(body):064x}")


def check(name: str, severity: CheckSeverity = CheckSeverity.BLOCK) -> Check:
    question = statement(1, "SELECT 1")
    path = "shop/0001_orders.verify.sql"
    rows = Expectation(ExpectationKind.ROWS, "no rows")
    return Check(name, path, 3, When.AFTER, None, severity, rows, (), question)


def checked(name: str, result: CheckResult, explanation: str = "", **more: object) -> CheckOutcome:
    severity = more.get("severity", CheckSeverity.BLOCK)
    assert isinstance(severity, CheckSeverity)
    observed = more.get("observed", Observation())
    assert isinstance(observed, Observation)
    return CheckOutcome(check(name, severity), result, observed, explanation, 0.002)


def migration(number: int, name: str, *texts: str, header: Header | None = None) -> Migration:
    version = f"{number:04}"
    path = f"shop/{version}_{name}.sql"
    change = script(path, *(texts or ("CREATE TABLE t (id int)",)))
    return Migration(
        "shop", Version((number,), version), name, path, Kind.RUNNABLE, header or Header(), change
    )


def step(one: Migration, number: int, **more: object) -> Step:
    made = Step(number, one, Direction.APPLY, Event.APPLIED, one.script)
    return replace(made, **more)  # type: ignore[arg-type]


def plan(*steps: Step, direction: Direction = Direction.APPLY) -> Plan:
    return Plan("shop", direction, tuple(steps))


def outcome(
    of: Step, state: StepState = StepState.DONE, seconds: float = 0.25, **more: object
) -> StepOutcome:
    attempt = UUID(int=of.number)
    made = StepOutcome(attempt, of, state, NOON, NOON + timedelta(seconds=seconds))
    return replace(made, **more)  # type: ignore[arg-type]


def run(of: Step) -> StepRun:
    return StepRun(of, UUID(int=of.number))


def report(
    outcomes: Sequence[StepOutcome],
    *,
    problem: Problem | None = None,
    verdict: Verdict = Verdict.PASS,
    of: Plan | None = None,
) -> RunReport:
    planned = of or plan(*(one.step for one in outcomes))
    run_number = 7 if outcomes else 0
    return RunReport(run_number, TARGET, planned, tuple(outcomes), (), (), 1.234, verdict, problem)


ORDERS = migration(1, "orders")
EMAIL = migration(2, "add_email", "ALTER TABLE orders ADD COLUMN email text")
INDEX = migration(3, "index_email", "CREATE INDEX CONCURRENTLY i ON orders (emial)")

NOTICE = Message(1, "NOTICE", "42P07", 'relation "orders" already exists, skipping')
WARNING = Message(2, "WARNING", "01000", "slow", "about rows", "add an index", "PL/pgSQL line 3")

UNKNOWN_COLUMN = ServerError(
    sqlstate="42703",
    message='column "emial" does not exist',
    statement=1,
    line=9,
    column=40,
    source_line="CREATE INDEX CONCURRENTLY i ON orders (emial);",
    hint='Perhaps you meant to reference the column "orders.email".',
)
FAILED = Problem(
    "statement-failed",
    'Statement 1 of 0003_index_email failed: column "emial" does not exist (42703).',
    "0003_index_email was rolled back: nothing of it is in the database.",
    "Correct shop/0003_index_email.sql, then: manage.py apply_sql shop",
    UNKNOWN_COLUMN,
)
