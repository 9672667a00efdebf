"""Hands on the record: rows put in, changed and deleted past the acts; no way through."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError

from ceremony.models import (
    AuditEvent,
    Ceremony,
    SignOff,
    Transition,
)
from tests.acceptance.gatehouse import (
    Gatehouse,
)


def forged(ceremony: Ceremony, user: User) -> SignOff:
    """A sign-off that no act wrote: its event tells of something else."""
    return SignOff.objects.create(
        manifest=ceremony.manifests.get(),
        purpose="approval",
        decision="approve",
        subject=ceremony.fingerprint,
        user=user,
        username=user.get_username(),
        meaning="I have read it.",
        signed_at=ceremony.created_at,
        event=AuditEvent.objects.latest("sequence").sequence,
    )


def test_a_sign_off_that_was_put_in_by_hand(house: Gatehouse, anna: User) -> None:
    ceremony = house.asked()
    with pytest.raises(DatabaseError), transaction.atomic():
        forged(ceremony, anna)
    house.refused("approval-missing")


def test_what_the_owner_of_the_tables_put_in(house: Gatehouse, anna: User) -> None:
    """Triggers that were switched off stop nobody; the trail has no event of it all the same."""
    ceremony = house.asked()
    with connection.cursor() as cursor:
        for table in ("ceremony_signoff", "ceremony_ceremony"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        forged(ceremony, anna)
        cursor.execute("UPDATE ceremony_ceremony SET state = 'approved'")
    said = house.refused("approval-quorum")
    assert "Void: anna. The audit trail does not tell of it." in said


def in_sql(*statements: str) -> None:
    """Statements on control, with all that is asked at their commit."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


STATE = [
    "UPDATE ceremony_ceremony SET state = 'approved'",
    "UPDATE ceremony_ceremony SET state = 'approved', transitions = transitions + 1",
    "UPDATE ceremony_ceremony SET fingerprint = 'manifest1:00'",
    "UPDATE ceremony_ceremony SET authors = '[]'",
    "UPDATE ceremony_ceremony SET expires_at = NULL",
    "DELETE FROM ceremony_ceremony",
    "INSERT INTO ceremony_transition (ceremony_id, number, act, before, after, actor, at, event)"
    " SELECT id, transitions + 1, 'approve', 'requested', 'approved', 'anna', now(), 1"
    " FROM ceremony_ceremony",
    *(
        f"{verb} {table}"
        for table in (
            "ceremony_signoff",
            "ceremony_transition",
            "ceremony_storedmanifest",
            "ceremony_spending",
            "ceremony_auditevent",
            "ceremony_blob",
            "ceremony_haltstep",
            "ceremony_judgeditem",
        )
        for verb in ("DELETE FROM", "TRUNCATE")
    ),
    "UPDATE ceremony_signoff SET username = 'anna'",
    "UPDATE ceremony_storedmanifest SET document = '{}'",
    "UPDATE ceremony_auditevent SET actor = 'anna'",
    "UPDATE ceremony_audithead SET sequence = 0",
]


@pytest.mark.parametrize("statement", STATE)
def test_raw_sql_on_the_record(house: Gatehouse, statement: str) -> None:
    ceremony = house.asked()
    with pytest.raises(DatabaseError):
        in_sql(statement)
    ceremony.refresh_from_db()
    assert ceremony.state == "requested"
    house.refused("approval-missing")


@pytest.mark.parametrize("statement", STATE)
def test_raw_sql_of_a_session_that_replicates(house: Gatehouse, statement: str) -> None:
    """``session_replication_role`` switches ordinary triggers off, and foreign keys; ours stay."""
    ceremony = house.asked()
    with pytest.raises(DatabaseError) as caught:
        in_sql("SET LOCAL session_replication_role = replica", statement)
    assert "permission denied" not in str(caught.value)
    ceremony.refresh_from_db()
    assert ceremony.state == "requested"


def test_the_orm_past_the_acts(house: Gatehouse) -> None:
    ceremony = house.asked()
    ceremony.state = "approved"
    attempts: list[Callable[[], Any]] = [
        lambda: Ceremony.objects.update(state="approved"),
        lambda: Ceremony.objects.bulk_update([ceremony], ["state"]),
        lambda: ceremony.save(update_fields=["state"]),
        lambda: Ceremony.objects.all().delete(),
        lambda: SignOff.objects.update(decision="approve"),
        lambda: SignOff.objects.all().delete(),
        lambda: Transition.objects.all().delete(),
        lambda: AuditEvent.objects.update(actor="anna"),
        lambda: AuditEvent.objects.all().delete(),
    ]
    for attempt in attempts:
        with pytest.raises((DatabaseError, ProtectedError)), transaction.atomic():
            attempt()
    house.refused("approval-missing")


def test_who_signed_cannot_be_deleted(house: Gatehouse, anna: User) -> None:
    house.approved(anna)
    with pytest.raises(ProtectedError):
        anna.delete()
    with pytest.raises(DatabaseError):
        in_sql("DELETE FROM auth_user WHERE username = 'anna'")


def test_frozen_bytes_that_were_changed(house: Gatehouse, anna: User) -> None:
    house.approved(anna)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_blob DISABLE TRIGGER ALL")
        cursor.execute("UPDATE ceremony_blob SET data = 'DROP TABLE things'")
        cursor.execute("ALTER TABLE ceremony_blob ENABLE ALWAYS TRIGGER append_only_row")
    house.refused("frozen-differs", status=5)


def test_a_stored_manifest_that_was_changed(house: Gatehouse, anna: User) -> None:
    house.approved(anna)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_storedmanifest DISABLE TRIGGER ALL")
        cursor.execute("UPDATE ceremony_storedmanifest SET document = replace(document, '1', '2')")
    house.refused("manifest-damaged", status=5)
