"""A proxy before PostgreSQL on a Unix socket: it counts turns, delays, and acts at message N.

Frontend messages are a type byte, a length and a body; the first one has no type byte (manual,
54.7 Message Formats).
"""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

_SSL, _GSS = 80877103, 80877104
#: Bind, Describe, Execute and Flush belong to the Parse before them: nothing happens between.
_INSIDE = frozenset("BDEH")


class Proxy:
    """Listens on ``folder/.s.PGSQL.5432`` and forwards to the server's socket.

    ``turns``: how often the client spoke after it had heard something, that is: round trips.
    ``messages``: how many frontend messages were forwarded; ``units`` counts a Parse with all that
    belongs to it as one. ``at``: (N, action): instead of forwarding unit N the action runs, and
    the link is cut. ``delay``: seconds each way; what arrives meanwhile belongs to the same turn.
    """

    def __init__(self, folder: Path, server_socket: Path, delay: float = 0.0) -> None:
        self.folder = folder
        self.delay = delay
        self.turns = 0
        self.messages = self.units = 0
        self.kinds: list[str] = []
        self.at: tuple[int, Callable[[], None]] | None = None
        self.reached = False
        self._server_socket = str(server_socket)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen(8)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=5)

    def reset(self) -> None:
        self.turns = self.messages = self.units = 0
        self.kinds = []

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._server_socket)
        splitter = _Splitter()
        heard = True
        try:
            while True:
                readable, _, _ = select.select([client, server], [], [])
                if server in readable:
                    data = self._read(server)
                    if not data:
                        return
                    client.sendall(data)
                    heard = True
                elif client in readable:
                    data = self._read(client)
                    if not data:
                        return
                    if heard:
                        self.turns += 1
                        heard = False
                    if not self._forward(splitter, data, server):
                        return
        except OSError:
            return
        finally:
            client.close()
            server.close()

    def _read(self, source: socket.socket) -> bytes:
        data = source.recv(1_000_000)
        if data and self.delay:
            time.sleep(self.delay)
            while select.select([source], [], [], 0)[0]:
                more = source.recv(1_000_000)
                if not more:
                    break
                data += more
        return data

    def _count(self, kind: str) -> None:
        self.messages += 1
        self.units += kind not in _INSIDE
        self.kinds.append(kind)

    def _forward(self, splitter: "_Splitter", data: bytes, server: socket.socket) -> bool:
        if self.at is None:
            for kind, _ in splitter.split(data):
                self._count(kind)
            server.sendall(data)
            return True
        for kind, message in splitter.split(data):
            self._count(kind)
            if kind not in _INSIDE and self.units == self.at[0]:
                self.reached = True
                self.at[1]()
                return False
            server.sendall(message)
        return True


class _Splitter:
    """Cuts the stream of one connection into frontend messages."""

    def __init__(self) -> None:
        self._rest = b""
        self._started = False

    def split(self, data: bytes):
        self._rest += data
        while True:
            head = 1 if self._started else 0
            if len(self._rest) < head + 4:
                return
            length = head + int.from_bytes(self._rest[head : head + 4], "big")
            if len(self._rest) < length:
                return
            message, self._rest = self._rest[:length], self._rest[length:]
            kind = message[:1].decode() if self._started else "startup"
            if not self._started:
                code = int.from_bytes(message[4:8], "big")
                self._started = code not in (_SSL, _GSS)
            yield kind, message
