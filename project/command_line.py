"""What ``manage.py`` does before and after Django's own command line."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import django
from django.conf import settings
from django.core.management import execute_from_command_line, get_commands

from ceremony.errors import CeremonyError, ExitCode
from project import databases, embedded

#: Commands that read or write files alone.
WITHOUT_DATABASE = {
    "check", "check_sql", "collectstatic", "compilemessages", "diffsettings", "findstatic",
    "help", "makemessages", "new_sql", "sendtestemail", "startapp",
    "startproject", "test", "testserver", "version",
}  # fmt: skip
#: Commands that would be meddled with by bringing the control database up to date first.
ABOUT_DJANGO_MIGRATIONS = {"flush", "makemigrations", "migrate", "showmigrations", "sqlmigrate"}
HELP_WORDS = {"-h", "--help", "--version"}


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit status.

    Where no ``DATABASE_URL`` is set, the development server runs for as long as the command does,
    and its control database is made and brought up to date.
    """
    try:
        django.setup()
        with _development_server(arguments):
            execute_from_command_line(list(arguments))
    except CeremonyError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    return 0


def needs_database(arguments: Sequence[str]) -> bool:
    """Whether a command line (program name first) may reach for a database."""
    return (
        len(arguments) > 1
        and arguments[1] in get_commands()
        and arguments[1] not in WITHOUT_DATABASE
        and not HELP_WORDS & set(arguments[2:])
    )


@contextmanager
def _development_server(arguments: Sequence[str]) -> Iterator[None]:
    if not needs_database(arguments) or not settings.USES_DEVELOPMENT_SERVER:
        yield
        return
    with termination_unwinds(), embedded.server():
        databases.create_missing(databases.beside_control())
        if arguments[1] not in ABOUT_DJANGO_MIGRATIONS:
            databases.migrate_control()
        yield


@contextmanager
def termination_unwinds() -> Iterator[None]:
    """SIGTERM and a closed terminal end the command through its ``finally`` blocks.

    A signal that is ignored stays so: nohup(1) asks for that.
    """
    ending = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, _leave) for number in ending}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
