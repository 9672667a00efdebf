"""Commands of the application: how they end, what they said, and that they end at all."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from ceremony.sources.command import KEPT, run_command


def test_one_that_ends_well():
    ended = run_command([sys.executable, "-c", "print('fine')"], 30)
    assert (ended.status, ended.said) == (0, "fine")
    assert ended.command == (sys.executable, "-c", "print('fine')")
    assert ended.seconds > 0


def test_what_it_says_on_stderr_is_kept_and_bounded():
    code = "import sys; sys.stderr.write('x' * 9000 + 'end'); sys.exit(3)"
    ended = run_command([sys.executable, "-c", code], 30)
    assert ended.status == 3
    assert len(ended.said) == KEPT
    assert ended.said.endswith("end")


def test_no_shell_reads_it():
    assert run_command(["echo", "$HOME; exit 3"], 30).said == "$HOME; exit 3"


def test_one_that_is_not_there():
    ended = run_command(["no-such-program-anywhere"], 30)
    assert (ended.status, ended.said) == (
        None,
        "It could not be started: No such file or directory.",
    )


def test_one_that_takes_too_long_is_ended_with_its_children(tmp_path):
    child = tmp_path / "child"
    code = (
        "import subprocess, sys, pathlib;"
        "p = subprocess.Popen(['sleep', '60']);"
        f"pathlib.Path({str(child)!r}).write_text(str(p.pid)); print('begun', flush=True); p.wait()"
    )
    ended = run_command([sys.executable, "-c", code], 2)
    assert (ended.status, ended.said) == (None, "begun")
    assert ended.seconds < 20
    until = time.monotonic() + 10
    while _is_running(child.read_text()) and time.monotonic() < until:
        time.sleep(0.05)
    assert not _is_running(child.read_text())


@pytest.mark.parametrize(("status", "wait"), [(0, "0"), (None, "20")])
def test_what_it_leaves_in_the_background_is_not_waited_for(tmp_path, status, wait):
    """A service that it started has left its group, and holds its output."""
    child = tmp_path / "child"
    script = f"setsid sleep 30 & echo $! > {child}; echo begun; sleep {wait}"
    try:
        ended = run_command(["sh", "-c", script], 1)
        assert (ended.status, ended.said) == (status, "begun")
        assert ended.seconds < 10
    finally:
        os.kill(int(child.read_text()), signal.SIGKILL)


def _is_running(pid: str) -> bool:
    """Whether there is such a process, apart from one that waits to be collected."""
    facts = Path(f"/proc/{pid}/stat")
    return facts.exists() and facts.read_text().rpartition(")")[2].split()[0] != "Z"
