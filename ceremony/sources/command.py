"""A command of the application, run and timed: a list of arguments, no shell."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import BinaryIO

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

    What it leaves running in the background (a service that it started) is not waited for, even
    where that still holds its output.
    """
    told = tuple(command)
    # A file, and no pipe: whoever reads a pipe waits until the last one that holds it has gone.
    with TemporaryFile() as output:
        began = time.monotonic()
        try:
            process = subprocess.Popen(
                told,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return Ended(told, None, 0.0, f"It could not be started: {error.strerror}.")
        status = _waited_for(process, seconds)
        return Ended(told, status, time.monotonic() - began, _end_of(output))


def _waited_for(process: "subprocess.Popen[bytes]", seconds: float) -> int | None:
    """Its exit status; ``None`` where its time was over. Its group is ended then."""
    try:
        return process.wait(timeout=max(seconds, 0.0))
    except BaseException as reason:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if isinstance(reason, subprocess.TimeoutExpired):
            return None
        raise


def _end_of(output: BinaryIO) -> str:
    """The last ``KEPT`` characters; one takes at most four bytes."""
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - 4 * KEPT))
    return output.read().decode(errors="replace")[-KEPT:].strip()
