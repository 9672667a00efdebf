"""Where the development PostgreSQL of this checkout lives.

The data stays out of homes and checkouts: for root the server runs as an unprivileged user, who
must be able to reach its files without any home being opened.
"""

import hashlib
import os
import tempfile
from pathlib import Path

from project.binaries import server_user, traversable

CHECKOUT = Path(__file__).resolve().parent.parent

#: Where Linux keeps files in memory (shm_overview(7)), and how many bytes must be free there.
MEMORY = Path("/dev/shm")
MEMORY_ROOM = 4 * 1024**3

#: A Unix socket's address holds 107 bytes on Linux and 103 on macOS (unix(7), unix(4)).
LONGEST_SOCKET_PATH = 103
SOCKET_FILE = ".s.PGSQL.5432"
LONGEST_PLACE_NAME = len("ceremony-test-4294967295/01234567/run/") + len(SOCKET_FILE)


def temporary_area() -> Path:
    """The temporary directory.

    ``/tmp`` where the usual one is too long for a socket path, or closed to the user that runs the
    server for root.
    """
    usual = Path(tempfile.gettempdir()).resolve()
    too_long = len(os.fsencode(usual)) + 1 + LONGEST_PLACE_NAME > LONGEST_SOCKET_PATH
    if too_long or (server_user() is not None and not traversable(usual)):
        return Path("/tmp")
    return usual


def memory_area() -> Path:
    """A directory in memory with room for test servers; the temporary area where there is none.

    A test makes a database of its own: 8 ms in memory, 170 ms on a slow disk. A mount that runs no
    programs is of no use: for root the server's programs may have to be copied beside its data.
    """
    try:
        mount = os.statvfs(MEMORY)
    except OSError:
        return temporary_area()
    room = mount.f_bavail * mount.f_frsize
    if room < MEMORY_ROOM or mount.f_flag & os.ST_NOEXEC or not os.access(MEMORY, os.W_OK):
        return temporary_area()
    return MEMORY


def development_place(checkout: Path = CHECKOUT) -> Path:
    """The directory of one checkout's development server; the same for every call."""
    digest = hashlib.sha256(os.fsencode(checkout)).hexdigest()[:10]
    return temporary_area() / f"ceremony-{os.geteuid()}-{digest}"


def socket_directory(place: Path) -> Path:
    """The directory of the server's socket, to be given to libpq as ``host``."""
    return place / "run"
