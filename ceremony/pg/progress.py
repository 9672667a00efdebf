"""PostgreSQL's own word on how far a long statement is, for the live line.

Asked on a connection of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, cast

import psycopg

from ceremony.pg.queries import query


@dataclass(frozen=True)
class Progress:
    """``phase`` in PostgreSQL's words; ``done`` of ``total`` in ``unit`` (total 0: not known).

    Source: manual, 27.4 Progress Reporting.
    """

    phase: str
    done: int
    total: int
    unit: str


class Monitor:
    """Watches one server process.

    It connects when it is first asked and closes with the block it is used in.

    It works in autocommit and holds no transaction between two questions: a snapshot would make a
    concurrent index build wait for it.
    """

    def __init__(self, parameters: Mapping[str, str], backend_pid: int) -> None:
        self._parameters = parameters
        self._pid = backend_pid
        self._connection: psycopg.Connection[Any] | None = None

    def __enter__(self) -> "Monitor":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            self._connection.close()

    def look(self) -> Progress | None:
        """How far the process is, ``None`` when PostgreSQL does not say or cannot be asked."""
        try:
            if self._connection is None:
                arguments: dict[str, Any] = {
                    **self._parameters,
                    "application_name": "ceremony monitor",
                    "connect_timeout": 5,
                }
                self._connection = psycopg.connect(**arguments, autocommit=True)
            return progress_on(self._connection, self._pid)
        except psycopg.Error:
            # The live line is a comfort: without an answer it goes on without a percentage.
            self._connection = None
        return None


def progress_on(connection: psycopg.Connection[Any], pid: int) -> Progress | None:
    """How far the server process ``pid`` is, ``None`` where PostgreSQL does not say. Raises
    psycopg.Error.
    """
    for name, read in _READ.items():
        row = connection.execute(cast(Any, query(name)), (pid,)).fetchone()
        if row is not None:
            return read(row)
    return None


def _index(row: tuple[Any, ...]) -> Progress:
    phase, blocks, blocks_total, tuples, tuples_total, lockers, lockers_total = row
    for done, total, unit in (
        (lockers, lockers_total, "sessions waited for"),
        (blocks, blocks_total, "blocks"),
        (tuples, tuples_total, "rows"),
    ):
        if total and done < total:
            return Progress(phase, done, total, unit)
    return Progress(phase, tuples, tuples_total, "rows")


def _copy(row: tuple[Any, ...]) -> Progress:
    done, total, rows = row
    return (
        Progress("copying", done, total, "bytes") if total else Progress("copying", rows, 0, "rows")
    )


def _vacuum(row: tuple[Any, ...]) -> Progress:
    phase, scanned, vacuumed, total = row
    return Progress(phase, vacuumed if phase == "vacuuming heap" else scanned, total, "blocks")


_READ = {"index-progress": _index, "copy-progress": _copy, "vacuum-progress": _vacuum}
