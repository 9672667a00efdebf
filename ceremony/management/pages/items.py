"""Items of a checklist as a table, and the page of a verification that was taken up again."""

from collections.abc import Sequence

from ceremony.actions.verify_again import VerifiedAgain
from ceremony.core.item import ItemResult, Judged
from ceremony.core.states import State
from ceremony.management.page import Page
from ceremony.management.pages.target import target_name, target_place
from ceremony.management.units import counted

_STYLES = {ItemResult.PASS: "ok", ItemResult.FAIL: "bad", ItemResult.WAIVED: "warn"}


def add_items(page: Page, items: Sequence[Judged]) -> None:
    """A row per item: its checklist, what must hold, the result, why."""
    page.table(
        ("Checklist", "Item", "Result", "Because"),
        [
            [
                one.item.phase.value,
                one.item.text,
                (one.result.value, _STYLES.get(one.result, "dim")),
                one.explanation,
            ]
            for one in items
        ],
    )


def add_verification(page: Page, items: Sequence[Judged], ceremony: int) -> None:
    """What was looked at after a run, and what its sign-off still waits for; nothing where nobody
    looked.
    """
    if not items:
        return
    page.blank()
    add_items(page, items)
    page.blank()
    waiting = sum(not one.lets_go_on for one in items)
    told = f"{counted(waiting, 'item')} open" if waiting else "no item is open"
    page.line(("Sign-off  ", "dim"), f"on the page of ceremony {ceremony} in the admin; {told}")


def verified_again_page(report: VerifiedAgain) -> Page:
    """Where the ceremony stands now, every item, and what is next."""
    page = Page()
    halted = report.state is State.HALTED
    page.line(
        ("✕ " if halted else "✓ ", "bad" if halted else "ok"),
        (
            f"Ceremony {report.number}, {report.series} on {target_name(report.target)}: "
            f"{report.state.value}.",
            "bold",
        ),
    )
    page.line((target_place(report.target), "dim"))
    page.blank()
    add_items(page, report.judged)
    page.blank()
    if halted:
        step = f"manage.py resume_sql --database {report.target.alias}"
        page.line(("Next   ", "bold"), f"{step}   what is next: assess, decide, document")
    else:
        page.line(
            ("Next   ", "bold"),
            f"What is open is answered and signed on the page of ceremony {report.number} in the "
            "admin.",
        )
    return page
