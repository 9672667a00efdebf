"""PostgreSQL's own progress, asked on a connection of its own."""

import threading
import time

import psycopg

from ceremony.pg.progress import Monitor, Progress
from tests.pg.making import libpq


def test_a_concurrent_build_that_waits(target):
    with psycopg.connect(target, autocommit=True) as builder, psycopg.connect(target) as writer:
        builder.execute("CREATE TABLE t (a int)")
        writer.execute("INSERT INTO t VALUES (1)")
        thread = threading.Thread(
            target=builder.execute, args=("CREATE INDEX CONCURRENTLY ON t (a)",)
        )
        thread.start()
        with Monitor(libpq(target), builder.info.backend_pid) as monitor:
            seen = None
            for _ in range(100):
                seen = monitor.look()
                if seen is not None and seen.total:
                    break
                time.sleep(0.05)
            writer.commit()
            thread.join()
            assert monitor.look() is None
    assert seen == Progress("waiting for writers before build", 0, 1, "sessions waited for")


def test_copy(target):
    with psycopg.connect(target, autocommit=True) as loader:
        loader.execute("CREATE TABLE t (a int)")
        with (
            Monitor(libpq(target), loader.info.backend_pid) as monitor,
            loader.cursor().copy("COPY t FROM STDIN") as copy,
        ):
            copy.write(b"1\n" * 200_000)
            for _ in range(100):
                seen = monitor.look()
                if seen is not None and seen.done:
                    break
                time.sleep(0.05)
    assert (seen.phase, seen.total, seen.unit) == ("copying", 0, "rows")
    assert seen.done > 0


def test_a_server_that_cannot_be_asked(target):
    with Monitor({"host": "/nowhere"}, 1) as monitor:
        assert monitor.look() is None
