"""PostgreSQL's client programs: found, judged by their version, run without a password in sight."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from psycopg.conninfo import make_conninfo

_SECRETS = frozenset({"password", "sslpassword"})


class ProgramFailed(Exception):
    """A client program is missing, too old, or ended with an error.

    ``what`` is a sentence, ``step`` what to type or set. No password is in either.
    """

    def __init__(self, what: str, step: str) -> None:
        super().__init__(what, step)
        self.what = what
        self.step = step


def program(name: str, pg_bin: str) -> str:
    """The path of a client program. ``pg_bin`` is its folder, ``""`` to look in PATH.

    Raises ProgramFailed.
    """
    found = shutil.which(name, path=pg_bin or None)
    if found is None:
        where = f"in {pg_bin}" if pg_bin else "in PATH"
        raise ProgramFailed(
            f"{name} was not found {where}.",
            "install PostgreSQL's client programs, or set CEREMONY['PG_BIN'] to their folder",
        )
    return found


def refuse_older(dump: str, server_version: int) -> None:
    """pg_dump refuses a server newer than itself (manual, pg_dump, Notes). Raises ProgramFailed."""
    said = run([dump, "--version"])
    major = int(next(iter(re.findall(r"\d+", said)), "0"))
    wanted = server_version // 10000
    if major < wanted:
        raise ProgramFailed(
            f"{dump} has version {major}, the server has {wanted}; it must not be older.",
            f"set CEREMONY['PG_BIN'] to the folder of PostgreSQL {wanted}'s programs",
        )


def connection_flag(parameters: Mapping[str, str]) -> str:
    """``--dbname=…`` for libpq's ``parameters``, without their secrets."""
    shown = {name: value for name, value in parameters.items() if name not in _SECRETS}
    return f"--dbname={make_conninfo(**shown)}"


def run(command: Sequence[str], password: str = "") -> str:
    """What a program wrote on its standard output; the files it makes are for their owner alone.

    The password goes through the environment (PGPASSWORD, manual 34.15), never into the list of
    arguments, which others can read. Raises ProgramFailed.
    """
    environment = {**os.environ, "PGCONNECT_TIMEOUT": "10", "LC_MESSAGES": "C"}
    if password:
        environment["PGPASSWORD"] = password
    try:
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            stdin=subprocess.DEVNULL,
            umask=0o077,
        )
    except OSError as error:
        raise ProgramFailed(
            f"{command[0]} could not be started: {error.strerror}.", f"ls -l {command[0]}"
        ) from None
    if done.returncode:
        name = Path(command[0]).name
        said = _said(name, done.stderr) or f"status {done.returncode}"
        if password:
            said = said.replace(password, "…")
        raise ProgramFailed(f"{name} said: {said}", "see what it says, then run the command again")
    return done.stdout


def _said(name: str, stderr: str) -> str:
    """The line that tells the error; the last one where none is marked so. Details (the whole query
    over every table, say) come behind it.
    """
    lines = stderr.strip().splitlines()
    marked = [line for line in lines if line.startswith(f"{name}: error:")]
    return (marked or lines or [""])[-1]
