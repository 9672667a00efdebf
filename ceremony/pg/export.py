"""Taking rows out of a target, in a transaction that can only read."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import psycopg

from ceremony.errors import NOTHING_CHANGED, Refused
from ceremony.pg.errors import failure
from ceremony.pg.session import Session

_DOING = "A question that compensates"


@dataclass(frozen=True)
class Exported:
    """A file of rows: where it is, its size in bytes, its SHA-256, and how many rows are in it."""

    path: Path
    size: int
    sha256: str
    rows: int


def ask_affected(session: Session, question: str) -> str:
    """What a query answers, in words: its one value, else how many rows it has.

    Raises QueryFailed for what the server refuses.
    """
    with _reading(session) as cursor:
        cursor.execute(cast(Any, question))
        rows = cursor.fetchmany(1)
        if cursor.rowcount == 1 and len(rows[0]) == 1:
            return str(rows[0][0])
        return f"{cursor.rowcount} rows"


def export(session: Session, statement: str, folder: Path, name: str) -> Exported:
    """Write what a statement gives to a new file in ``folder``: PostgreSQL's text format of COPY.

    ``statement`` is a COPY … TO STDOUT or a query. Only the owner may read the file, and it has its
    name only when it is whole. Raises Refused (export-failed) for the folder, QueryFailed for what
    the server refuses.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S_%fZ")
    path = folder / f"{name}-{stamp}.copy"
    part = path.with_name(f"{path.name}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.touch(mode=0o600, exist_ok=False)
        with part.open("wb") as file:
            digest, size, rows = _copied(session, statement, file)
            os.fsync(file.fileno())
        part.rename(path)
    except OSError as error:
        raise Refused(
            "export-failed",
            f"The rows could not be written to {folder}: {error.strerror}.",
            next_step="Name a folder that can be written to, with room for the rows: --export DIR",
        ) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return Exported(path, size, digest, rows)


def _copied(session: Session, statement: str, file: Any) -> tuple[str, int, int]:
    digest, size = hashlib.sha256(), 0
    text = (
        statement if statement.lstrip()[:4].upper() == "COPY" else f"COPY ({statement}) TO STDOUT"
    )
    with _reading(session) as cursor:
        with cursor.copy(cast(Any, text)) as copy:
            for block in copy:
                data = bytes(block)
                digest.update(data)
                size += len(data)
                file.write(data)
        return digest.hexdigest(), size, cursor.rowcount


@contextmanager
def _reading(session: Session) -> Iterator[psycopg.Cursor[Any]]:
    """A transaction in which nothing can be written, whatever a function does (manual, SET
    TRANSACTION).
    """
    try:
        with session.connection.transaction(), session.connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            yield cursor
    except psycopg.Error as error:
        raise failure(error, state=NOTHING_CHANGED, doing=_DOING) from None
