"""The site under test: a web server in a process of its own, and the commands beside it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from django.conf import settings

from project.cluster import SUPERUSER, Cluster
from tests.conftest import Databases
from tests.e2e.rules import ALIASES

ROOT = Path(__file__).resolve().parents[2]
STARTED_WITHIN = 60
HOST = "127.0.0.1"


@dataclass
class Site:
    """A site with its databases. ``control`` and ``targets``: names of databases by alias."""

    server: Cluster
    control: str
    targets: Mapping[str, str]
    root: Path
    folder: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What the web server said: each request with its status."""
        return self.folder / "server.log"

    def variables(self) -> dict[str, str]:
        """The environment of the site: nothing of the developer's own leaks into it."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            "NO_COLOR": "1",
            "COLUMNS": "120",
            "PYTHONUNBUFFERED": "1",
            "DEBUG": "on",
            "SECRET_KEY": settings.SECRET_KEY,
            "DJANGO_SETTINGS_MODULE": "tests.e2e.settings",
            "CEREMONY_ROOT": str(self.root),
            "CEREMONY_EXTRA_ALIASES": ",".join(ALIASES),
            "DATABASE_URL": self._dsn(self.control),
            **{
                f"{alias.upper()}_DATABASE_URL": self._dsn(self.targets[alias]) for alias in ALIASES
            },
            **self.extra,
        }

    def manage(
        self, *arguments: str, status: int = 0, password: str = ""
    ) -> "subprocess.CompletedProcess[str]":
        """A command beside the web server, which must end with ``status``."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.variables(),
            input=f"{password}\n" if password else "",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == status, f"{arguments}\n{done.stdout}{done.stderr}"
        return done

    def start(self) -> None:
        """Start the web server; returns when it answers. Its port stays the same ever after."""
        self.port = self.port or _free_port()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "runserver", "--noreload", f"{HOST}:{self.port}"],
                cwd=ROOT,
                env=self.variables(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        give_up = time.monotonic() + STARTED_WITHIN
        while not _answers(self.port):
            alive = self._process.poll() is None and time.monotonic() < give_up
            assert alive, self.log.read_text(errors="replace")
            time.sleep(0.05)

    def end(self, by: int = signal.SIGTERM) -> None:
        """End the web server, which need not be asked politely."""
        if self._process is not None:
            self._process.send_signal(by)
            self._process.wait(30)
            self._process = None

    def troubles(self) -> list[str]:
        """What the log tells of errors of the server's own."""
        told = self.log.read_text(errors="replace")
        return [told] if '" 500 ' in told or "Traceback" in told else []

    def _dsn(self, name: str) -> str:
        return f"postgres://{SUPERUSER}@{quote(str(self.server.socket_dir), safe='')}/{name}"


@contextmanager
def running(
    server: Cluster, databases: Databases, control: str, root: Path, folder: Path, **extra: str
) -> Iterator[Site]:
    """A site with fresh targets on a control database that is there; ended and removed after."""
    targets = {alias: databases.create().name for alias in ALIASES}
    site = Site(server, control, targets, root, folder, extra)
    try:
        site.start()
        yield site
    finally:
        site.end()
        for name in targets.values():
            databases.drop(name)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
