"""Rows of evidence are proved by the events that tell of them: any change of any column is found,
and so is a row that is gone, was put in, or stands in another order.
"""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections, models
from hypothesis import given
from hypothesis import strategies as st

from ceremony.actions.audit_rows import PROVED, row_faults
from ceremony.actions.trail import read_trail
from ceremony.actions.verify_audit import VerifyAuditRequest, verify_audit
from ceremony.core.chain import PayloadInvalid
from ceremony.models import Blob, Ceremony, JudgedItem, Remark, SignOff, Transition
from ceremony.models.row_digest import row_digest, row_facts
from tests.django import factories
from tests.django.told import SAID, item, life, requested, signed, told

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def found():
    _, faults = row_faults(read_trail())
    return [fault.message for fault in faults]


def unguarded(*models_):
    """Let the owner of the tables do what triggers refuse everybody."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for model in models_:
            cursor.execute(f"ALTER TABLE {model._meta.db_table} DISABLE TRIGGER ALL")


def changed(model, pk, column):
    """Change one column of one row in SQL, in the smallest way that its type has."""
    field = model._meta.get_field(column)
    name = f'"{field.column}"'
    field = getattr(field, "target_field", field)
    if isinstance(field, models.JSONField):
        change = f"jsonb_build_array({name})"
    elif isinstance(field, models.DateTimeField):
        change = f"COALESCE({name}, now()) + interval '1 microsecond'"
    elif isinstance(field, models.BooleanField):
        change = f"NOT {name}"
    elif isinstance(field, models.BinaryField):
        change = f"set_bit({name}, 3, 1 - get_bit({name}, 3))"
    elif isinstance(field, models.UUIDField):
        change = "gen_random_uuid()"
    elif isinstance(field, models.CharField | models.TextField):
        change = f"overlay({name} placing 'Z' from 1)"
    else:
        change = f"COALESCE({name}, 0) + 1"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {model._meta.db_table} SET {name} = {change} WHERE {model._meta.pk.column}"
            " = %s", [pk]
        )  # fmt: skip
        return cursor.rowcount


EVERY_TABLE: tuple[type[models.Model], ...] = (*PROVED, Ceremony, Blob)
EVERY_COLUMN = [
    (model, field.name)
    for model in EVERY_TABLE
    for field in model._meta.concrete_fields
    if not isinstance(field, models.AutoField)
]


def test_an_untouched_record_agrees(control):
    life()
    assert found() == []
    report = verify_audit(VerifyAuditRequest())
    assert report.intact
    assert report.rows["ceremony_signoff"] == 2
    assert report.rows["ceremony_transition"] == 2


@pytest.mark.parametrize(("model", "column"), EVERY_COLUMN, ids=lambda one: getattr(
    one, "__name__", one))  # fmt: skip
def test_a_change_of_any_column_of_any_row_is_found(db, model, column):
    life()
    rows = list(model.objects.order_by("pk").values_list("pk", flat=True))
    unguarded(model)
    assert changed(model, rows[-1], column) == 1
    assert found() != []


@pytest.mark.parametrize("model", PROVED, ids=lambda one: one.__name__)
def test_a_row_that_is_gone_is_found_by_its_event(db, model):
    life()
    table = model._meta.db_table
    event = read_trail().mentions[table][-1].event
    unguarded(*PROVED, Blob)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {model._meta.pk.column} ="
                       f" (SELECT max({model._meta.pk.column}) FROM {table})")  # fmt: skip
    assert f"Event {event} tells of a row of {table} that is gone, or was changed." in found()


def test_a_sign_off_that_was_put_in_is_found(db):
    ceremony, manifest = requested()
    mine = signed(ceremony, manifest, _user("eve"))
    unguarded(SignOff)
    forged = SignOff.objects.get(pk=mine.pk)
    forged.pk, forged.user, forged.username, forged.event = None, _user("mallory"), "mallory", 999
    forged.save(force_insert=True)
    assert found() == [
        f"Row {forged.pk} of ceremony_signoff is as no event tells: it was changed, or put in by "
        "other hands."
    ]


def test_a_sign_off_that_names_another_event_is_found(db):
    ceremony, manifest = requested()
    one, other = (signed(ceremony, manifest, _user(name)) for name in ("ana", "bo"))
    unguarded(SignOff)
    SignOff.objects.filter(pk=other.pk).update(event=1)
    assert found() == [
        f"Row {other.pk} of ceremony_signoff names event 1; event {other.event} tells of it."
    ]
    assert one.event < other.event


def test_rows_in_another_order_are_found(db):
    """The newest result of an item counts: to swap two is to turn FAIL into PASS."""
    life()
    first, second = JudgedItem.objects.order_by("pk")
    unguarded(JudgedItem)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ceremony_judgeditem SET id = id + 100 WHERE id = %s", [first.pk])
    event = read_trail().mentions["ceremony_judgeditem"][0].event
    assert found() == [
        f"Row {first.pk + 100} of ceremony_judgeditem stands in another order than the events tell."
    ]
    assert event < read_trail().mentions["ceremony_judgeditem"][1].event
    assert second.pk < first.pk + 100


def test_a_ceremony_that_moved_without_a_transition_is_found(db):
    ceremony = life()
    unguarded(Ceremony)
    Ceremony.objects.filter(pk=ceremony.pk).update(state="signed off")
    last = Transition.objects.order_by("-number").first()
    assert found() == [f"Ceremony {ceremony.pk} is not as event {last.event}, its last, says."]


def test_a_ceremony_that_nobody_requested_is_found(db):
    ceremony, _ = requested()
    unguarded(Ceremony)
    ceremony.pk = None
    ceremony.save(force_insert=True)
    assert found() == [f"Ceremony {ceremony.pk} is not told of by any event."]


def test_a_ceremony_that_is_gone_is_found(db):
    ceremony, _ = requested()
    unguarded(*PROVED, Ceremony)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ceremony_ceremony")
    last = Transition.objects.get()
    assert found() == [f"Ceremony {ceremony.pk} is gone; event {last.event} is its last."]


def test_bytes_that_are_not_those_of_their_digest_are_found(db):
    life()
    blob = Blob.objects.get()
    unguarded(Blob)
    Blob.objects.update(data=b"another list")
    assert found() == [f"The bytes of {blob.digest} are not what it says."]


def test_bytes_that_are_gone_are_found(db):
    life()
    blob = Blob.objects.get()
    unguarded(Blob, JudgedItem)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM ceremony_blob")
        cursor.execute("RESET session_replication_role")
    assert found() == [f"No bytes are kept under {blob.digest}, which is signed."]


def test_the_first_finding_stands_at_its_event(control):
    ceremony, manifest = requested()
    mine = signed(ceremony, manifest, _user("ana"))
    unguarded(SignOff)
    SignOff.objects.update(comment="later")
    report = verify_audit(VerifyAuditRequest())
    assert [(fault.code, fault.event) for fault in report.faults] == [
        ("audit-row", 0), ("audit-row", mine.event),
    ]  # fmt: skip


def test_verifying_while_others_act_finds_nothing(control):
    """Rows and events are read as of one moment: half of an act is never seen."""
    written = threading.Event()

    def act():
        try:
            for number in range(2, 12):
                ceremony, manifest = requested(number)
                signed(ceremony, manifest, _user(f"user{number}"))
                told(ceremony, item(manifest, "PASS"))
        finally:
            written.set()
            connections.close_all()

    requested(1)
    reports = []
    with ThreadPoolExecutor(1) as writer:
        done = writer.submit(act)
        while not written.is_set():
            reports.append(verify_audit(VerifyAuditRequest()))
        done.result()
    assert [report.faults for report in reports if report.faults] == []
    assert verify_audit(VerifyAuditRequest()).rows["ceremony_transition"] == 11


def test_a_broken_trail_leaves_nothing_to_compare_rows_with(control):
    life()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_auditevent DISABLE TRIGGER USER")
        cursor.execute("UPDATE ceremony_auditevent SET actor = 'eve' WHERE sequence = 3")
    report = verify_audit(VerifyAuditRequest())
    assert report.rows == {}
    assert [(fault.code, fault.event, fault.message) for fault in report.faults] == [
        ("audit-broken", 3, "Event 3 is the first bad one. The columns differ from the payload.")
    ]


def test_every_table_of_evidence_of_a_ceremony_is_proved():
    """A new table with a foreign key to a ceremony's evidence must be told of by events, too."""
    proved = {*PROVED, Ceremony}
    related = {
        relation.related_model
        for model in proved
        for relation in model._meta.related_objects
        if relation.related_model._meta.app_label == "ceremony"
    }
    assert related <= proved


