"""The actor: who runs a command, from where. A fact for the record, not a signature."""

import getpass
import os
import socket
from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """``name`` is the operating system's user name, or what a door knows better (a Django user)."""

    name: str
    host: str
    pid: int

    @property
    def shown(self) -> str:
        return f"{self.name}@{self.host}"


def current_actor(name: str = "") -> Actor:
    """The user and host of this process."""
    return Actor(name or _user_name(), socket.gethostname(), os.getpid())


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run a numeric user that has no name (KeyError until Python 3.12,
        # OSError since).
        return f"uid {os.getuid()}"
