"""Evidence takes no UPDATE, DELETE or TRUNCATE: not by the ORM, not by SQL, not for a superuser."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from ceremony.models import (
    Attempt,
    AuditEvent,
    AuditHead,
    Blob,
    CatalogContent,
    CatalogSnapshot,
    CeremonyRun,
    CheckRecord,
    HaltStep,
    JudgedItem,
    MigrationRecord,
    Outcome,
    Rehearsal,
    Remark,
    Run,
    RunOutcome,
    RunStart,
    RunStartStep,
    SignOff,
    Spending,
    StoredManifest,
    StoredReport,
    Transition,
)
from ceremony.models.audit import Act, Action, append
from tests.django import evidence_rows, factories
from tests.django.rehearsals import rehearsal

EVIDENCE = [
    Run,
    RunOutcome,
    Attempt,
    Outcome,
    CheckRecord,
    AuditEvent,
    CatalogContent,
    CatalogSnapshot,
    Rehearsal,
    Blob,
    Transition,
    StoredManifest,
    SignOff,
    Spending,
    CeremonyRun,
    JudgedItem,
    HaltStep,
    Remark,
    StoredReport,
    RunStart,
    RunStartStep,
]
CHANGED = {
    Run: "actor",
    RunOutcome: "verdict",
    Attempt: "name",
    Outcome: "state",
    CheckRecord: "result",
    AuditEvent: "actor",
    CatalogContent: "digest",
    CatalogSnapshot: "why",
    Rehearsal: "digest",
    Blob: "data",
    Transition: "act",
    StoredManifest: "document",
    SignOff: "decision",
    Spending: "at",
    CeremonyRun: "purpose",
    JudgedItem: "result",
    HaltStep: "decision",
    Remark: "text",
    StoredReport: "document",
    RunStart: "username",
    RunStartStep: "said",
}
OTHER = {Blob: b"other", Spending: factories.NOON + timedelta(days=1)}
REPLICA = "SET LOCAL session_replication_role = replica; "
HEAD_REMOVALS = ["DELETE FROM ceremony_audithead", "TRUNCATE ceremony_audithead"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(request):
    """One row of the model that the test is about, and of all it stands on."""
    make = {
        Run: factories.RunFactory,
        RunOutcome: factories.RunOutcomeFactory,
        Attempt: factories.AttemptFactory,
        Outcome: factories.OutcomeFactory,
        CheckRecord: factories.CheckRecordFactory,
        CatalogContent: factories.CatalogContentFactory,
        CatalogSnapshot: factories.CatalogSnapshotFactory,
        Rehearsal: rehearsal,
        AuditEvent: lambda: append([Act(Action.RUN_OPENED, "lena")])[0],
        Blob: evidence_rows.blob,
        Transition: evidence_rows.transition,
        StoredManifest: evidence_rows.stored_manifest,
        SignOff: evidence_rows.signed,
        Spending: evidence_rows.spending,
        CeremonyRun: evidence_rows.ceremony_run,
        JudgedItem: evidence_rows.judged_item,
        HaltStep: evidence_rows.halt_step,
        Remark: evidence_rows.remark,
        StoredReport: evidence_rows.stored_report,
        RunStart: evidence_rows.run_start,
        RunStartStep: evidence_rows.run_start_step,
    }
    return make[request.param]()


def refused(model, operation):
    return pytest.raises(
        IntegrityError, match=f"{model._meta.db_table} is append-only: {operation} is refused"
    )


@pytest.mark.parametrize("row", EVIDENCE, indirect=True)
def test_orm_updates_are_refused(row):
    model, field = type(row), CHANGED[type(row)]
    other = OTHER.get(model, "other")
    setattr(row, field, other)
    for change in (
        lambda: row.save(force_update=True),
        lambda: model.objects.update(**{field: other}),
        lambda: model.objects.filter(pk=None).update(**{field: other}),
        lambda: model.objects.bulk_update([row], [field]),
    ):
        with refused(model, "UPDATE"), transaction.atomic():
            change()
    row.refresh_from_db()
    assert getattr(row, field) != other


@pytest.mark.parametrize("row", EVIDENCE, indirect=True)
def test_orm_deletes_are_refused(row):
    model = type(row)
    for delete in (row.delete, model.objects.all().delete, model.objects.all()._raw_delete):
        argument = ["default"] if delete.__name__ == "_raw_delete" else []
        with pytest.raises((IntegrityError, ProtectedError)), transaction.atomic():
            delete(*argument)
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("row", EVIDENCE, indirect=True)
@pytest.mark.parametrize(
    ("operation", "statement"),
    [
        ("UPDATE", "UPDATE {table} SET {field} = {other}"),
        ("DELETE", "DELETE FROM {table}"),
        ("DELETE", "DELETE FROM {table} WHERE false"),
        ("TRUNCATE", "TRUNCATE {table} CASCADE"),
        ("UPDATE", REPLICA + "UPDATE {table} SET {field} = {other}"),
        ("DELETE", "MERGE INTO {table} USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE"),
    ],
)
def test_sql_is_refused(row, operation, statement):
    table = row._meta.db_table
    other = {Blob: "'x'::bytea", Spending: "now()"}.get(type(row), "'x'")
    sql = statement.format(table=table, field=CHANGED[type(row)], other=other)
    message = rf"ceremony_\w+ is append-only: {operation} is refused"
    with (
        pytest.raises(IntegrityError, match=message),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE;" + sql)
    assert type(row).objects.filter(pk=row.pk).exists()


def test_the_refusal_says_what_to_do():
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        Run.objects.update(actor="x")
    diagnosis = refusal.value.__cause__.diag
    assert diagnosis.sqlstate == "23001"
    assert diagnosis.message_hint == ("Evidence is never overwritten. A correction is a new row.")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ceremony_audithead SET sequence = sequence - 1",
        "UPDATE ceremony_audithead SET sequence = sequence",
        "UPDATE ceremony_audithead SET sequence = sequence + 1",
        "UPDATE ceremony_audithead SET control = gen_random_uuid()",
        "UPDATE ceremony_audithead SET hash = repeat('0', 64)",
        REPLICA + "UPDATE ceremony_audithead SET sequence = 0",
    ],
)
def test_the_head_moves_forward_only(change):
    append([Act(Action.RUN_OPENED, "lena")])
    with (
        pytest.raises(IntegrityError, match="ceremony_audithead moves forward only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)


@pytest.mark.parametrize("change", HEAD_REMOVALS)
def test_the_head_stays(change):
    append([Act(Action.RUN_OPENED, "lena")])
    with (
        pytest.raises(IntegrityError, match="ceremony_audithead is append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)


def test_a_head_begins_at_zero_and_is_the_only_one():
    with pytest.raises(IntegrityError, match="begins at 0"), transaction.atomic():
        AuditHead.objects.create(sequence=7)
    with pytest.raises(IntegrityError, match="single_row"), transaction.atomic():
        AuditHead.objects.create(id=2)


def test_every_evidence_table_has_both_triggers():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, count(*) FROM pg_trigger"
            " WHERE tgname LIKE 'append_only_%' AND tgenabled = 'A' GROUP BY 1"
        )
        found = dict(cursor.fetchall())
    assert found == {model._meta.db_table: 2 for model in EVIDENCE}


def test_the_cache_of_the_ledger_may_change():
    record = factories.MigrationRecordFactory()
    MigrationRecord.objects.filter(pk=record.pk).update(state="rolled back")
    record.refresh_from_db()
    assert record.state == "rolled back"
