"""The command line as a person meets it: typed words in; exit status, stdout and stderr out."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from django.core.management import load_command_class

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Answer:
    """What one command answered."""

    typed: str
    status: int
    out: str
    err: str

    def told(self) -> str:
        """The whole answer as a text to compare."""
        return f"$ {self.typed}\n{self.out}{self.err}exit {self.status}\n"


def manage(*arguments: str) -> Answer:
    """A command of the product, in this process: parsed, run and ended as from a shell."""
    out, err = StringIO(), StringIO()
    command = load_command_class("ceremony", arguments[0])
    command.__init__(out, err)  # type: ignore[misc]
    typed = ["manage.py", *arguments]
    try:
        command.run_from_argv(typed)
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    return Answer(" ".join(typed), status, out.getvalue(), err.getvalue())


def shell(*arguments: str, **environment: str) -> Answer:
    """``manage.py`` as a process of its own, with nothing of the developer's environment."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=clean(environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    typed = " ".join(["manage.py", *arguments])
    return Answer(typed, done.returncode, done.stdout, done.stderr)


def started(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
    """The same, still running."""
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=clean(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "NO_COLOR": "1", **environment}
