"""Backup of a whole database with pg_dump, verified by reading its table of contents back."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ceremony.errors import NOTHING_CHANGED, Refused
from ceremony.pg.programs import ProgramFailed, connection_flag, program, refuse_older, run

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

    The format is the custom one; the path is absolute. ``pg_bin`` is the folder of pg_dump and
    pg_restore, ``""`` to look in PATH; ``server_version`` is PostgreSQL's number (180004). The file
    has its name only after ``pg_restore --list`` could read it, and only its owner may read it. The
    password goes through the environment (PGPASSWORD), never into the list of arguments.

    Raises Refused (backup-failed).
    """
    try:
        return _backed_up(parameters, folder.absolute(), pg_bin, server_version)
    except ProgramFailed as failed:
        raise _failed(failed.what, failed.step) from None
    except OSError as error:
        why = f"{error.filename}: {error.strerror}."
        raise _failed(f"The file could not be kept: {why}", f"ls -ld {folder}") from None


def _backed_up(
    parameters: Mapping[str, str], folder: Path, pg_bin: str, server_version: int
) -> Backup:
    dump, restore = program("pg_dump", pg_bin), program("pg_restore", pg_bin)
    refuse_older(dump, server_version)
    path = _new_path(folder, parameters.get("dbname", "database"))
    part = path.with_name(path.name + ".part")
    flags = ["--format=custom", f"--file={part}", "--no-password", connection_flag(parameters)]
    try:
        run([dump, *flags], parameters.get("password", ""))
        listed = run([restore, "--list", str(part)])
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
