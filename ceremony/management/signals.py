"""Ctrl-C, SIGTERM and a closed terminal all mean the same: stop what runs, in the server too, and
record it.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_STOPPING = "Stopping: the running statement is cancelled in the server, then the run is recorded."
_AGAIN = (
    "Still stopping. Once more leaves at once; "
    "the next command then settles the record from the ledger."
)


class _Stop:
    """The handler. The second signal only speaks, so that an impatient key does not break the
    recording.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._count = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self._count += 1
        if self._count < 3:
            # The signal may have come in the middle of a write, and streams refuse a second one.
            with suppress(RuntimeError):
                self._say(_STOPPING if self._count == 1 else _AGAIN)
        if self._count != 2:
            raise KeyboardInterrupt


@contextmanager
def stoppable(say: Callable[[str], None]) -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into one KeyboardInterrupt while the block runs.

    A SIGHUP that is ignored stays ignored: that is what ``nohup`` asks for. Outside the main thread
    nothing is changed, because Python delivers signals to the main thread alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stop = _Stop(say)
    meant = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    # None is a handler that Python did not set and could not put back.
    before = {
        number: handler
        for number in meant
        if (handler := signal.getsignal(number)) not in (signal.SIG_IGN, None)
    }
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