@given(TEXT, JSON)
def test_a_digest_survives_json(text, value):
    row = _item(text, value)
    back = _item(text, json.loads(json.dumps(value)))
    assert row_digest(row) == row_digest(back)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value",
    [1.0, 0.1, 1e22, 1e-7, 123456789.123, -0.0, 2**53, "é\u0301", {"b": [1.5], "a": None}, SAID],
)
def test_a_digest_survives_the_database(value):
    ceremony, manifest = requested()
    row = told(ceremony, JudgedItem(
        manifest=manifest, phase="pre-flight", item="x", text="x", kind="human", result="PASS",
        evidence={"value": value}, at=factories.NOON + timedelta(microseconds=7),
    ))  # fmt: skip
    assert row_digest(JudgedItem.objects.get(pk=row.pk)) == row_digest(row)
    assert found() == []


def test_a_digest_tells_tables_and_columns_apart():
    remark = Remark(ceremony_id=1, kind="lesson", text="a", by="b", at=factories.NOON)
    other = Remark(ceremony_id=1, kind="lesson", text="b", by="a", at=factories.NOON)
    assert row_digest(remark) != row_digest(other)
    assert set(row_facts(remark)) == {"ceremony_id", "kind", "text", "by", "user_id", "at"}


@pytest.mark.parametrize("bad", [{"x": "\0"}, {"x": {1, 2}}, ["\ud800"]])
def test_what_has_no_canonical_form_has_no_digest(bad):
    with pytest.raises(PayloadInvalid):
        row_digest(_item("x", bad))


def _item(text, value):
    return JudgedItem(
        manifest_id=1, phase="pre-flight", item="x", text=text, kind="human", result="PASS",
        evidence={"value": value}, at=factories.NOON,
    )  # fmt: skip


def _user(name):
    return get_user_model().objects.create_user(name)
