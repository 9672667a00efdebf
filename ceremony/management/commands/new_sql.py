"""``new_sql``: the files of a new migration, ready to be filled in."""

from typing import Any

from django.core.management.base import CommandParser

from ceremony import conf
from ceremony.actions.new import NewRequest, new
from ceremony.management.base import CeremonyCommand
from ceremony.management.pages.new import new_page
from ceremony.management.places import prefix_of


class Command(CeremonyCommand):
    """Writes new files only; never over one that is there."""

    help = "Write the files of a new migration: the change, its checks and its rollback."
    only_confirms = True

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("series", metavar="SERIES", help="The series that the migration joins.")
        parser.add_argument(
            "name",
            nargs="+",
            metavar="NAME",
            help="What it does, in a few words: add customer email.",
        )
        parser.add_argument(
            "--create-series",
            action="store_true",
            help="Start the series when it does not exist yet.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = " ".join(options["name"])
        written = new(NewRequest(options["series"], name, options["create_series"]))
        root = conf.load().root
        prefix = prefix_of(root)
        paths = [f"{prefix}{path.relative_to(root).as_posix()}" for path in written]
        series = options["series"]
        self.answer(new_page(paths, series), [{"series": series, "written": paths}])
