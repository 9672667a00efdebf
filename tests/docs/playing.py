"""A page's commands, played in a folder of their own with databases of their own."""

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.management import get_commands

from project.cluster import SUPERUSER, Cluster
from project.environment import CONTROL_DATABASE, Environment
from project.management.commands import serve
from project.settings import SERIES_ALIASES
from tests.conftest import Database
from tests.docs.acting import acted, at_the_terminal
from tests.docs.pages import ANY_LINES, CHECKOUT, PASSING, Command, File

_ASSIGNMENT = re.compile(r"[A-Z][A-Z0-9_]*=")


class Player:
    """Runs the commands of one page, one after the other.

    Our own commands run in this process, unless the page made a project of its own; everything else
    is given to ``sh``. The page's variables are honoured: an alias that it adds gets a database.
    """

    def __init__(
        self,
        folder: Path,
        server: Cluster,
        control: Database,
        alias: Callable[[str], Database],
        settings: Any,
    ) -> None:
        self.folder = folder
        self._server = server
        self._control = control
        self._alias = alias
        self._settings = settings
        self._base = dict(settings.CEREMONY)
        self._said: dict[str, str] = {}
        self._targets: dict[str, str] = {}
        self._environments: dict[str, dict[str, str | None]] = {}
        self._status = 0
        #: Databases that the page made itself, to be dropped after it.
        self.made: list[str] = []

    def write(self, file: File) -> None:
        """Write a file that the page shows."""
        path = self.folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if file.append else "w", encoding="utf-8") as out:
            out.write(file.text)

    def run(self, command: Command) -> str:
        """What the command prints, as a terminal would show it in the end."""
        words = shlex.split(command.text)
        if words[0] == "export":
            self._said.update(_assigned(words[1:]))
            return ""
        if words[0] == "act:":
            return acted(words[1:])
        known = {"echo $?": self._echo, "make demo": self._demo, "make serve": self._serve}
        if command.text in known:
            return known[command.text]()
        if words[0] == "createdb":
            self.made.append(words[-1])
        self._point()
        given = [word for word in words if _ASSIGNMENT.match(word)]
        rest = words[len(given) :]
        if rest[:2] != ["python", "manage.py"] or (self.folder / "manage.py").exists():
            return self._shell(command.text)
        with self._variables(_assigned(given)):
            return self._manage(rest[2:])

    def _manage(self, words: list[str]) -> str:
        words, to_file = _redirected(words)
        out = io.StringIO()
        talk = io.StringIO() if to_file else out
        self._status = _called(words, out, talk)
        if to_file:
            (self.folder / to_file).write_text(out.getvalue(), encoding="utf-8")
        return talk.getvalue()

    def _echo(self) -> str:
        return f"{self._status}\n"

    def _demo(self) -> str:
        """What ``make demo`` does once the virtual environment is there, on the test's server."""
        self.made += [CONTROL_DATABASE, *(f"{CONTROL_DATABASE}_{a}" for a in SERIES_ALIASES)]
        manage = shlex.quote(str(CHECKOUT / "manage.py"))
        address = shlex.quote(self._server.conninfo(CONTROL_DATABASE))
        return self._shell(f"DATABASE_URL={address} python {manage} demo")

    def _serve(self) -> str:
        """What ``make serve`` prepares and says; the pages are asked without a server."""
        self._settings.DEBUG = True
        self._settings.STATE_DIR = self.folder / ".state"
        out = io.StringIO()
        serve.Command(stdout=out).prepare(8000)
        return out.getvalue()

    def _shell(self, text: str) -> str:
        path = os.pathsep.join(
            [str(Path(sys.executable).parent), str(self._server.bindir), os.environ["PATH"]]
        )
        done = subprocess.run(
            ["/bin/sh", "-c", text],
            cwd=self.folder,
            env={
                "PATH": path,
                "HOME": str(self.folder),
                "PYTHONPATH": str(CHECKOUT),
                "PYTHONUTF8": "1",
                "PGHOST": str(self._server.socket_dir),
                "PGUSER": SUPERUSER,
                "DATABASE_URL": self._control.conninfo,
                **self._said,
                **self._targets,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        self._status = done.returncode
        return done.stdout

    @contextmanager
    def _variables(self, given: Mapping[str, str]) -> Iterator[None]:
        before = dict(self._said)
        self._said.update(given)
        self._point()
        yield
        self._said = before

    def _point(self) -> None:
        """Let settings say what the page's variables say; addresses become those of the test."""
        wanted = Environment(self._said)
        for alias in wanted.targets((), {}):
            variable = f"{alias.upper()}_DATABASE_URL"
            if variable not in self._targets:
                self._targets[variable] = self._alias(alias).conninfo
            self._environments[alias] = {
                "ENVIRONMENT": wanted.text(f"{alias.upper()}_ENVIRONMENT") or None
            }
        # Without a folder of the page's own, the reader stands in a checkout, which has one.
        own = self.folder / "migrations_sql"
        root = wanted.folder("CEREMONY_ROOT", own if own.is_dir() else CHECKOUT / own.name)
        self._settings.CEREMONY = {**self._base, "ROOT": root, "TARGETS": self._environments}


def _called(words: list[str], out: io.StringIO, talk: io.StringIO) -> int:
    """Call one of our commands as a shell does; its exit status."""
    module = import_module(f"{get_commands()[words[0]]}.management.commands.{words[0]}")
    try:
        with at_the_terminal():
            module.Command(stdout=out, stderr=talk).run_from_argv(["manage.py", *words])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _redirected(words: list[str]) -> tuple[list[str], str]:
    return (words[:-2], words[-1]) if words[-2:-1] == [">"] else (words, "")


def _assigned(words: list[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in words)


_MASKS: tuple[tuple[str, str], ...] = (
    (r"PostgreSQL [\d.]+ at .*", "PostgreSQL N at HERE"),
    (r"\b(\d+ min )?\d+(\.\d+)? (ms|s)\b", "N ms"),
    (r"(?<=\d{4}-\d\d-\d\d \d\d:\d\d UTC)  +\S+", "  WHO"),
    (r"after \S+ applied it", "after WHO applied it"),
    (r"\boperator@[\w.-]+", "WHO"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?( UTC|\+00(:00)?)?", "THEN"),
    (r"\b(sha256|meaning1|plan1|manifest1|report1|rehearsal1):[0-9a-f]+…?", r"\1:DIGEST"),
    (r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12,63}…", "DIGEST"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID"),
    (r'Reached: database ".*', "Reached: HERE"),
    (r"\d{8}T\d{6}_\d+Z", "STAMP"),
    (r"\w+-STAMP", "NAME-STAMP"),
    (r"(?<=\bPassword: )\S+", "PASSWORD"),
    (r"(?<=Recorded: )([a-z ]+) [0-9a-f]{8}\.", r"\1 DIGEST."),
    (r"\b[\d,]+ bytes", "N bytes"),
    (r"\b[\d.]+ [kM]?B of WAL", "N of WAL"),
    (r"\b(process|pid) \d+", r"\1 N"),
    (r"(?<=\S)  +(?=\S)", "  "),
)


def masked(text: str, folder: Path | None = None) -> list[str]:
    """The lines without what differs between runs: times, names, numbers of processes, padding."""
    if folder is not None:
        text = text.replace(f"{folder}/", "")
    for pattern, instead in _MASKS:
        text = re.sub(pattern, instead, text)
    lines = [line.rstrip() for line in text.splitlines()]
    return [line for line in lines if line and not PASSING.match(line)]


def agrees(shown: list[str], printed: list[str]) -> bool:
    """Whether the page's lines are the printed ones; ``…`` stands for any lines."""
    if not shown:
        return not printed
    if shown[0].strip() == ANY_LINES:
        return any(agrees(shown[1:], printed[skip:]) for skip in range(len(printed) + 1))
    return bool(printed) and shown[0] == printed[0] and agrees(shown[1:], printed[1:])
