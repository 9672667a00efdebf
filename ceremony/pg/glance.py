"""A glance at a target: its ledger, without lock, snapshot or any promise to run something there.

It is made where an application starts or a probe asks, so it must end in time whatever the server
does: not connecting, connected and mute, or mute in the middle of an answer.
"""

import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any, cast

import psycopg

from ceremony.core.contract.judging import Violation
from ceremony.core.contract.requirement import Requirement
from ceremony.core.ledger_row import LedgerRow
from ceremony.errors import NOTHING_CHANGED, Failed
from ceremony.pg.contract import ask_contract
from ceremony.pg.errors import QueryFailed, failure
from ceremony.pg.ledger import read_rows
from ceremony.pg.session import SessionSettings, connect

_NO_LEDGER = frozenset({"42P01", "3F000"})
"""undefined_table and invalid_schema_name (manual, Appendix A)."""


class Glance:
    """An open connection that only reads."""

    def __init__(self, connection: psycopg.Connection[Any], schema: str) -> None:
        self._connection = connection
        self._schema = schema

    def rows(self) -> tuple[LedgerRow, ...]:
        """All rows of the ledger, in one query; none where there is no ledger.

        Raises Refused (ledger-version) and Failed for what the server refuses.
        """
        try:
            return read_rows(self._ask, self._schema)
        except QueryFailed as error:
            if error.sqlstate in _NO_LEDGER:
                return ()
            raise

    def violations(self, held: Sequence[Requirement]) -> tuple[Violation, ...]:
        """What of ``held`` the database does not keep, in one query. Raises Failed."""
        return ask_contract(self._ask, held)

    def _ask(self, text: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(cast(Any, text), parameters or None).fetchall()
        except psycopg.Error as error:
            raise failure(error, state=NOTHING_CHANGED) from None


@contextmanager
def glance(parameters: Mapping[str, str], schema: str, milliseconds: int) -> Iterator[Glance]:
    """Connect with libpq's keywords and read, for at most ``milliseconds`` each.

    Raises Refused (connect-failed, ledger-version) and Failed (look-timeout where the server took
    the connection and does not answer).
    """
    settings = SessionSettings(
        run="glance",
        lock_timeout=milliseconds,
        statement_timeout=milliseconds,
        connect_timeout=max(2, milliseconds // 1000),
    )
    connection = connect(parameters, settings)
    with closing(connection), _cut_after(connection, milliseconds):
        yield Glance(connection, schema)


@contextmanager
def _cut_after(connection: psycopg.Connection[Any], milliseconds: int) -> Iterator[None]:
    """End the link when the time is over: a server that is stopped keeps no time limit itself.

    The descriptor is our own copy, so that no other connection's can be hit.
    """
    link = socket.socket(fileno=os.dup(connection.fileno()))
    over = threading.Event()

    def cut() -> None:
        over.set()
        with suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(milliseconds / 1000, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Failed:
        if not over.is_set():
            raise
        raise Failed(
            "look-timeout",
            f"The server took the connection and did not answer within {milliseconds} ms.",
            next_step="See what holds it up: SELECT * FROM pg_stat_activity",
        ) from None
    finally:
        timer.cancel()
        timer.join()
        link.close()
