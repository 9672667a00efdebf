"""``manage.py serve``: the admin on this machine, with demo accounts."""

import errno
import os
import socket
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV

from ceremony.errors import UsageError
from project import accounts, databases

HOST = "127.0.0.1"


class Command(BaseCommand):
    """Prepares the control database and the accounts once, then hands over to ``runserver``."""

    help = "Open the admin on 127.0.0.1 with demo accounts. Stop it with Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="TCP port (default: 8000)")

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        # The reloader runs this command a second time, as its child; the first one has prepared.
        if not os.environ.get(DJANGO_AUTORELOAD_ENV):
            refuse_busy_port(port)
            self.prepare(port)
        call_command("runserver", f"{HOST}:{port}")

    def prepare(self, port: int) -> None:
        """Make what is missing, and say where to look and how to log in."""
        databases.create_missing(["default"])
        databases.migrate_control()
        made = accounts.ensure()
        self.stdout.write(f"Admin:    http://{HOST}:{port}/admin/")
        parts = ((name, accounts.told(name)) for name in made.names)
        self.stdout.write(f"Accounts: {', '.join(f'{name} ({may})' for name, may in parts)}")
        self.stdout.write(f"Password: {made.password} (the same for all of them)")
        self.stdout.write("Stop:     Ctrl-C\n")
        self.stdout.flush()


def refuse_busy_port(port: int) -> None:
    """Raise ``UsageError`` (``port-busy``, ``port-refused``) where the server could not listen."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            busy = error.errno == errno.EADDRINUSE
            raise UsageError(
                "port-busy" if busy else "port-refused",
                f"Another program is listening on {HOST}:{port}."
                if busy
                else f"{HOST}:{port} cannot be listened on: {error.strerror}.",
                next_step=f"make serve PORT={port + 1 if busy else 8000}",
            ) from error
