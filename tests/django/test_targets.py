"""Targets as they are seen, and what becomes of another identity."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from ceremony.actions.targets import SeenTarget, known_target, ledger_seen, target_seen
from ceremony.models import AuditEvent, MigrationRecord
from tests.django import factories
from tests.django.factories import NOON

SEEN = SeenTarget("db1", "local", "", "", "shop", 16384, "7441234567890123456", 180004, uuid4())

pytestmark = pytest.mark.django_db


def seen(what=SEEN, minutes=0):
    return target_seen(what, actor="lena", seen_at=NOON + timedelta(minutes=minutes))


def actions():
    return list(AuditEvent.objects.order_by("sequence").values_list("action", flat=True))


def test_the_first_sight_is_an_act():
    assert known_target("db1") is None
    target = seen()
    assert known_target("db1") == target
    assert actions() == ["trail opened", "target registered"]


def test_the_same_target_again_is_none():
    seen()
    target = seen(minutes=5)
    assert (target.first_seen_at, target.last_seen_at) == (NOON, NOON + timedelta(minutes=5))
    assert actions() == ["trail opened", "target registered"]


def test_another_identity_is_an_act_that_names_both():
    seen()
    seen(replace(SEEN, database_oid=99))
    detail = AuditEvent.objects.first().detail()
    assert (detail["before"]["database_oid"], detail["after"]["database_oid"]) == ("16384", "99")


def test_a_ledger_that_appears_keeps_what_is_known():
    seen(replace(SEEN, ledger_id=None))
    target = seen()
    assert target.ledger_id == SEEN.ledger_id
    assert actions()[-1] == "ledger opened"


def test_another_ledger_drops_the_cache_of_the_old_one():
    target = seen()
    ledger_seen(target, 7, "c" * 64)
    factories.MigrationRecordFactory(target=target)
    target = seen(replace(SEEN, ledger_id=uuid4()))
    assert (target.ledger_sequence, target.ledger_hash) == (0, "")
    assert not MigrationRecord.objects.exists()


def test_the_ledger_s_head_moves_forward_only():
    target = seen()
    ledger_seen(target, 7, "c" * 64)
    ledger_seen(target, 6, "d" * 64)
    target.refresh_from_db()
    assert (target.ledger_sequence, target.ledger_hash) == (7, "c" * 64)
