"""The five series, each from an empty database: up, up again, down step by step, up once more."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg.types.json import Jsonb

from project.binaries import find_wheel_binaries
from tests.acceptance.catalog import Facts
from tests.acceptance.door import ROOT, Answer, manage
from tests.acceptance.world import World

STEPS = {
    "rebalancing": ["0001", "0008", "0013_5", "0014"],
    "listings": ["000", "001", "002", "003", "004"],
    "outbox": ["20251118000000", "20251118094238", "20251118095804"],
    "calendar": ["20260101000000", "20260116000000", "20260117000000", "20260118000000",
                 "20260119000000"],
    "content": ["0030"],
}  # fmt: skip
REFERENCE = {"listings": ("settings",)}
ACCEPT = ("--accept-data-loss", "a drill", "--backup-evidence", "the database is a test's own")


@pytest.fixture
def shipped(world: World) -> World:
    """The folder of series that the product ships."""
    world.root = ROOT / "migrations_sql"
    settings.CEREMONY = {**settings.CEREMONY, "ROOT": world.root}
    return world


def seen(world: World, series: str) -> Facts:
    return world.catalog(series, REFERENCE.get(series, ()))


def passed(answer: Answer) -> None:
    """The run ended well, and no migration with less than a PASS."""
    assert answer.status == 0, answer.told()
    report = json.loads(answer.out)["reports"][0]
    assert report["verdict"] == "PASS", answer.out


@pytest.mark.parametrize("series", STEPS)
def test_whole_ceremony(series: str, shipped: World) -> None:
    shipped.target(series)
    states = [seen(shipped, series)]
    for version in STEPS[series]:
        passed(manage("apply_sql", series, "--to", version, "--format", "json"))
        states.append(seen(shipped, series))
        assert states[-1] != states[-2] or version == "20260118000000"
    assert shipped.applied_versions(series, series) == STEPS[series]

    before = shipped.ledger(series)
    passed(manage("apply_sql", series, "--format", "json"))
    assert shipped.ledger(series) == before
    assert seen(shipped, series) == states[-1]

    for expected in reversed(states[:-1]):
        passed(manage("rollback_sql", series, *ACCEPT, "--format", "json"))
        assert seen(shipped, series) == expected
    assert shipped.applied_versions(series, series) == []

    passed(manage("apply_sql", series, "--format", "json"))
    assert seen(shipped, series) == states[-1]
    assert manage("verify_sql", series).status == 0
