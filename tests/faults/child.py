"""The product in a process of its own, forked from this warm one, behind the proxy."""

import json
import os
import signal
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connections

from tests.acceptance.door import Answer, manage
from tests.faults.proxy import Fault, Proxy


@dataclass(frozen=True)
class Ended:
    """How a child ended: its answer, ``None`` when it was killed; whether the fault was met; what
    it had said.
    """

    answer: Answer | None
    reached: bool
    said: tuple[bytes, ...]


def in_child(
    arguments: tuple[str, ...],
    proxy: Proxy,
    fault: Fault | None = None,
    prepare: Callable[[], None] | None = None,
) -> Ended:
    """Run one command of the product in a forked child behind the proxy.

    ``prepare`` runs in the child first.
    """
    connections.close_all()
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns, because pytest's worker has a thread; the child never uses it.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        _live(arguments, proxy.folder, writing, prepare)
    os.close(writing)
    try:
        proxy.attend(reading, lambda: os.kill(pid, signal.SIGKILL), fault)
        with os.fdopen(reading, "rb", closefd=False) as pipe:
            said = pipe.read()
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        raise
    finally:
        os.close(reading)
        os.waitpid(pid, 0)
    return Ended(Answer(**json.loads(said)) if said else None, proxy.reached, tuple(proxy.said))


def _live(
    arguments: tuple[str, ...], folder: Path, writing: int, prepare: Callable[[], None] | None
) -> None:
    """All of the child's life. It must not return into the test."""
    status = 1
    try:
        for alias, entry in list(settings.DATABASES.items()):
            settings.DATABASES[alias] = {**entry, "HOST": str(folder)}
            if hasattr(connections._connections, alias):  # type: ignore[attr-defined]
                del connections[alias]
        if prepare is not None:
            prepare()
        answer = manage(*arguments)
        os.write(writing, json.dumps(answer.__dict__).encode())
        status = 0
    except BaseException:  # noqa: BLE001 (told, and then this process is no more)
        traceback.print_exc()
    finally:
        os._exit(status)
