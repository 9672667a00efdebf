"""Backup of a whole database with pg_dump, verified by reading its table of contents back."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from psycopg.conninfo import make_conninfo

from ceremony.errors import NOTHING_CHANGED, Refused

_SECRETS = frozenset({"password", "sslpassword"})
_BLOCK = 1_048_576


@dataclass(frozen=True)
class Backup:
    """A backup file: where it is, its size in bytes and its SHA-256."""

    path: Path
    size: int
    sha256: str


def back_up(
    parameters: Mapping[str, str], folder: Path, *, pg_bin: str, server_version: int
) -> Backup:
    """Dump the database behind libpq's ``parameters`` into a new file in ``folder``.

    The format is the custom one. ``pg_bin`` is the folder of pg_dump and pg_restore, ``""`` to look
    in PATH; ``server_version`` is PostgreSQL's number (180004). The file has its name only after
    ``pg_restore --list`` could read it, and only its owner may read it. The password goes through
    the environment (PGPASSWORD), never into the list of arguments.

    Raises Refused (backup-failed).
    """
    dump, restore = _program("pg_dump", pg_bin), _program("pg_restore", pg_bin)
    _refuse_older(dump, server_version)
    path = _new_path(folder, parameters.get("dbname", "database"))
    part = path.with_name(path.name + ".part")
    conninfo = make_conninfo(**{k: v for k, v in parameters.items() if k not in _SECRETS})
    password = parameters.get("password", "")
    try:
        _run([dump, "--format=custom", f"--file={part}", f"--dbname={conninfo}"], password)
        listed = _run([restore, "--list", str(part)], "")
        if not re.search(r"^; Archive created at ", listed, re.MULTILINE):
            raise _failed(f"{restore} --list found no table of contents in {part}.", "df -h")
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return Backup(path, path.stat().st_size, _sha256(path))


def _new_path(folder: Path, database: str) -> Path:
    name = re.sub(r"[^A-Za-z0-9._-]", "_", database)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S_%fZ")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _failed(
            f"The folder {folder} cannot be made: {error.strerror}.", f"ls -ld {folder}"
        ) from None
    return folder / f"{name}-{stamp}.dump"


def _program(name: str, pg_bin: str) -> str:
    found = shutil.which(name, path=pg_bin or None)
    if found is None:
        where = f"in {pg_bin}" if pg_bin else "in PATH"
        raise _failed(
            f"{name} was not found {where}.",
            "install PostgreSQL's client programs, or set CEREMONY['PG_BIN'] to their folder",
        )
    return found


def _refuse_older(dump: str, server_version: int) -> None:
    """pg_dump refuses a server newer than itself (manual, pg_dump, Notes)."""
    said = _run([dump, "--version"], "")
    major = int(next(iter(re.findall(r"\d+", said)), "0"))
    wanted = server_version // 10000
    if major < wanted:
        raise _failed(
            f"{dump} has version {major}, the server has {wanted}; it must not be older.",
            f"set CEREMONY['PG_BIN'] to the folder of PostgreSQL {wanted}'s programs",
        )


def _run(command: Sequence[str], password: str) -> str:
    environment = {**os.environ, "PGCONNECT_TIMEOUT": "10"}
    if password:
        environment["PGPASSWORD"] = password
    try:
        done = subprocess.run(
            [*command, *(["--no-password"] if "--format=custom" in command else [])],
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            umask=0o077,
        )
    except OSError as error:
        raise _failed(
            f"{command[0]} could not be started: {error.strerror}.", f"ls -l {command[0]}"
        ) from None
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        if password:
            said = said.replace(password, "…")
        raise _failed(
            f"{Path(command[0]).name} said: {said}", "see what it says, then run the command again"
        )
    return done.stdout


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _failed(what: str, step: str) -> Refused:
    return Refused(
        "backup-failed",
        f"The backup was not made. {what}",
        state=NOTHING_CHANGED,
        next_step=step[0].upper() + step[1:] if not step.startswith(("ls", "df")) else step,
    )
