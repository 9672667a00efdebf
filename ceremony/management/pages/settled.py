"""What crashed attempts turned out to be, in words."""

from collections.abc import Sequence

from ceremony.core.report import Settled, SettledAs
from ceremony.management.page import Page

_STYLES = {
    SettledAs.DONE: "ok",
    SettledAs.ABORTED: "warn",
    SettledAs.PARTLY: "bad",
    SettledAs.NOT_STARTED: "dim",
}


def add_settled(page: Page, settled: Sequence[Settled]) -> None:
    """Add one row per attempt that an earlier run left open."""
    page.table(
        ("Left open", "Settled as", "Because"),
        [
            (
                f"{one.series} {one.label}",
                (one.settled_as.value, _STYLES[one.settled_as]),
                one.explanation,
            )
            for one in settled
        ],
    )
