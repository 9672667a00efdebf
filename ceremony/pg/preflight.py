"""What a target looks like before a run: everything that pre-flight asks, in two round trips."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ceremony.core.sql.relations import Name
from ceremony.errors import CeremonyError
from ceremony.pg.queries import query
from ceremony.pg.session import Session

_FILE = "preflight.sql"


@dataclass(frozen=True)
class Questions:
    """``required`` are names that must be there, ``clean`` tables whose rows are looked for,
    ``touched`` those that the plan names. Durations are milliseconds: ``long`` of a transaction
    that is too old, ``in_the_way`` of one that holds a lock on a touched table.
    """

    required: Sequence[Name] = ()
    clean: Sequence[Name] = ()
    touched: Sequence[Name] = ()
    extensions: Sequence[str] = ()
    long: int = 60_000
    in_the_way: int = 5_000
    disk: bool = False


@dataclass(frozen=True)
class Other:
    """Another session in a transaction; ``seconds`` is its age, ``table`` what it holds a lock on
    (0 and ``""`` where that was not asked). Its query is not read.
    """

    pid: int
    role: str
    application: str
    state: str
    seconds: int = 0
    table: str = ""


@dataclass(frozen=True)
class Replica:
    """``milliseconds`` behind, ``None`` where that is not known; ``state`` is that of the sending
    process (``streaming``, ``catchup`` …), ``""`` where the role may not see it.
    """

    name: str
    milliseconds: int | None
    state: str = ""


@dataclass(frozen=True)
class Looked:
    """``required`` and ``filled`` are positions in what was asked for: names that are there, tables
    that hold rows; ``unreadable`` are tables of which the role does not see every row, because it
    lacks the right or row-level security hides some. ``extensions`` maps those
    that are installed to their versions, ``available`` could be. ``unseen`` counts sessions of
    which the role sees nothing. ``free`` are the bytes on the disk of the database, ``None`` where
    they cannot be seen. ``unasked`` says why the tables could not be asked for rows, ``""`` where
    they were.
    """

    required: frozenset[int]
    filled: frozenset[int]
    unreadable: frozenset[int]
    extensions: dict[str, str]
    available: frozenset[str]
    unseen: int
    long: tuple[Other, ...]
    in_the_way: tuple[Other, ...]
    prepared: tuple[str, ...]
    invalid: tuple[str, ...]
    replicas: tuple[Replica, ...]
    free: int | None
    unasked: str = ""


def look(session: Session, asked: Questions) -> Looked:
    """Ask everything: one round trip, and a second one where tables must be empty.

    Raises CeremonyError for what the server refuses.
    """
    parameters = (
        _named(asked.required),
        _named(asked.clean),
        list(asked.extensions),
        asked.long,
        _named(asked.touched),
        asked.in_the_way,
    )
    ((answer,),) = session.ask(query("preflight", _FILE), parameters)
    found = json.loads(answer)
    filled, unasked = _filled(session, found["tables"])
    return Looked(
        required=frozenset(found["objects"]),
        filled=filled,
        unreadable=frozenset(one["number"] for one in found["tables"] if not one["readable"]),
        extensions=found["extensions"],
        available=frozenset(found["available"]),
        unseen=found["unseen"],
        long=tuple(_other(one) for one in found["long"]),
        in_the_way=tuple(_other(one) for one in found["in_the_way"]),
        prepared=tuple(found["prepared"]),
        invalid=tuple(found["invalid"]),
        replicas=tuple(_replica(one) for one in found["replicas"]),
        free=_free(session, found["data_directory"]) if asked.disk else None,
        unasked=unasked,
    )


def invalid_indexes(session: Session) -> tuple[str, ...]:
    """The indexes that are not valid now."""
    return tuple(name for (name,) in session.ask(query("invalid-indexes", _FILE)))


def _named(names: Sequence[Name]) -> str:
    return json.dumps(
        [
            {"number": number, "schema": one.schema, "name": one.name}
            for number, one in enumerate(names)
        ]
    )


def _filled(session: Session, tables: list[dict[str, Any]]) -> tuple[frozenset[int], str]:
    """Which of these tables have a row; and why that could not be asked, ``""`` where it was. Who
    holds one of them for himself is told by the first answer.
    """
    asked = [one for one in tables if one["readable"]]
    if not asked:
        return frozenset(), ""
    parts = [f"SELECT {one['number']:d} WHERE EXISTS (SELECT FROM {one['name']})" for one in asked]
    try:
        rows = session.ask(" UNION ALL ".join(parts))
    except CeremonyError as error:
        if session.connection.closed:
            raise
        return frozenset(), f"{error.happened} [{error.code}]"
    return frozenset(number for (number,) in rows), ""


def _other(one: dict[str, Any]) -> Other:
    return Other(
        one["pid"],
        one["role"] or "",
        one["application"] or "",
        one["state"] or "",
        one.get("seconds") or 0,
        one.get("table_name") or "",
    )


def _replica(one: dict[str, Any]) -> Replica:
    return Replica(one["name"] or "", one["milliseconds"], one["state"] or "")


def _free(session: Session, folder: str | None) -> int | None:
    """The free bytes of the disk that holds the data directory.

    SQL cannot tell them. They are seen from here only where the server is reached over a socket of
    this machine, the role may see ``data_directory``, and the folder is there.
    """
    if not folder or not session.identity.host.startswith(("/", "@")):
        return None
    try:
        return shutil.disk_usage(Path(folder)).free
    except OSError:
        return None
