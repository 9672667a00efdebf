"""``watch_sql``: the monitor checks of what is applied, once or for some hours."""

import time
from argparse import ArgumentTypeError
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser
from django.db import connections

from ceremony import conf
from ceremony.actions.watch import WatchRequest, look, stated
from ceremony.core.watching import WatchLook
from ceremony.errors import UsageError
from ceremony.management.base import CeremonyCommand
from ceremony.management.formats.watch_json import watch_look
from ceremony.management.pages.watch import look_sentence, watch_page
from ceremony.management.places import prefix_of
from ceremony.management.report_trouble import of_watch
from ceremony.management.running import add_database

_MINUTE, _HOUR = 60.0, 3_600.0


class Command(CeremonyCommand):
    """Exit 0 when every look found every check as it should be, 1 when one did not or the target
    did not answer.
    """

    help = (
        "Run the `monitor` checks of what is applied, once or again and again for some hours after "
        "a run. What a check does is undone; a breach is an event of the trail and a notice."
    )
    left_behind = "The looks so far are recorded; the target was only read."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("series", metavar="SERIES", help="The series to watch.")
        add_database(parser)
        parser.add_argument(
            "--ceremony",
            type=int,
            default=0,
            metavar="NUMBER",
            help="The looks belong to this ceremony. Default: the newest of the series on the "
            "target that has run.",
        )
        parser.add_argument(
            "--once",
            action="store_true",
            help="Look once and end, for a scheduler.",
        )
        parser.add_argument(
            "--hours",
            type=_positive,
            metavar="NUMBER",
            help="Look again and again for so long; the first look is at once. Default: what "
            "[health] of series.toml states; without that, look once.",
        )
        parser.add_argument(
            "--every",
            type=_positive,
            metavar="MINUTES",
            help="Wait so long between two looks. Default: what [health] states, else 15.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"] and options["hours"]:
            raise UsageError(
                "watch-how-long",
                "--once and --hours contradict each other.",
                next_step="Leave one of them out.",
            )
        request = WatchRequest(
            options["series"], self.caller(), options["database"], options["ceremony"]
        )
        health = stated(request.series)
        hours = 0.0 if options["once"] else options["hours"] or health.hours
        looks = list(self._looks(request, hours, options["every"] or health.every_minutes))
        page = watch_page(looks, prefix_of(conf.load().root))
        self.answer(page, [watch_look(one) for one in looks], of_watch(looks))

    def _looks(self, request: WatchRequest, hours: float, every: float) -> Iterator[WatchLook]:
        """The first look at once, the others by the clock, however long one takes."""
        begin = time.monotonic()
        due = begin
        while True:
            found = look(request)
            yield found
            due += every * _MINUTE
            if due > begin + hours * _HOUR:
                return
            self.say(look_sentence(found))
            # Nothing is kept open between two looks: servers are restarted, links are cut.
            connections.close_all()
            time.sleep(max(0.0, due - time.monotonic()))


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise ArgumentTypeError(f"{text!r} is no positive number")
    return value
