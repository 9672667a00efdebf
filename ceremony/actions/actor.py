"""The actor: who runs a command, from where. A fact for the record, not a signature."""

import os
import pwd
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
    """As the system's own list of users has it. ``LOGNAME`` and its like are not believed: whoever
    types the command may set them, and be somebody else.
    """
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        # A container may run a numeric user that has no name.
        return f"uid {os.getuid()}"
