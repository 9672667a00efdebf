"""Stop the world: halting by hand, the stations, and what a halt lets through."""

import json
import re
import subprocess
from typing import Any

import pytest

from ceremony.models import AuditEvent, Ceremony, HaltStep
from tests.acceptance.conftest import Golden
from tests.acceptance.door import Answer, manage, shell, started
from tests.acceptance.test_concurrency import until, url
from tests.acceptance.world import QUIET, WHOLE, World
from tests.conftest import Database

SLOW = "-- Timeout: lock 60s\nCREATE TABLE slow (id int);\nSELECT pg_sleep(60);\n"


def halted(*flags: str) -> Answer:
    return manage("halt_sql", "--database", "shop", "--reason", "Wrong figures.", *flags)


def resumed(*flags: str) -> Answer:
    return manage("resume_sql", "--database", "shop", *flags)


def report(answer: Answer) -> dict[str, Any]:
    assert answer.status == 0, answer.told()
    found: dict[str, Any] = json.loads(answer.out)["reports"][0]
    return found


def events(world: World) -> list[str]:
    return [row[0] for row in world.ask("SELECT event FROM ceremony_ledger ORDER BY sequence")]


@pytest.fixture
def shop(world: World) -> World:
    world.write({**WHOLE, **QUIET})
    world.target()
    world.applied()
    world.write({"0002_more.sql": "CREATE TABLE more (id int);\n",
                 "0002_more.rollback.sql": "DROP TABLE more;\n"})  # fmt: skip
    return world


def close(*answers: Answer) -> str:
    """Answers without the width of columns, which depends on who runs the tests."""
    return re.sub(" {3,}", "   ", "\n".join(one.told() for one in answers))


def test_by_hand_and_back(shop: World, golden: Golden) -> None:
    stopped = halted()
    assert events(shop) == ["opened", "applied", "halted"]
    refused = shop.apply()
    assert refused.status == 3
    assert shop.applied_versions() == ["0001"]
    answers = [
        stopped,
        refused,
        resumed(),
        resumed("--assess", "The report counted rows twice."),
        resumed("--decide", "accept", "--reason", "The data is right."),
        resumed("--document", "Count in the view."),
        resumed(),
    ]
    golden("halt/by-hand", close(*answers))
    assert [one.status for one in answers] == [0, 3, 0, 0, 0, 0, 0]
    assert events(shop) == ["opened", "applied", "halted", "resumed"]
    shop.applied()
    assert shop.applied_versions() == ["0001", "0002"]
    told = AuditEvent.objects.filter(action__startswith="halt ") | AuditEvent.objects.filter(
        action="target halted"
    )
    assert list(told.order_by("sequence").values_list("action", flat=True)) == [
        "target halted",
        "halt assessed",
        "halt decided",
        "halt executed",
        "halt documented",
        "halt lifted",
    ]
    audit = manage("verify_audit")
    assert audit.status == 0, audit.told()
