"""``manage.py demo``: five series, from nothing to applied and verified."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ceremony.core.report import MigrationState
from ceremony.management.page import Page
from ceremony.management.pages.status import marked
from ceremony.management.streams import Printer, Stream
from ceremony.management.units import duration
from project import databases
from project.demonstration import Shown, perform
from project.place import CHECKOUT

#: Where to look next: what to type after the Python of this checkout, and what it shows.
NEXT = (
    ("manage.py status_sql calendar", "what is applied, when and by whom"),
    ("manage.py verify_sql outbox", "its checks again, and files against the ledger"),
    ("manage.py rollback_sql listings", "the way back: refused until you accept the loss"),
)


class Command(BaseCommand):
    """Prepares the databases, applies each series with its checks, shows a table for each."""

    help = "Apply the five example series, with all their checks. A second run changes nothing."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        printer = Printer(Stream(options.get("stdout") or sys.stdout))
        databases.create_missing(["default", *settings.SERIES_ALIASES])
        databases.migrate_control()
        try:
            shown = [show(printer, series) for series in settings.SERIES_ALIASES]
        except CommandError as stopped:
            # Already worded by the command that stopped; Django would put its class name in front.
            self.stderr.write(str(stopped))
            sys.exit(stopped.returncode)
        printer.page(closing(shown))


def show(printer: Printer, series: str) -> Shown:
    """Apply one series and print its table."""
    shown = perform(series)
    printer.page(page(shown))
    return shown


def page(shown: Shown) -> Page:
    """One series: a sentence, and a row per migration."""
    did = f"{shown.applied} applied now" if shown.applied else "nothing to do"
    result = Page()
    result.line((f"{shown.series} on {shown.database}: {did}, {shown.verdict}", "bold"))
    rows = [
        (
            line.label,
            marked(MigrationState(line.state)),
            line.checks,
            "" if line.seconds is None else duration(line.seconds),
        )
        for line in shown.lines
    ]
    result.table(("Migration", "State", "Checks", "Time"), rows, right=(3,))
    result.line("")
    return result


def closing(shown: list[Shown]) -> Page:
    """One line over all series, and commands that can be copied, each with what it shows."""
    applied = sum(one.applied for one in shown)
    verdicts = ", ".join(f"{one.series} {one.verdict}" for one in shown)
    commands = [(f"{python()} {typed}", shows) for typed, shows in NEXT]
    commands += [
        ("make serve", "the same in the admin"),
        ("docs/tutorial/first-ceremony.md", "a change to production, as five people"),
        ("README.md, docs/", "how it works"),
    ]
    width = max(len(command) for command, _ in commands)
    result = Page()
    result.line((f"{len(shown)} series, {applied} migrations applied now: {verdicts}", "bold"))
    result.blank()
    result.line("Where to look next:")
    for command, shows in commands:
        result.line(f"{command:<{width}}   {shows}", indent=2)
    return result


def python() -> str:
    """The running Python, as it is typed in this checkout."""
    running = Path(sys.executable)
    inside = running.is_relative_to(CHECKOUT)
    return str(running.relative_to(CHECKOUT)) if inside else running.name
