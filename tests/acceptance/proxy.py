"""A wire between a command and its server that fails on request.

It reads the messages of the client (PostgreSQL manual, 53.7 "Message Formats") and knows the text
of the statement each belongs to. One rule at a time, used once: replace a statement by another, or
cut the link before or after a statement was delivered.
"""

import socket
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_DELIVERED_WITHIN = 0.3
"""How long the server gets for a statement whose answer nobody will hear, in seconds."""


@dataclass
class Rule:
    """``statement`` is the whole text. ``instead``: what is sent in its place.

    ``behind`` is the text of a statement that must have been sent before. ``for_good``: once cut,
    nobody gets through any more.
    """

    statement: str
    behind: str = ""
    instead: str = ""
    cut_before: bool = False
    cut_after: bool = False
    for_good: bool = False
    used: bool = False


class Proxy:
    """Listens in ``folder`` and passes everything on to the server's socket in ``beyond``."""

    def __init__(self, folder: Path, beyond: Path) -> None:
        self.folder = folder
        self.rule: Rule | None = None
        self._beyond = str(beyond / ".s.PGSQL.5432")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listen no more; accept() in the other thread ends too."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._beyond)
                threading.Thread(target=self._upwards, args=(client, server), daemon=True).start()
                threading.Thread(target=_downwards, args=(server, client), daemon=True).start()

    def _upwards(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError), client.makefile("rb") as stream:
            self._pass_on(stream, client, server)
        _end(client, server)

    def _pass_on(self, stream, client: socket.socket, server: socket.socket) -> None:
        server.sendall(_startup(stream))
        hit = False
        for kind, sent in _messages(stream):
            body = sent
            if kind == b"P":
                body, hit = self._parse(sent)
                if hit and self.rule and self.rule.cut_before:
                    time.sleep(_DELIVERED_WITHIN)
                    return
            server.sendall(kind + struct.pack("!i", len(body) + 4) + body)
            if hit and kind == b"E" and self.rule and self.rule.cut_after:
                client.shutdown(socket.SHUT_WR)
                if self.rule.for_good:
                    self.close()
                time.sleep(_DELIVERED_WITHIN)
                return

    def _parse(self, body: bytes) -> tuple[bytes, bool]:
        """The body of a Parse message, and whether the rule is about it."""
        name, text, rest = body.split(b"\0", 2)
        rule, sent = self.rule, text.decode().strip()
        if rule is None or rule.used:
            return body, False
        if rule.behind:
            rule.behind = "" if sent == rule.behind else rule.behind
            return body, False
        if sent != rule.statement:
            return body, False
        rule.used = True
        if rule.instead:
            text = rule.instead.encode()
        return b"\0".join((name, text, rest)), True


@contextmanager
def proxied(beyond: Path) -> Iterator[Proxy]:
    with tempfile.TemporaryDirectory(prefix="wire", dir="/tmp") as folder:
        proxy = Proxy(Path(folder), beyond)
        try:
            yield proxy
        finally:
            proxy.close()


def _startup(stream: BinaryIO) -> bytes:
    head = stream.read(4)
    return head + stream.read(struct.unpack("!i", head)[0] - 4)


def _messages(stream: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    while head := stream.read(5):
        yield head[:1], stream.read(struct.unpack("!i", head[1:])[0] - 4)


def _downwards(server: socket.socket, client: socket.socket) -> None:
    with suppress(OSError):
        while data := server.recv(65536):
            client.sendall(data)
    _end(client, server)


def _end(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
