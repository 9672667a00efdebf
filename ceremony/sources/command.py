"""A command of the application, run and timed: a list of arguments, no shell."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

KEPT = 2_000
"""Characters of the end of what it said that are kept."""


@dataclass(frozen=True)
class Ended:
    """``status`` is the exit status, negative for the signal that ended it, ``None`` where it could
    not start or was stopped because its time was over; ``said`` is the end of its output.
    """

    command: tuple[str, ...]
    status: int | None
    seconds: float
    said: str


def run_command(command: Sequence[str], seconds: float) -> Ended:
    """Run it in a process group of its own, which is ended when ``seconds`` are over, or when
    something interrupts us.
    """
    began = time.monotonic()
    told = tuple(command)
    try:
        process = subprocess.Popen(
            told,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return Ended(told, None, 0.0, f"It could not be started: {error.strerror}.")
    try:
        said, _ = process.communicate(timeout=max(seconds, 0.0))
    except subprocess.TimeoutExpired:
        said, status = _stopped(process), None
    except BaseException:
        _stopped(process)
        raise
    else:
        status = process.returncode
    text = said.decode(errors="replace")[-KEPT:].strip()
    return Ended(told, status, time.monotonic() - began, text)


def _stopped(process: "subprocess.Popen[bytes]") -> bytes:
    """End the whole group; what it said until then."""
    os.killpg(process.pid, signal.SIGKILL)
    said, _ = process.communicate()
    return said
