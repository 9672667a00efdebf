"""A snapshot of a large catalog against ``pg_dump --schema-only`` of the same database.

python -m bench.snapshot [--tables 5000] [--rounds 5]

Every table has 10 columns, a primary key and an index. The two take turns; medians and their ratio
are printed. Of the snapshot: reading the catalog and working out the fingerprint; the start of
Python is told apart. Then what a refreshed snapshot costs after a change of one table, with few
tables around it and with many. Exits 1 when the snapshot is slower than pg_dump or takes more than
two round trips.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ceremony.pg.introspect import take
from ceremony.pg.introspector import Introspector
from ceremony.pg.session import Session, SessionSettings, open_session
from project import embedded
from project.cluster import Cluster
from project.place import memory_area
from tests.pg.proxy import Proxy

ROUND_TRIPS = 2
FEW = 200
_BATCH = 100
_CHILD = "--of"


class Cost(NamedTuple):
    """Seconds of work, seconds of the whole process, and the most memory it had, in MiB."""

    seconds: float
    whole: float
    peak: float


def fill(cluster: Cluster, name: str, tables: int) -> str:
    """A database with as many tables; the conninfo of it."""
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    conninfo = cluster.conninfo(name)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for first in range(0, tables, _BATCH):
            with connection.transaction(), connection.pipeline():
                for number in range(first, min(first + _BATCH, tables)):
                    _table(connection, number)
        connection.execute("VACUUM ANALYZE")
    return conninfo


def _table(connection: psycopg.Connection[tuple[object, ...]], number: int) -> None:
    kinds = ("integer NOT NULL", "text", "timestamptz DEFAULT now()")
    columns = ", ".join(f"c{n} {kinds[n % 3]}" for n in range(1, 10))
    connection.execute(f"CREATE TABLE t{number:05} (id bigint PRIMARY KEY, {columns})".encode())
    connection.execute(f"CREATE INDEX t{number:05}_c1 ON t{number:05} (c1)".encode())


def opened(conninfo: str) -> Session:
    """A session, as the product opens one."""
    parameters = {name: str(value) for name, value in conninfo_to_dict(conninfo).items()}
    return open_session(parameters, SessionSettings())


def snapshot_child(conninfo: str) -> None:
    """What the measured process does: one snapshot, its fingerprint, and what that took."""
    with opened(conninfo) as session:
        before = time.perf_counter()
        digest = take(session, ledger_schema="public").digest
        print(json.dumps({"seconds": time.perf_counter() - before, "digest": digest}))


def measured(command: list[str], *, says: bool) -> Cost:
    """A process by itself; ``says`` when it tells how long its work took."""
    before = time.perf_counter()
    out = subprocess.PIPE if says else subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=out, text=True)
    said = process.stdout.read() if process.stdout is not None else ""
    _, status, used = os.wait4(process.pid, 0)
    whole = time.perf_counter() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(json.loads(said)["seconds"] if says else whole, whole, used.ru_maxrss / 1024)


def compare(cluster: Cluster, conninfo: str, rounds: int) -> float:
    """Prints both and the ratio of their medians, which it gives."""
    ours = [sys.executable, "-m", "bench.snapshot", _CHILD, conninfo]
    dump = [str(cluster.bindir / "pg_dump"), "--schema-only", f"--dbname={conninfo}"]
    pairs = [(measured(ours, says=True), measured(dump, says=False)) for _ in range(rounds)]
    shown = ("snapshot", [a for a, _ in pairs]), ("pg_dump", [b for _, b in pairs])
    for name, costs in shown:
        print(
            f"{name:9} {_median(costs, 'seconds'):.2f} s, whole process "
            f"{_median(costs, 'whole'):.2f} s, at most {_median(costs, 'peak'):.0f} MiB"
        )
    ratio = statistics.median(a.seconds / b.seconds for a, b in pairs)
    print(f"ratio     {ratio:.2f} (limit 1)")
    return ratio


def _median(costs: list[Cost], field: str) -> float:
    return float(statistics.median(getattr(cost, field) for cost in costs))


def round_trips(cluster: Cluster, conninfo: str) -> int:
    """How often a snapshot waits for the server."""
    with tempfile.TemporaryDirectory() as folder:
        proxy = Proxy(Path(folder), Path(cluster.socket_dir) / ".s.PGSQL.5432", delay=0.003)
        with opened(make_conninfo(conninfo, host=folder)) as session:
            proxy.reset()
            take(session, ledger_schema="public")
            turns = proxy.turns
        proxy.close()
    return turns


def refreshed(conninfo: str, rounds: int) -> float:
    """Milliseconds of a refresh after one table was changed (median)."""
    with (
        psycopg.connect(conninfo, autocommit=True) as connection,
        opened(conninfo) as session,
    ):
        introspector = Introspector(session, ledger_schema="public")
        known = introspector.refresh(introspector.full())
        taken = []
        for number in range(rounds):
            connection.execute(f"ALTER TABLE t00000 ADD more{number} integer".encode())
            before = time.perf_counter()
            known = introspector.refresh(known)
            taken.append((time.perf_counter() - before) * 1000)
        return statistics.median(taken)


def main() -> int:
    """Measure and print; exits 1 when a limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(_CHILD, default="")
    options = parser.parse_args()
    if options.of:
        snapshot_child(options.of)
        return 0
    elsewhere = os.environ.get("CEREMONY_TEST_PG_BINDIR")
    with embedded.throwaway(Path(elsewhere) if elsewhere else None, memory_area()) as cluster:
        many = fill(cluster, "many", options.tables)
        few = fill(cluster, "few", FEW)
        print(f"PostgreSQL {cluster.version}, {options.tables} tables with 10 columns each")
        ratio = compare(cluster, many, options.rounds)
        turns = round_trips(cluster, many)
        print(f"{turns} round trip(s) (limit {ROUND_TRIPS})")
        for count, conninfo in ((FEW, few), (options.tables, many)):
            took = refreshed(conninfo, 20)
            print(f"refresh after a change of one table among {count}: {took:.1f} ms")
    return int(ratio > 1 or turns > ROUND_TRIPS)


if __name__ == "__main__":
    sys.exit(main())
