"""The content series: a live database and an empty one come to the same end."""

import json
import shutil

import pytest
from django.conf import settings

from tests.acceptance.door import ROOT, manage
from tests.acceptance.world import World

HISTORY = ["0000", "0002", "0003", "0004", "0005", "0006", "0007", "0029"]


@pytest.fixture
def content(world: World) -> World:
    """A copy of the content series, which a test may change."""
    shutil.copytree(ROOT / "migrations_sql" / "content", world.root / "content")
    world.target("content")
    return world


def live(world: World) -> None:
    """A database that the old files built by another hand: the schema is there, no ledger is."""
    for version in HISTORY:
        (path,) = [p for p in (world.root / "content").glob(f"{version}_*.sql") if p.name.count(".") == 1]
        world.ask(path.read_text(), "content")


def events(world: World) -> list[tuple[str, str]]:
    return [
        (version, event)
        for version, event in world.ask(
            "SELECT version, event FROM ceremony_ledger WHERE series <> '' ORDER BY sequence",
            "content",
        )
    ]


def test_a_live_database_is_recorded_after_its_proof(content: World) -> None:
    live(content)
    before = content.catalog("content")
    answer = manage("baseline_sql", "content")
    assert answer.status == 0, answer.told()
    print(answer.told())
    assert events(content) == [(v, "baselined") for v in [*HISTORY, "0030"]]
