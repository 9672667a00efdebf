"""The project's own commands, run as a person runs them, with a temporary area of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Checkout:
    """Runs commands in this checkout, with ``area`` as the temporary area and nothing else set."""

    area: Path
    environment: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, *arguments]

    def variables(self) -> dict[str, str]:
        """A fresh environment: nothing of the developer's own leaks into a test."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {**kept, "TMPDIR": str(self.area), "NO_COLOR": "1", **self.environment}

    def run(self, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            cwd=ROOT,
            env=self.variables(),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A running command, in a session of its own, so that signals reach it alone."""
        process = subprocess.Popen(
            self.command(*arguments),
            cwd=ROOT,
            env=self.variables(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    @property
    def place(self) -> Path:
        """Where this checkout's development server lives."""
        return next(path for path in self.area.iterdir() if path.name.startswith("ceremony-"))

    @property
    def postmaster(self) -> int | None:
        """The pid of the running development server."""
        for name, pid in self._postmasters():
            if name.startswith(str(self.area)):
                return pid
        return None

    def end(self) -> None:
        """Nothing outlives a test, not even one that failed half-way."""
        for process in self.started:
            process.kill()
            process.communicate()
        if pid := self.postmaster:
            os.kill(pid, signal.SIGQUIT)

    def _postmasters(self) -> Iterator[tuple[str, int]]:
        for file in self.area.glob("ceremony-*/data/postmaster.pid"):
            pid = int(file.read_text().split()[0])
            if Path(f"/proc/{pid}").exists():
                yield str(file), pid
