"""Golden bytes: what is hashed may never change, or old ledgers would look forged."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from ceremony.core.chain import GENESIS
from ceremony.core.history import Event, LedgerRow
from ceremony.core.ledger_hash import ledger_payload, row_hash, sealed

ROW = LedgerRow(
    sequence=2,
    series="calendar",
    version="0013_5",
    name="naïve",
    event=Event.ROLLED_BACK,
    bytes_digest="sha256:aa",
    meaning_digest="meaning1:bb",
    checks_digest="",
    rollback_digest="sha256:cc",
    attempt=UUID(int=7),
    manifest_digest="",
    statement=0,
    detail='{"variant":"keep_data"}',
    recorded_by="pat",
    recorded_at=datetime(2026, 1, 17, 9, 30, tzinfo=UTC),
    tool_version="0.1.0",
    audit_sequence=41,
    audit_hash="d" * 64,
    previous_hash=GENESIS,
    hash="",
)

PAYLOAD = (
    '{"attempt":"00000000-0000-0000-0000-000000000007","audit_hash":"' + "d" * 64 + '",'
    '"audit_sequence":41,"bytes_digest":"sha256:aa","checks_digest":"",'
    '"detail":"{\\"variant\\":\\"keep_data\\"}","event":"rolled back","manifest_digest":"",'
    '"meaning_digest":"meaning1:bb","name":"naïve",'
    '"recorded_at":"2026-01-17T09:30:00.000000+00:00","recorded_by":"pat",'
    '"rollback_digest":"sha256:cc","series":"calendar","statement":0,"tool_version":"0.1.0",'
    '"version":"0013_5"}'
)


def test_the_payload_is_these_bytes():
    assert ledger_payload(ROW) == PAYLOAD.encode()


def test_the_hash_is_this_one():
    assert row_hash(ROW) == "e22cbd1bdab39c83237a0f3d8c87a80b055a13f1098357e2d96072cbf41a638a"


def test_sealed_fills_in_the_hash_alone():
    assert sealed(ROW) == replace(ROW, hash=row_hash(ROW))


def test_the_time_zone_of_the_reader_does_not_matter():
    moved = ROW.recorded_at.astimezone(timezone(timedelta(hours=9)))
    assert row_hash(replace(ROW, recorded_at=moved)) == row_hash(ROW)


OTHER = {
    "sequence": 3,
    "event": Event.APPLIED,
    "attempt": None,
    "statement": 1,
    "recorded_at": datetime(2026, 1, 17, 9, 31, tzinfo=UTC),
    "audit_sequence": 42,
    "previous_hash": "1" * 64,
}


@pytest.mark.parametrize("field", [f.name for f in fields(LedgerRow) if f.name != "hash"])
def test_every_field_counts(field):
    changed = replace(ROW, **{field: OTHER.get(field, "something else")})
    assert row_hash(changed) != row_hash(ROW)
