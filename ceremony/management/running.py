"""What the commands that change a target share: their flags, the watcher, the end of a run."""

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandParser

from ceremony import conf
from ceremony.core.report import RunReport
from ceremony.management.base import LEDGER_TELLS, CeremonyCommand
from ceremony.management.formats.json_format import run_report
from ceremony.management.pages.run import run_page
from ceremony.management.places import prefix_of
from ceremony.management.progress import Look
from ceremony.management.started import recorded
from ceremony.management.trouble import of_run
from ceremony.management.watchers.live import LiveWatcher
from ceremony.management.watchers.plain import PlainWatcher
from ceremony.management.watchers.quiet import QuietWatcher


class WatchedCommand(CeremonyCommand):
    """A command that works under a target's lock and can be watched at it."""

    only_confirms = True
    left_behind = LEDGER_TELLS

    def execute(self, *args: Any, **options: Any) -> None:
        """Run the command; how it ends is recorded, too, where a page has started it."""
        with recorded(options.get("started") or 0):
            super().execute(*args, **options)

    def watcher(self, look: Look) -> LiveWatcher | PlainWatcher | QuietWatcher:
        """A live line on a terminal, plain lines in a pipe, nothing with ``-v 0``."""
        if not self.verbosity:
            return QuietWatcher()
        kind = LiveWatcher if self.talk.live else PlainWatcher
        return kind(self.talk, look, self.verbosity)


class RunningCommand(WatchedCommand):
    """A command that runs a plan on a target."""

    def add_run_arguments(
        self, parser: CommandParser, needed: str = "wherever that is not local"
    ) -> None:
        """The flags that a run takes in either direction. ``needed``: where ``--confirm`` is."""
        add_database(parser)
        add_waiting(parser)
        parser.add_argument(
            "--confirm",
            default="",
            metavar="ENVIRONMENT",
            help="Name the target's environment (say: production) to show that you mean it. "
            f"Needed {needed}.",
        )

    def answer_run(self, report: RunReport) -> None:
        """Write what came of the run, and end with its exit status."""
        prefix = prefix_of(conf.load().root)
        page = run_page(report, prefix, self.verbosity)
        reports = [run_report(report)] if self.format == "json" else []
        self.answer(page, reports, of_run(report, prefix))


def add_database(parser: CommandParser) -> None:
    """The flag that names the target."""
    parser.add_argument(
        "--database",
        metavar="ALIAS",
        help="The target, an alias of DATABASES. Default: the database that series.toml names, "
        "else the alias of the series' name.",
    )


def add_plan_shape(parser: CommandParser, verb: str) -> None:
    """The flags that shape a plan; ``verb`` is what the command does with it."""
    parser.add_argument(
        "--to",
        metavar="VERSION",
        help="Stop at this version (rolling back: keep it; zero keeps none).",
    )
    parser.add_argument(
        "--include-late",
        action="store_true",
        help=f"{verb} migrations, too, that are older than one already applied.",
    )
    parser.add_argument(
        "--rollback", action="store_true", help=f"{verb} the way back instead of the way on."
    )
    parser.add_argument(
        "--variant", default="", metavar="NAME", help="With --rollback: this other way back."
    )


def add_waiting(parser: CommandParser) -> None:
    """The flags that say how long to wait for the target's lock."""
    waiting = parser.add_mutually_exclusive_group()
    waiting.add_argument(
        "--no-wait",
        action="store_const",
        const=0.0,
        dest="wait",
        help="Do not wait for the target's lock: exit 4 at once when somebody else holds it.",
    )
    waiting.add_argument(
        "--wait",
        type=seconds,
        metavar="SECONDS",
        help="Wait at most this long for the target's lock. Default: as long as it takes.",
    )


def reason(text: str) -> str:
    """Why somebody decides so, in words; for argparse."""
    if not text.strip():
        raise ArgumentTypeError("say why, in words: the reason is recorded")
    return text


def seconds(text: str) -> float:
    """A number of seconds, not negative; for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        raise ArgumentTypeError(f"{text!r} is no number of seconds")
    return value
