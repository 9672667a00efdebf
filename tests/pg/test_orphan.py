"""A client dies while its statement runs outside a transaction: the server soon stops it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[2]
RUNNER = """
import sys
from ceremony.core.script import Probe, ProbeTarget
from tests.pg.making import running, step
from tests.pg.scenarios import concurrently
run = step(sys.argv[2], transactional=False)
run = concurrently(run, 1, ProbeTarget(Probe.NONE), "select_stmt")
with running(sys.argv[1]) as (executor, _):
    executor.run([run])
"""
WAITING = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE query = %s AND state = 'active' AND datname = current_database()"
)
LOCKS = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def until(connection, wanted, question, *parameters, seconds):
    give_up = time.monotonic() + seconds
    while connection.execute(question, parameters).fetchone()[0] != wanted:
        assert time.monotonic() < give_up, f"{question} {parameters}"
        time.sleep(0.02)


@pytest.mark.parametrize("text", ["SELECT pg_sleep(30)", "CREATE INDEX CONCURRENTLY t_a ON t (a)"])
def test_a_killed_client_leaves_no_orphan(target, text):
    with (
        psycopg.connect(target, autocommit=True) as other,
        psycopg.connect(target) as writer,
    ):
        other.execute("CREATE TABLE t (a int)")
        writer.execute("INSERT INTO t VALUES (1)")
        runner = subprocess.Popen([sys.executable, "-c", RUNNER, target, text], cwd=ROOT)
        until(other, 1, WAITING, text, seconds=20)
        os.kill(runner.pid, signal.SIGKILL)
        runner.wait(timeout=10)
        until(other, 0, WAITING, text, seconds=2)
        until(other, 0, LOCKS, seconds=2)
