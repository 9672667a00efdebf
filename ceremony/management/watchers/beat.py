"""A beat: something done every so often beside the work, in a thread of its own."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Beat:
    """Calls ``do`` every ``seconds`` while the block runs; the first time after ``seconds``."""

    def __init__(self, seconds: float, do: Callable[[], None]) -> None:
        self._seconds = seconds
        self._do = do
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ceremony-beat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        # A look at the server can hang; the work is over and must not wait for it (the thread is a
        # daemon).
        self._thread.join(timeout=1.0)

    def _run(self) -> None:
        while not self._over.wait(self._seconds):
            self._do()
