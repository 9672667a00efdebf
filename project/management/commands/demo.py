"""``manage.py demo``: five series, from nothing to applied and verified."""

import sys
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from project import databases
from project.demonstration import Shown, perform
from project.place import CHECKOUT

#: Where to look next: what to type after the Python of this checkout, and what it shows.
NEXT = (
    ("manage.py status_sql calendar", "what is applied, when and by whom"),
    ("manage.py verify_sql outbox", "its checks again, and files against the ledger"),
    ("manage.py rollback_sql listings", "the way back: refused until you accept the loss"),
)

#: Columns where nobody watches; rich would cut at 80.
PIPE_WIDTH = 110


class Command(BaseCommand):
    """Prepares the databases, applies each series with its checks, shows a table for each."""

    help = "Apply the five example series, with all their checks. A second run changes nothing."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        stdout = cast("IO[str]", self.stdout)
        width = None if stdout.isatty() else PIPE_WIDTH
        console = Console(file=stdout, highlight=False, width=width)
        databases.create_missing(["default", *settings.SERIES_ALIASES])
        databases.migrate_control()
        try:
            shown = [show(console, series) for series in settings.SERIES_ALIASES]
        except CommandError as stopped:
            # Already worded by the command that stopped; Django would put its class name in front.
            self.stderr.write(str(stopped))
            sys.exit(stopped.returncode)
        console.print(summary(shown))
        console.print(where_to_look_next(), markup=False)


def show(console: Console, series: str) -> Shown:
    """Apply one series and print its table."""
    shown = perform(series)
    did = f"{shown.applied} applied now" if shown.applied else "nothing to do"
    console.print(f"{series} on {shown.database}: {did}, {shown.verdict}", markup=False)
    console.print(table(shown))
    return shown


def table(shown: Shown) -> Table:
    """One series as a table: migration, state, checks, seconds."""
    result = Table()
    result.add_column("migration", overflow="fold")
    result.add_column("state", no_wrap=True)
    result.add_column("checks", no_wrap=True)
    result.add_column("seconds", justify="right", no_wrap=True)
    for line in shown.lines:
        seconds = "" if line.seconds is None else f"{line.seconds:.2f}"
        result.add_row(Text(line.label), Text(line.state), Text(line.checks), seconds)
    return result


def summary(shown: list[Shown]) -> Text:
    """One line over all series."""
    applied = sum(one.applied for one in shown)
    verdicts = ", ".join(f"{one.series} {one.verdict}" for one in shown)
    return Text(f"{len(shown)} series, {applied} migrations applied now: {verdicts}\n")


def where_to_look_next() -> str:
    """Commands that can be copied, each with what it shows."""
    commands = [(f"{python()} {typed}", shows) for typed, shows in NEXT]
    commands += [("make serve", "the same in the admin"), ("README.md, docs/", "how it works")]
    width = max(len(command) for command, _ in commands)
    lines = [f"  {command:<{width}}   {shows}" for command, shows in commands]
    return "\n".join(["Where to look next:", *lines])


def python() -> str:
    """The running Python, as it is typed in this checkout."""
    running = Path(sys.executable)
    inside = running.is_relative_to(CHECKOUT)
    return str(running.relative_to(CHECKOUT)) if inside else running.name
