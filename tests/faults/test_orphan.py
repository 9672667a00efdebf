"""The client is killed, its server process is not: it holds the lock until it has really ended."""

import time

import pytest

from tests.faults.proxy import Fault, Kind
from tests.faults.series import GOODS

SLOW = "SELECT pg_sleep(20) WHERE to_regclass('slow') IS NOT NULL;\n"
INSIDE = {"0002_slow.sql": f"CREATE TABLE notes (id int);\n{SLOW}"}
INDEX = "CREATE INDEX CONCURRENTLY goods_id ON goods (id);\n"
OUTSIDE = {"0002_slow.sql": f"-- Transaction: none\n{INDEX}{SLOW}"}
AS_SOON = 8.0
"""Seconds in which the server sees that its client is gone: it looks twice a second."""


@pytest.mark.parametrize("files", [INSIDE, OUTSIDE], ids=["in a transaction", "outside"])
def test_the_next_run_waits_for_the_orphan_and_names_it(stage, series_folder, files):
    stage.clear()
    series_folder("shop", {**GOODS, **files}, root=stage.root)
    stage.target.execute("CREATE TABLE slow ()")
    fault = Fault(Kind.KILL_AFTER, 1, since=b"pg_sleep", leave=True)
    assert stage.disturbed(fault, "apply_sql", "shop").reached
    wait_for_sleep(stage)
    refused = stage.run("apply_sql", "shop", "--no-wait")
    assert refused.status == 4, refused.told()
    pid = holder(stage)
    stage.target.execute("DROP TABLE slow")
    started = time.monotonic()
    answer = stage.run("apply_sql", "shop")
    assert time.monotonic() - started < AS_SOON
    assert answer.status == 0, answer.told()
    assert f"process {pid}" in refused.err
    seen = stage.seen()
    assert seen.applied == ("0001", "0002")
    assert stage.record(seen.ledger).complaints == ()


def wait_for_sleep(stage):
    """Until the orphan is in its statement: only then does killing its client leave one."""
    give_up = time.monotonic() + AS_SOON
    while holder(stage) is None:
        assert time.monotonic() < give_up, "the orphan never came to its statement"
        time.sleep(0.005)


def holder(stage):
    row = stage.target.execute(
        "SELECT pid FROM pg_stat_activity"
        " WHERE query LIKE 'SELECT pg_sleep(20)%' AND state = 'active'"
        " AND datname = current_database()"
    ).fetchone()
    return row and row[0]
