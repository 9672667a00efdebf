"""Development and test servers: started when first wanted, stopped when last left.

Who uses a server is counted by the kernel: each user holds a shared lock on a file for as long as
its process lives (flock(2)), so that a killed process leaves no false entry. The last one out gets
the exclusive lock, and stops the server. For a user that is killed, its guard does: a shell that
waits at the other end of a pipe, which the kernel closes when the user is gone.
"""

import fcntl
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import IO

from ceremony.errors import Failed
from project.binaries import server_user, wheel_binaries
from project.cluster import Cluster, claim
from project.place import CHECKOUT, development_place, temporary_area

#: How long a start or stop by somebody else may take before we say so and give up.
LOCK_SECONDS = 90

#: Reads a line from its user; the end of the pipe without one means that the user was killed.
GUARD = 'read -r done || exec "$0" -m project.guard "$@"'

HELD_BACK = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}

#: A throw-away server may lose its data in a power cut; nothing else about it differs.
THROWAWAY_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
}


@contextmanager
def server() -> Iterator[Cluster]:
    """The development server of this checkout, running for as long as the block lasts.

    Several processes share one server. Raises ``UsageError`` or ``Failed``, codes ``server-…``.
    """
    place = development_place()
    claim(place)
    with _used(Cluster(place, wheel_binaries(), {})) as cluster:
        yield cluster


@contextmanager
def throwaway(
    binaries: Path | None = None,
    area: Path | None = None,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Cluster]:
    """An empty server for tests and measurements, deleted at the end of the block.

    ``binaries``: another server's directory of programs; without it, the wheel's. ``area``: where
    its data is kept; without it, in the temporary area. ``settings``: further settings of the
    server.
    """
    source = binaries or wheel_binaries()
    nursery = throwaway_nursery(area or temporary_area())
    with ExitStack() as stack:
        with _locked(nursery / "sweep.lock"):
            for orphan in nursery.glob("[0-9a-f]*/"):
                stop_unused(orphan, source, delete=True)
            place = nursery / secrets.token_hex(4)
            claim(place)
            cluster = Cluster(place, source, {**THROWAWAY_SETTINGS, **settings})
            stack.enter_context(_used(cluster, delete=True))
        yield cluster


def throwaway_nursery(area: Path) -> Path:
    """The directory in which this user's throw-away servers live, each under a random name."""
    nursery = area / f"ceremony-test-{os.geteuid()}"
    claim(nursery)
    if server_user() is not None:
        nursery.chmod(0o711)
    return nursery


def stop_unused(place: Path, binaries: Path, *, delete: bool) -> bool:
    """Stop the server at ``place``, and ``delete`` it, unless somebody uses it. True when done."""
    cluster = Cluster(place, binaries, {})
    with ExitStack() as stack:
        try:
            stack.enter_context(_locked(place / "start.lock"))
            users = stack.enter_context((place / "users.lock").open("a"))
        except FileNotFoundError:
            return True  # somebody else removed it while we waited
        if not _taken(users):
            return False
        if cluster.answers():
            cluster.stop()
        if delete:
            cluster.remove()
        return True


@contextmanager
def _used(cluster: Cluster, *, delete: bool = False) -> Iterator[Cluster]:
    start_lock = cluster.place / "start.lock"
    with _guarded(cluster, delete=delete), (cluster.place / "users.lock").open("a") as users:
        with _locked(start_lock), _signals_held_back():
            cluster.ensure_running()
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield cluster
        finally:
            with _locked(start_lock), _signals_held_back():
                if _taken(users):
                    cluster.stop()
                    if delete:
                        cluster.remove()


@contextmanager
def _guarded(cluster: Cluster, *, delete: bool) -> Iterator[None]:
    """Have the server stopped even if this process is killed in the block."""
    arguments = [str(cluster.place), str(cluster.programs), *(["--delete"] if delete else [])]
    guard = subprocess.Popen(
        ["/bin/sh", "-c", GUARD, sys.executable, *arguments],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        guard.communicate(b"done\n")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as handle:
        give_up = time.monotonic() + LOCK_SECONDS
        while not _taken(handle):
            if time.monotonic() >= give_up:
                raise Failed(
                    "server-locked",
                    f"Another process has been starting or stopping the server in {path.parent}"
                    f" for {LOCK_SECONDS} seconds.",
                    next_step=f"fuser {path} (says which process it is), end that one, try again",
                )
            time.sleep(0.05)
        yield


def _taken(handle: IO[str]) -> bool:
    """Whether this handle got the exclusive lock: nobody else holds a shared one."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Half a start or stop would leave a server behind: signals wait for the other half."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
