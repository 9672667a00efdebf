"""A process that answers the start of a connection with given messages: fake_server.py SOCKET HEX…

It is a process of its own because libpq's PQping keeps Python's lock while it waits.
"""

import contextlib
import socket
import sys
import threading


def serve(path: str, answers: list[bytes]) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(5)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        client, _ = listener.accept()
        threading.Thread(target=answer, args=(client, answers), daemon=True).start()


def answer(client: socket.socket, answers: list[bytes]) -> None:
    with client, contextlib.suppress(OSError):
        for message in answers:
            client.recv(10_000)
            client.sendall(message)
        client.recv(10_000)


if __name__ == "__main__":
    serve(sys.argv[1], [bytes.fromhex(text) for text in sys.argv[2:]])
