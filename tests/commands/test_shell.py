"""The commands as a shell starts them: streams, exit status, signals, a terminal, a closed pipe."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.commands.stage import BAD, SLOW

CHECKOUT = Path(__file__).parents[2]


class Shell:
    """Starts ``manage.py`` as a process, with the databases of a stage."""

    def __init__(self, stage):
        self.stage = stage
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.environment = {
            **kept,
            "PYTHONUTF8": "1",
            "SECRET_KEY": "only for this test",
            "DATABASE_URL": stage.control.conninfo,
            "CEREMONY_ROOT": str(stage.root),
            "CEREMONY_EXTRA_ALIASES": "mine",
            "MINE_DATABASE_URL": stage.target.conninfo,
        }

    def start(self, *arguments, **more):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **more}
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.Popen(command, cwd=CHECKOUT, env=self.environment, **options)

    def run(self, *arguments):
        process = self.start(*arguments)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def wait_for(self, query, wanted, seconds=30):
        """Until the target answers ``wanted``."""
        with self.stage.target.connect() as connection:
            until = time.monotonic() + seconds
            while connection.execute(query).fetchone() != wanted:
                assert time.monotonic() < until, f"not within {seconds} s: {query}"
                time.sleep(0.05)

    def sleeping(self, wanted):
        self.wait_for(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'",
            (wanted,),
        )


@pytest.fixture
def shell(stage):
    return Shell(stage)


def test_data_is_on_stdout_and_talk_on_stderr(shell):
    status, out, err = shell.run("apply_sql", "mine")
    assert status == 0
    assert out.startswith("✓ Applied 1 migration of mine on mine (local) in ")
    assert err.splitlines()[0].startswith("Applying 1 migration of mine; server process ")
    assert err.splitlines()[1].startswith("[1/1] 0001_orders  ✓ PASS  1/1 checks  ")


def test_a_failure_is_a_page_an_error_and_an_exit_status_without_traceback(shell):
    shell.stage.files(BAD)
    status, out, err = shell.run("apply_sql", "mine", "--format", "json")
    assert status == 1
    written = json.loads(out)
    assert (written["exit_code"], written["error"]["code"]) == (1, "statement-failed")
    assert "Traceback" not in err
    assert "sql/mine/0003_bad.sql:3:16 · statement 2" in err, err
    assert "     3 │   ADD COLUMN x nosuch;\n       │                ^\n" in err
    assert "SQLSTATE 42704" in err


def test_a_traceback_is_shown_on_request_with_the_same_exit_status(shell):
    status, out, err = shell.run("apply_sql", "nosuch", "--traceback")
    assert (status, out) == (2, "")
    assert err.startswith("Traceback (most recent call last):")
    assert "✕ There is no series 'nosuch'" in err


def test_a_misspelt_flag_ends_with_two(shell):
    status, out, err = shell.run("apply_sql", "mine", "--chek")
    assert (status, out) == (2, "")
    assert "unrecognized arguments: --chek" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopping_cancels_in_the_server_records_and_ends_with_130(shell, number):
    shell.stage.files(SLOW)
    process = shell.start("apply_sql", "mine")
    shell.sleeping(1)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert "Stopping: the running statement is cancelled in the server" in err
    assert "[run-interrupted]" in err
    assert "Traceback" not in out + err
    shell.sleeping(0)
    with shell.stage.target.connect() as connection:
        assert connection.execute("SELECT to_regclass('slow')").fetchone() == (None,)
    with shell.stage.control.connect() as connection:
        states = connection.execute("SELECT state FROM ceremony_outcome ORDER BY id").fetchall()
    assert states == [("done",), ("failed",)]


def test_a_reader_that_leaves_does_not_stop_the_work(shell):
    reading, writing = os.pipe()
    process = shell.start("apply_sql", "mine", stdout=writing, stderr=writing)
    os.close(writing)
    os.close(reading)
    assert process.wait(timeout=60) == 0
    with shell.stage.target.connect() as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (0,)


@contextmanager
def _terminal(shell, *arguments):
    """A command on a terminal of 100 columns; gives the process and what it wrote so far."""
    ours, theirs = pty.openpty()
    shell.environment |= {"TERM": "xterm", "COLUMNS": "100"}
    process = shell.start(*arguments, stdout=theirs, stderr=theirs, stdin=theirs)
    os.close(theirs)
    seen = bytearray()

    def read_until(words, seconds=30):
        until = time.monotonic() + seconds
        while words not in seen.decode(errors="ignore"):
            assert time.monotonic() < until, seen.decode(errors="replace")[-500:]
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    seen.extend(os.read(ours, 65536))
                except OSError:
                    break
        return seen.decode(errors="ignore")

    try:
        yield process, read_until
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_a_terminal_has_one_live_line_and_colours(shell):
    shell.stage.files(SLOW)
    with _terminal(shell, "apply_sql", "mine") as (process, read_until):
        text = read_until("migration 2 of 2 · 0003_slow · statement 2/2 · 1.")
        assert "\x1b[?25l" in text
        process.send_signal(signal.SIGINT)
        text = read_until("Next   ")
        assert process.wait(timeout=30) == 130
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    assert "\x1b[1;31m✕ " in text


def test_no_color_leaves_the_terminal_uncoloured(shell):
    shell.environment["NO_COLOR"] = "1"
    with _terminal(shell, "status_sql", "mine") as (process, read_until):
        text = read_until("Next   manage.py plan_sql mine")
        assert process.wait(timeout=30) == 0
    assert "○ pending" in text
    assert "\x1b[3" not in text


def test_the_live_line_has_the_servers_own_progress(shell):
    """An open transaction keeps CREATE INDEX CONCURRENTLY waiting where it can be seen."""
    shell.stage.files(
        {
            "0002_index.sql": "-- Transaction: none\n"
            "CREATE INDEX CONCURRENTLY one ON orders (note);\n"
        }
    )
    assert shell.run("apply_sql", "mine", "--to", "0001")[0] == 0
    with shell.stage.target.connect() as blocking:
        blocking.execute("BEGIN; LOCK TABLE orders IN ROW EXCLUSIVE MODE")
        with _terminal(shell, "apply_sql", "mine") as (process, read_until):
            read_until(" s · waits for 1 session (waiting for writers")
            blocking.execute("ROLLBACK")
            read_until("Next   ")
            assert process.wait(timeout=30) == 0


def test_files_are_checked_without_a_database(shell):
    nowhere = "postgres://nobody:hush@127.0.0.1:1/nothing"
    shell.environment |= {"DATABASE_URL": nowhere, "MINE_DATABASE_URL": nowhere}
    status, out, err = shell.run("check_sql", "mine")
    assert (status, err) == (0, "")
    assert out.endswith("⚠ 1 migration in 1 series: 1 warning and 1 notice.\n")
    status, out, err = shell.run("apply_sql", "mine")
    assert (status, out) == (1, "")
    assert "[control-unreachable]" in err
    assert "hush" not in err


def test_the_second_of_two_waits_and_then_finds_nothing_to_do(shell):
    shell.stage.files({"0003_slow.sql": "SELECT pg_sleep(4);\n"})
    first = shell.start("apply_sql", "mine")
    shell.sleeping(1)
    status, out, err = shell.run("apply_sql", "mine")
    assert first.communicate(timeout=30)[0].startswith("✓ Applied 2 migrations of mine")
    assert (first.returncode, status) == (0, 0)
    assert out.startswith("✓ Up to date, nothing to apply: mine on mine (local).")
    assert err.startswith("Waiting for the lock; it is held by process ")
