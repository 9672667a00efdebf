"""The page of ``new_sql``: the files that now wait to be filled in."""

from collections.abc import Sequence

from ceremony.management.next_command import program
from ceremony.management.page import Page
from ceremony.management.units import counted


def new_page(paths: Sequence[str], series: str) -> Page:
    """The paths, one per line, and the command that checks them."""
    page = Page()
    page.line((f"Wrote {counted(len(paths), 'file')}; fill them in.", "bold"))
    for path in paths:
        page.line(path, indent=2)
    page.blank()
    page.line(("Next   ", "dim"), f"{program()} check_sql {series}")
    return page
