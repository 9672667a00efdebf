"""The page of ``watch_sql``: one line per look, and what did not hold."""

from collections.abc import Sequence

from ceremony.core.check import CheckResult
from ceremony.core.watching import WatchLook
from ceremony.management.page import Page, Part
from ceremony.management.pages.checks import add_checks
from ceremony.management.pages.verdict import marked
from ceremony.management.units import counted, moment


def watch_page(looks: Sequence[WatchLook], prefix: str) -> Page:
    """What was watched, a table of the looks, and the checks that did not pass at the last one."""
    page = Page()
    if not looks:
        page.line("Nothing was looked at.")
        return page
    last = looks[-1]
    breached = sum(one.breached for one in looks)
    told = f"{counted(breached, 'breach')}" if breached else "no breach"
    page.line(
        marked(last.verdict.value),
        (f"  {last.series} on {last.alias}. {counted(len(looks), 'look')}, {told}.", "bold"),
    )
    page.blank()
    page.table(("When", "Verdict", "Checks", "Run", "Problem"), [_row(one) for one in looks])
    page.blank()
    for name in last.missing:
        page.line(("✕ ", "bad"), f"[health] names the check {name!r}, which nothing applied has.")
    for one in last.migrations:
        if any(check.result is not CheckResult.PASS for check in one.checks):
            add_checks(page, one.label, one.checks, prefix, all_of_them=False)
    return page


def look_sentence(one: WatchLook) -> str:
    """One look in one line, for whoever follows a long watch."""
    why = f" {one.problem.happened}" if one.problem else ""
    return f"{moment(one.at)}  {one.verdict.value}  {one.passed} of {len(one.checks)} passed.{why}"


def _row(one: WatchLook) -> list[Part]:
    return [
        moment(one.at),
        marked(one.verdict.value),
        f"{one.passed} of {len(one.checks)}",
        str(one.run),
        one.problem.code if one.problem else "",
    ]
