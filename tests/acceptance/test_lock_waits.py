"""What a statement waited for a lock stands in the record of its attempt."""

import threading
import time

import pytest

from ceremony.models import Outcome
from tests.acceptance.world import WHOLE, World

WAITED = 1.0
CHANGES = {
    "in a transaction": "ALTER TABLE things ADD COLUMN note text;\n",
    "outside one": "-- Transaction: none\n"
    "CREATE INDEX CONCURRENTLY things_name ON things (name);\n",
}


def let_go_when_awaited(world: World, commit: threading.Event) -> None:
    """Say so when somebody has waited for a lock long enough."""
    while not world.ask("SELECT 1 FROM pg_locks WHERE NOT granted"):
        time.sleep(0.02)
    time.sleep(WAITED)
    commit.set()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_record_tells_how_long_a_statement_waited(world: World, change: str) -> None:
    world.write(WHOLE)
    world.target()
    world.applied()
    world.write({"0002_more.sql": change})
    commit = threading.Event()
    waiter = threading.Thread(target=let_go_when_awaited, args=(world, commit))
    with world.target().connect() as other:
        other.autocommit = False
        other.execute("INSERT INTO things VALUES (7, 'seven')")

        def end() -> None:
            commit.wait(30)
            other.commit()

        holder = threading.Thread(target=end)
        waiter.start()
        holder.start()
        world.applied()
        waiter.join()
        holder.join()
    (kept,) = Outcome.objects.get(attempt__version="0002").statements
    assert WAITED / 2 < kept["waited"] <= kept["seconds"]
