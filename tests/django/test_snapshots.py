"""Snapshots in the record: kept once per content, found again by target and ledger, never bent."""

import zlib
from uuid import uuid4

import pytest
from django.db import connection

from ceremony.actions.snapshots import (
    Occasion,
    before,
    keep,
    newest_snapshot,
    position_of,
    reference_of,
)
from ceremony.core.catalog import Snapshot, SnapshotUnreadable
from ceremony.core.drift import Position
from ceremony.errors import Tampered
from ceremony.models import AuditEvent, CatalogContent, CatalogSnapshot, SnapshotReason
from ceremony.models.audit import verify_chain
from tests.django import factories
from tests.django.factories import NOON, catalog

HERE = Position(2, "c" * 64)


@pytest.fixture
def run(transactional_control):
    return factories.RunFactory()


@pytest.fixture
def transactional_control(control):
    """What is recorded is committed: the writers refuse to work inside another transaction."""
    return control


def kept(run, snapshot, **facts):
    return keep(snapshot, run.target, HERE, Occasion(run, NOON, **facts))


def test_a_snapshot_is_kept_with_its_event(run):
    wanted = catalog(id="integer")
    taken = kept(run, wanted)
    row = CatalogSnapshot.objects.get()
    assert (taken.number, taken.digest, taken.objects) == (row.pk, wanted.digest, 2)
    assert row.content.snapshot() == wanted
    assert (row.ledger_id, position_of(row)) == (run.target.ledger_id, HERE)
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.subject, event.target) == (
        "snapshot taken",
        f"Snapshot {row.pk}",
        run.target.alias,
    )
    assert event.detail() == {
        "run": run.pk,
        "snapshot": row.pk,
        "reason": "run",
        "why": "",
        "digest": wanted.digest,
        "rights_digest": wanted.rights_digest,
        "cosmetic_digest": wanted.cosmetic_digest,
        "server_major": 18,
        "objects": 2,
        "ledger": str(run.target.ledger_id),
        "ledger_sequence": 2,
        "ledger_hash": "c" * 64,
    }
    assert verify_chain().intact


def test_accepting_is_an_act_of_its_own(run):
    taken = kept(run, catalog(), reason=SnapshotReason.ACCEPTED, why="it is\0right", differences=3)
    accepted, stored = list(AuditEvent.objects.order_by("sequence"))[-2:]
    assert (accepted.action, stored.action) == ("drift accepted", "snapshot taken")
    assert accepted.detail() == {
        "run": run.pk,
        "snapshot": taken.number,
        "why": "it is␀right",
        "differences": 3,
    }


def test_the_same_content_is_kept_once(run):
    for snapshot in (catalog(id="integer"), catalog(id="integer"), catalog(id="bigint")):
        kept(run, snapshot)
    assert (CatalogSnapshot.objects.count(), CatalogContent.objects.count()) == (3, 2)


def test_rights_and_comments_are_part_of_the_content(run):
    first = catalog(id="integer")
    key = next(iter(first.objects))
    for change in ({"rights": {"owner": "tom"}}, {"cosmetic": {"comment": "x"}}):
        changed = {**first.objects, key: first.objects[key]._replace(**change)}
        kept(run, Snapshot(first.algorithm, 18, changed))
    assert CatalogContent.objects.count() == 2


def test_a_target_without_a_ledger_has_no_snapshot(run):
    run.target.ledger_id = None
    with pytest.raises(ValueError, match="has no ledger"):
        kept(run, catalog())
    assert newest_snapshot(run.target) is None
    assert newest_snapshot(None) is None


def test_the_newest_is_that_of_the_present_ledger(run):
    kept(run, catalog())
    second = kept(run, catalog(id="integer"))
    other = factories.RunFactory()
    kept(other, catalog())
    newest = newest_snapshot(run.target)
    assert newest is not None
    assert newest.pk == second.number
    assert newest.get_deferred_fields() == set()
    assert newest.content.get_deferred_fields() == {"body"}
    run.target.ledger_id = uuid4()
    assert newest_snapshot(run.target) is None


def test_the_one_before_is_of_the_same_target(run):
    first = kept(run, catalog())
    kept(factories.RunFactory(), catalog(id="integer"))
    second = kept(run, catalog(id="integer"))
    row = CatalogSnapshot.objects.get(pk=second.number)
    older = before(row)
    assert older is not None
    assert (older.pk, before(older)) == (first.number, None)


def bent(field, value):
    """Change a stored content past the triggers, as somebody with the owner's rights can."""
    table = "ceremony_catalogcontent"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        cursor.execute(f"UPDATE {table} SET {field} = %s", [value])


@pytest.mark.parametrize("field", ["digest", "rights_digest", "cosmetic_digest"])
def test_a_content_that_does_not_add_up_is_tampering(run, field):
    kept(run, catalog())
    bent(field, "catalog-v1:" + "0" * 64)
    row = CatalogSnapshot.objects.get()
    with pytest.raises(Tampered) as caught:
        reference_of(row, run.target)
    assert caught.value.code == "snapshot-touched"


@pytest.mark.parametrize(
    "body", [b"", b"x", zlib.compress(b"{}"), zlib.compress(b'{"objects": [{"kind": "moon"}]}')]
)
def test_a_body_that_is_none_cannot_be_read(run, body):
    kept(run, catalog())
    bent("body", body)
    with pytest.raises(SnapshotUnreadable):
        reference_of(CatalogSnapshot.objects.get(), run.target)
