"""A proxy on a Unix socket that counts what a client says to PostgreSQL, and acts at message N.

It serves every connection of one process, control and target alike, in one loop and one thread:
the order of messages is the order of everything the client did, and so "between any two messages"
is every place where it can die. Frontend messages are a type byte, a length and a body; only the
first of a connection has no type byte (PostgreSQL manual, 54.7).
"""

import contextlib
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

#: Longer than anything a test lets a server do.
PATIENCE = 30.0
_SSL, _GSS = 80877103, 80877104
_DATABASE = b"\0database\0"
_PREPARING = b"PBDHC"


class Kind(StrEnum):
    """What happens at message N; "before" and "after": before or after the server was sent it."""

    KILL_BEFORE = "client killed before the message"
    KILL_AFTER = "client killed behind the message"
    CUT_BEFORE = "link cut before the message"
    CUT_AFTER = "link cut behind the message"

    @property
    def kills(self) -> bool:
        return self in (Kind.KILL_BEFORE, Kind.KILL_AFTER)

    @property
    def forwards(self) -> bool:
        return self in (Kind.KILL_AFTER, Kind.CUT_AFTER)


@dataclass(frozen=True)
class Fault:
    """One fault at the ``at``-th message, counted from 1.

    ``since``: count from the message that holds these bytes. ``leave``: do not wait for the server
    processes of a killed client.
    """

    kind: Kind
    at: int
    since: bytes = b""
    leave: bool = False


@dataclass
class _Link:
    """One connection.

    ``hurt``: the client's side is gone, and the server's last words are read and dropped.
    """

    client: socket.socket
    server: socket.socket
    rest: bytes = b""
    started: bool = False
    database: str = ""
    statement: bytes = b""
    heard: bool = True
    hurt: bool = False


@dataclass
class Proxy:
    """Listens at ``folder/.s.PGSQL.5432``.

    ``messages``: how many came from the client; without ``fine`` only those count that make the
    server do something (Query, Execute, Sync, COPY data; Parse, Bind, Describe and Flush leave
    nothing behind). ``said``: for each of them the statement it belongs to. ``turns``: by database,
    how often the client spoke after it had heard something, that is, round trips; ``delay``
    (seconds each way) keeps in one turn what travels together.
    """

    folder: Path
    server_socket: Path
    delay: float = 0.0
    fine: bool = False
    messages: int = 0
    turns: dict[str, int] = field(default_factory=dict)
    said: list[bytes] = field(default_factory=list)
    reached: bool = False

    def __post_init__(self) -> None:
        self._fault: Fault | None = None
        self._silent = False
        self._kill: Callable[[], None] = _nobody
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.folder / ".s.PGSQL.5432"))
        self._listener.listen(8)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._links: list[_Link] = []

    def attend(self, done: int, kill: Callable[[], None], fault: Fault | None = None) -> None:
        """Serve a client until ``done`` can be read and its server processes have ended.

        ``kill`` ends the client, if the fault says so. Raises TimeoutError.
        """
        self.messages, self.turns, self.said, self.reached = 0, {}, [], False
        self._fault, self._kill = fault, kill
        self._silent = fault is not None
        self._selector.register(done, selectors.EVENT_READ)
        ended = False
        try:
            while not ended or (self._links and not (fault and fault.leave)):
                ready = self._selector.select(PATIENCE)
                if not ready:
                    raise TimeoutError("The client and the server say nothing any more.")
                for key, _ in ready:
                    if key.fileobj == done:
                        ended = True
                        self._selector.unregister(done)
                    elif key.fileobj is self._listener:
                        self._accept()
                    else:
                        self._read(key.data, key.fileobj)
        finally:
            if not ended:
                self._selector.unregister(done)

    def close(self) -> None:
        for link in list(self._links):
            self._drop(link)
        self._selector.close()
        self._listener.close()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(self.server_socket))
        link = _Link(client, server)
        self._links.append(link)
        for side in (client, server):
            self._selector.register(side, selectors.EVENT_READ, link)

    def _read(self, link: _Link, side: object) -> None:
        if link not in self._links:
            return
        if side is link.client:
            if link.hurt:
                return
            data = self._received(link.client)
            if data:
                self._said(link, data)
            else:
                self._hang_up(link)
            return
        data = self._received(link.server)
        if not data:
            self._drop(link)
        elif not link.hurt:
            link.heard = True
            with contextlib.suppress(OSError):
                link.client.sendall(data)

    def _received(self, side: socket.socket) -> bytes:
        try:
            data = side.recv(1_000_000)
            if data and self.delay:
                time.sleep(self.delay)
                side.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    while more := side.recv(1_000_000):
                        data += more
                side.setblocking(True)
        except OSError:
            return b""
        return data

    def _said(self, link: _Link, data: bytes) -> None:
        speaks, link.heard = link.heard, False
        for message in _split(link, data):
            if speaks:
                self.turns[link.database] = self.turns.get(link.database, 0) + 1
                speaks = False
            fault = self._fault
            self._silent = self._silent and fault is not None and fault.since not in message
            counts = not self._silent and (self.fine or message[0] not in _PREPARING)
            if message[0] in b"PQ" and link.started:
                link.statement = _statement(message)
            if counts:
                self.messages += 1
                self.said.append(link.statement)
            hit = counts and fault is not None and self.messages == fault.at
            if not hit or (fault and fault.kind.forwards):
                self._forward(link, message)
            if hit and fault:
                self.reached = True
                self._strike(link, fault)
                return

    def _forward(self, link: _Link, message: bytes) -> None:
        with contextlib.suppress(OSError):
            link.server.sendall(message)

    def _strike(self, link: _Link, fault: Fault) -> None:
        if not fault.kind.kills:
            self._hang_up(link)
            return
        self._kill()
        for each in self._links:
            self._hang_up(each)

    def _hang_up(self, link: _Link) -> None:
        """The client is not there any more; the server hears of it and says its last words."""
        if link.hurt:
            return
        link.hurt = True
        self._selector.unregister(link.client)
        link.client.close()
        with contextlib.suppress(OSError):
            link.server.shutdown(socket.SHUT_WR)

    def _drop(self, link: _Link) -> None:
        self._links.remove(link)
        if not link.hurt:
            self._selector.unregister(link.client)
            link.client.close()
        self._selector.unregister(link.server)
        link.server.close()


def _nobody() -> None:
    """There is no client to kill."""


def _statement(message: bytes) -> bytes:
    """The text of a Parse (behind the name of the prepared statement) or of a Query."""
    body = message[5:] if message[:1] == b"Q" else message[5:].partition(b"\0")[2]
    return body.partition(b"\0")[0]


def _split(link: _Link, data: bytes) -> Iterator[bytes]:
    """Cut the stream of one connection into messages."""
    link.rest += data
    while True:
        head = 1 if link.started else 0
        if len(link.rest) < head + 4:
            return
        length = head + int.from_bytes(link.rest[head : head + 4], "big")
        if len(link.rest) < length:
            return
        message, link.rest = link.rest[:length], link.rest[length:]
        if not link.started and int.from_bytes(message[4:8], "big") not in (_SSL, _GSS):
            link.started = True
            link.database = message.partition(_DATABASE)[2].partition(b"\0")[0].decode()
        yield message
