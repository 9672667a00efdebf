"""Delivery: all ways of one notice at once, and never longer than the time that it has."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from ceremony.core.notice import Notice

logger = logging.getLogger("ceremony.notices")

RESTS = 60.0
"""Seconds for which nothing is waited for after a way that took too long."""


class Delivery:
    """How notices of this process go out.

    Threads, because nothing else ends a look-up of a name or a mail server that does not answer: a
    run that holds the lock of a production database waits for neither. And it waits once: what was
    too slow a moment ago is tried again, but not waited for.
    """

    def __init__(self) -> None:
        self._hurried_until = 0.0

    def deliver(self, notice: Notice, ways: Sequence[Callable[[], None]], seconds: float) -> None:
        """Go all ways at once and wait ``seconds`` at most; what is not done by then is left
        behind, and logged.
        """
        threads = [threading.Thread(target=way, name="notice", daemon=True) for way in ways]
        for thread in threads:
            thread.start()
        began = time.monotonic()
        until = began + (0.0 if began < self._hurried_until else seconds)
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        late = sum(thread.is_alive() for thread in threads)
        if late:
            self._hurried_until = time.monotonic() + RESTS
            logger.warning(
                "The notice “%s”: %d of %d ways took too long.", notice.occasion, late, len(ways)
            )


deliver = Delivery().deliver
"""The one delivery of this process."""
