"""Delivery: all ways of one notice at once, and never longer than the time that it has."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from ceremony.core.notice import Notice

logger = logging.getLogger("ceremony.notices")


def deliver(notice: Notice, ways: Sequence[Callable[[], None]], seconds: float) -> None:
    """Go all ways at once and wait ``seconds`` at most; what is not done by then is left behind.

    Threads, because nothing else ends a look-up of a name or a mail server that does not answer: a
    run that holds the lock of a production database waits for neither.
    """
    threads = [threading.Thread(target=way, name="notice", daemon=True) for way in ways]
    for thread in threads:
        thread.start()
    until = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    late = sum(thread.is_alive() for thread in threads)
    if late:
        logger.warning(
            "The notice “%s”: %d of %d ways took too long.", notice.occasion, late, len(ways)
        )
