"""Two commands at once on one target: processes of their own, as from two terminals."""

import re
import subprocess
import time
from collections.abc import Callable

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.acceptance.door import shell, started
from tests.acceptance.world import World
from tests.conftest import Database

GATE = 4711
SLOW = f"-- Timeout: lock 60s\nCREATE TABLE slow (id int);\nSELECT pg_advisory_xact_lock({GATE});\n"


def url(database: Database) -> str:
    parts = conninfo_to_dict(database.conninfo)
    return f"postgres://{parts['user']}@/{database.name}?host={parts['host']}"


@pytest.fixture
def terminals(world: World, control: Database) -> dict[str, str]:
    """What every terminal has in its environment."""
    world.write({"0001_slow.sql": SLOW})
    return {
        "DATABASE_URL": url(control),
        "CEREMONY_ROOT": str(world.root),
        "CEREMONY_EXTRA_ALIASES": "shop",
        "SHOP_DATABASE_URL": url(world.target()),
    }


def test_one_works_and_the_other_waits(world: World, terminals: dict[str, str], golden) -> None:
    with world.target().connect() as gate:
        gate.execute(f"SELECT pg_advisory_lock({GATE})")
        first = started("apply_sql", "shop", **terminals)
        until(lambda: waiting(world) == 1, first)
        second = started("apply_sql", "shop", **terminals)
        third = shell("apply_sql", "shop", "--no-wait", **terminals)
        assert second.stderr is not None
        heard = second.stderr.readline()
        gate.execute(f"SELECT pg_advisory_unlock({GATE})")
        told = [process.communicate(timeout=30) for process in (first, second)]

    golden("concurrency/no-wait", third.told())
    assert third.status == 4
    pid, *_ = re.findall(r"process (\d+)", third.err)
    assert re.search(r'as "postgres", over the local socket, connected since \d{4}-', third.err)
    assert re.match(rf"Waiting for the lock; it is held by process {pid}, ", heard), heard
    assert (first.returncode, second.returncode) == (0, 0), told
    assert told[0][0].startswith("✓ Applied 1 migration of shop on shop (local)")
    assert told[1][0].startswith("✓ Up to date, nothing to apply: shop on shop (local).")
    assert world.applied_versions() == ["0001"]
    assert len(world.ledger()) == 2


def waiting(world):
    """How many sessions wait at the gate."""
    question = (
        f"SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
        f" AND objid = {GATE}"
    )
    return world.ask(question)[0][0]


def until(done: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    give_up = time.monotonic() + 30
    while not done():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < give_up
        time.sleep(0.02)
