"""What all commands share: two streams, formats, exit statuses, errors without traceback, orderly
stopping.
"""

import shlex
import sys
import traceback
from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn, TextIO

from django.core.management.base import BaseCommand, CommandParser

from ceremony import __version__
from ceremony.actions.actor import current_actor
from ceremony.actions.ready import Caller
from ceremony.errors import NOTHING_CHANGED, CeremonyError, ExitCode
from ceremony.management.formats.facts import Json
from ceremony.management.formats.json_format import document
from ceremony.management.next_command import program
from ceremony.management.page import Page
from ceremony.management.signals import stoppable
from ceremony.management.streams import Printer, Stream
from ceremony.management.trouble import CommandStopped, Trouble, of_error, trouble_page
from ceremony.management.visible import visible_lines

#: The state line of an interruption that no action told us about.
LEDGER_TELLS = "The ledger in the target says what is applied."


class CeremonyCommand(BaseCommand):
    """A command whose answer is data on stdout and whose talk is on stderr.

    From a shell every error ends in its exit status (``ceremony.errors.ExitCode``), without a
    traceback unless ``--traceback`` is given. ``call_command`` raises CommandStopped instead, with
    ``returncode`` and ``code``.
    """

    # As Django's own ``migrate``: a broken URL configuration is no reason to refuse a migration.
    requires_system_checks = []
    formats: ClassVar[tuple[str, ...]] = ("text", "json")
    #: Whether the text only confirms what was done; ``-v 0`` then leaves it out.
    only_confirms: ClassVar[bool] = False
    #: What an interruption leaves behind when the action itself did not say.
    left_behind: ClassVar[str] = NOTHING_CHANGED

    def __init__(
        self,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        no_color: bool = False,
        force_color: bool = False,
    ) -> None:
        super().__init__(stdout, stderr, no_color, force_color)
        self._streams = (stdout, stderr)
        self._from_shell = False
        self._arguments: list[str] = []
        self._subjects: list[str] = []
        self.format = "text"
        self.verbosity = 1
        self._answered = False

    def get_version(self) -> str:
        """What ``--version`` prints: our release, not Django's."""
        return __version__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--format",
            choices=self.formats,
            default="text",
            help="How to write the answer on stdout. Default: text.",
        )

    def run_from_argv(self, argv: list[str]) -> None:
        self._from_shell = True
        self._arguments = argv[1:]
        super().run_from_argv(argv)

    def execute(self, *args: Any, **options: Any) -> None:
        """Run the command; see the class for how it ends."""
        self._prepare(options)
        try:
            with stoppable(self.say):
                super().execute(*args, **options)
            self._require_written()
        except CeremonyError as error:
            self._refuse(of_error(error), error, options)
        except CommandStopped as stopped:
            self._end(stopped.trouble, stopped, options)
        except KeyboardInterrupt as error:
            self._refuse(self._interrupted(), error, options)

    def answer(self, page: Page, reports: Sequence[Json], trouble: Trouble | None = None) -> None:
        """Write the answer in the format asked for, then stop with ``trouble`` if there is one."""
        if self.format == "json":
            self.data.text(document(self.name, reports, trouble))
        elif self.verbosity or not self.only_confirms or trouble is not None:
            self.data.page(page)
        self._answered = True
        if trouble is not None:
            raise CommandStopped(trouble)

    def say(self, text: str) -> None:
        """One sentence on stderr, unless ``-v 0`` asks for quiet."""
        if self.verbosity:
            page = Page()
            page.line(text)
            self.talk.page(page)

    def caller(self, wait_seconds: float | None = None) -> Caller:
        """Who asks, with which command line, and how long to wait for the target's lock."""
        return Caller(current_actor(), self.typed, wait_seconds)

    @property
    def name(self) -> str:
        """The command's name, as typed."""
        return self.__class__.__module__.rpartition(".")[2]

    @property
    def typed(self) -> str:
        """The command line for the record and for messages that say what to type again."""
        return shlex.join([program(), *(self._arguments or (self.name, *self._subjects))])

    def _prepare(self, options: dict[str, Any]) -> None:
        out, err = self._streams
        colour = True if options["force_color"] else False if options["no_color"] else None
        self.format = options["format"]
        self.verbosity = options["verbosity"]
        series = options.get("series") or []
        self._subjects = [series] if isinstance(series, str) else list(series)
        self.data = Printer(Stream(options.get("stdout") or out or sys.stdout), colour=colour)
        self.talk = Printer(Stream(options.get("stderr") or err or sys.stderr), colour=colour)

    def _refuse(self, trouble: Trouble, cause: BaseException, options: dict[str, Any]) -> NoReturn:
        """End before there was a report; the JSON answer is written all the same."""
        if self.format == "json":
            self.data.text(document(self.name, (), trouble))
        self._end(trouble, cause, options)

    def _end(self, trouble: Trouble, cause: BaseException, options: dict[str, Any]) -> NoReturn:
        """Leave with the exit status: a shell reads it, Python code catches it."""
        if not self._from_shell:
            raise CommandStopped(trouble) from cause
        if options["traceback"]:
            self.talk.page(_traceback(cause))
        if self.data.live and self.talk.live and self._answered:
            # Both end on one terminal: the error stands apart from the page above it.
            self.talk.text("\n")
        self.talk.page(trouble_page(trouble, self.talk.width))
        raise SystemExit(int(trouble.exit_code))

    def _require_written(self) -> None:
        """An answer that is not there must not look like one: a full disk is no success."""
        if why := self.data.stream.failure:
            raise CommandStopped(
                Trouble(
                    "answer-not-written",
                    f"The answer could not be written: {why}.",
                    "What the command did is done and recorded; only its answer is lost.",
                    f"Make room, then look: {program()} status_sql",
                    ExitCode.FAILED,
                )
            )

    def _interrupted(self) -> Trouble:
        return Trouble(
            "interrupted",
            "Stopped by a person.",
            self.left_behind,
            f"{self.typed}, when you are ready.",
            ExitCode.INTERRUPTED,
        )


def _traceback(error: BaseException) -> Page:
    page = Page()
    for line in visible_lines("".join(traceback.format_exception(error))):
        page.line(line)
    return page
