"""Rows and values for tests: small, valid, and different from each other."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import factory

from ceremony.actions.actor import Actor
from ceremony.core.catalog import ALGORITHM, CatalogObject, ObjectKey, ObjectKind, Snapshot
from ceremony.core.check import Check, CheckResult, CheckSeverity, When
from ceremony.core.expectations import Expectation, Observation
from ceremony.core.expectations import Kind as ExpectationKind
from ceremony.core.header import Header
from ceremony.core.history import Event, LedgerRow
from ceremony.core.migration import Kind, Migration
from ceremony.core.outcome import (
    CheckOutcome,
    Problem,
    ServerError,
    StatementResult,
    StatementState,
    StepOutcome,
    StepRun,
    StepState,
)
from ceremony.core.plan import Direction, Step
from ceremony.core.script import Script, Statement
from ceremony.core.version import Version
from ceremony.models import (
    Attempt,
    CatalogContent,
    CatalogSnapshot,
    CheckRecord,
    MigrationRecord,
    Outcome,
    Run,
    RunKind,
    RunOutcome,
    SnapshotReason,
    Target,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACTOR = Actor("lena", "build-1", 4711)


def digest(character: str, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{character * 64}"


class TargetFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Target

    alias = factory.Sequence(lambda n: f"warehouse{n}")
    environment = "local"
    host = "db.example"
    port = "5432"
    database_name = "warehouse"
    database_oid = 16384
    system_identifier = "7441234567890123456"
    server_version = 180004
    ledger_id = factory.LazyFunction(uuid4)
    first_seen_at = NOON
    last_seen_at = NOON


class RunFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Run

    kind = RunKind.APPLY
    target = factory.SubFactory(TargetFactory)
    series = "shop"
    command_line = "apply_sql shop"
    actor = "lena"
    host = "build-1"
    pid = 4711
    git_commit = "0" * 40
    tool_version = "0.1.0"
    plan_digest = digest("9", "plan1")
    started_at = NOON


class RunOutcomeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = RunOutcome

    run = factory.SubFactory(RunFactory)
    verdict = "PASS"
    finished_at = NOON + timedelta(seconds=3)
    seconds = 3.0


class AttemptFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Attempt

    id = factory.LazyFunction(uuid4)
    run = factory.SubFactory(RunFactory)
    number = factory.Sequence(lambda n: n + 1)
    series = "shop"
    version = factory.LazyAttribute(lambda a: f"{a.number:04d}")
    name = "orders"
    path = factory.LazyAttribute(lambda a: f"shop/{a.version}_{a.name}.sql")
    direction = "apply"
    event = "applied"
    transactional = True
    bytes_digest = digest("a")
    meaning_digest = digest("b", "meaning1")
    planned_at = NOON


class OutcomeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Outcome

    attempt = factory.SubFactory(AttemptFactory)
    state = "done"
    started_at = NOON
    finished_at = NOON + timedelta(seconds=1)
    seconds = 1.0
    ledger_sequence = factory.Sequence(lambda n: n + 2)
    ledger_hash = "c" * 64


class CheckRecordFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CheckRecord

    attempt = factory.SubFactory(AttemptFactory)
    run = factory.SelfAttribute("attempt.run")
    series = "shop"
    version = "0001"
    name = "one active order"
    path = "shop/0001_orders.verify.sql"
    line = 3
    when = "after"
    severity = "block"
    expectation = "no rows"
    result = "PASS"


class MigrationRecordFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = MigrationRecord

    target = factory.SubFactory(TargetFactory)
    series = "shop"
    version = factory.Sequence(lambda n: f"{n + 1:04d}")
    name = "orders"
    path = "shop/0001_orders.sql"
    state = "applied"
    bytes_digest = digest("a")
    meaning_digest = digest("b", "meaning1")
    applied_at = NOON
    applied_by = "lena"


def catalog(**columns: str) -> Snapshot:
    """A table ``public.orders`` with these columns and their types."""
    table = ObjectKey(ObjectKind.TABLE, "public.orders")
    found = [CatalogObject(table, {"persistence": "permanent"}, {"owner": "lena"})]
    found += [
        CatalogObject(
            ObjectKey(ObjectKind.COLUMN, f"public.orders.{name}"), {"type": kind}, parent=table
        )
        for name, kind in columns.items()
    ]
    return Snapshot(ALGORITHM, 18, {one.key: one for one in found})


class CatalogContentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CatalogContent

    catalog = factory.LazyFunction(lambda: catalog(id="integer"))

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return model_class.of(kwargs["catalog"])


class CatalogSnapshotFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CatalogSnapshot

    run = factory.SubFactory(RunFactory)
    target = factory.SelfAttribute("run.target")
    content = factory.SubFactory(CatalogContentFactory)
    reason = SnapshotReason.RUN
    taken_at = NOON + timedelta(seconds=3)
    ledger_id = factory.SelfAttribute("target.ledger_id")
    ledger_sequence = 2
    ledger_hash = "c" * 64


class StatementFactory(factory.Factory):
    class Meta:
        model = Statement

    number = 1
    text = "CREATE TABLE orders (id int)"
    line = 1
    column = 1
    offset = 0
    kind = "create_stmt"


class ScriptFactory(factory.Factory):
    class Meta:
        model = Script

    path = "shop/0001_orders.sql"
    text = "CREATE TABLE orders (id int);\n"
    statements = factory.LazyFunction(lambda: (StatementFactory(),))
    bytes_digest = digest("a")
    meaning_digest = digest("b", "meaning1")


class MigrationFactory(factory.Factory):
    class Meta:
        model = Migration

    series = "shop"
    version = factory.Sequence(lambda n: Version((n + 1,), f"{n + 1:04d}"))
    name = "orders"
    path = factory.LazyAttribute(lambda m: f"shop/{m.version}_{m.name}.sql")
    kind = Kind.RUNNABLE
    header = Header()
    script = factory.SubFactory(ScriptFactory)


class StepFactory(factory.Factory):
    class Meta:
        model = Step

    number = factory.Sequence(lambda n: n + 1)
    migration = factory.SubFactory(MigrationFactory)
    direction = Direction.APPLY
    event = Event.APPLIED
    script = factory.LazyAttribute(lambda step: step.migration.script)


class StepRunFactory(factory.Factory):
    class Meta:
        model = StepRun

    step = factory.SubFactory(StepFactory)
    attempt = factory.LazyFunction(uuid4)


class CheckFactory(factory.Factory):
    class Meta:
        model = Check

    name = "one active order"
    path = "shop/0001_orders.verify.sql"
    line = 3
    when = When.AFTER
    only_if = None
    severity = CheckSeverity.BLOCK
    expectation = Expectation(ExpectationKind.ROWS, "no rows")
    setup = ()
    question = factory.SubFactory(StatementFactory, text="SELECT 1 WHERE false", kind="select_stmt")


class CheckOutcomeFactory(factory.Factory):
    class Meta:
        model = CheckOutcome

    check = factory.SubFactory(CheckFactory)
    result = CheckResult.PASS
    observed = Observation(columns=("id",))
    explanation = "No rows, as expected."
    seconds = 0.002


class StepOutcomeFactory(factory.Factory):
    """DONE with ``ledger_sequence`` 2 and two checks, unless told otherwise."""

    class Meta:
        model = StepOutcome

    class Params:
        step_run = factory.SubFactory(StepRunFactory)
        failed = factory.Trait(
            state=StepState.FAILED,
            ledger_sequence=0,
            ledger_hash="",
            checks=(),
            problem=Problem(
                "statement-failed",
                "Statement 1 failed.",
                "The migration was undone.",
                "Mend the file, then apply_sql again.",
                ServerError(
                    "23505",
                    'duplicate key value violates unique constraint "orders_pkey"',
                    statement=1,
                    line=1,
                    column=14,
                    source_line="CREATE TABLE orders (id int);",
                    detail="Key (email)=(secret@example.org) already exists.",
                    context="SQL statement",
                ),
            ),
        )

    attempt = factory.LazyAttribute(lambda outcome: outcome.step_run.attempt)
    step = factory.LazyAttribute(lambda outcome: outcome.step_run.step)
    state = StepState.DONE
    started_at = NOON
    finished_at = NOON + timedelta(milliseconds=250)
    statements = (StatementResult(1, StatementState.DONE, 0.2, "CREATE TABLE"),)
    checks = factory.LazyFunction(lambda: (CheckOutcomeFactory(), CheckOutcomeFactory()))
    ledger_sequence = 2
    ledger_hash = "c" * 64


class LedgerRowFactory(factory.Factory):
    class Meta:
        model = LedgerRow

    sequence = factory.Sequence(lambda n: n + 2)
    series = "shop"
    version = "0001"
    name = "orders"
    event = Event.APPLIED
    bytes_digest = digest("a")
    meaning_digest = digest("b", "meaning1")
    checks_digest = ""
    rollback_digest = ""
    attempt = factory.LazyFunction(uuid4)
    manifest_digest = ""
    statement = 0
    detail = "{}"
    recorded_by = "lena@build-1"
    recorded_at = NOON
    tool_version = "0.1.0"
    audit_sequence = 1
    audit_hash = "e" * 64
    previous_hash = "d" * 64
    hash = "c" * 64
