"""What every page must be, whatever it shows."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tests.e2e.chromium import Chromium

AXE = Path(__file__).parent / "axe" / "axe.min.js"

#: Parts of Django's own admin, with what they lack. Nothing of ours is inside them.
STOCK: Mapping[str, str] = {
    "#searchbar": "the search of a list is labelled by a picture and a title (5.2)",
    "#changelist-search .small": "its link “Show all” differs by its colour alone (5.2)",
}

RUN = """
const [excluded, done] = arguments;
// Links of the admin take a moment to change their colour.
document.getAnimations().forEach(one => one.finish());
const context = {include: [["html"]], exclude: excluded.map(one => [one])};
const told = (rule, node) =>
  `${rule.id}: ${node.target.join(" ")}: ${node.failureSummary} ${node.html.slice(0, 200)}`;
axe.run(context, {resultTypes: ["violations"]}).then(
  found => done(found.violations.flatMap(rule => rule.nodes.map(node => told(rule, node)))),
  error => done([`axe failed: ${error}`]));
"""

#: The last elements that stick out on the right; those inside a box that scrolls by itself may.
OVERFLOW = """
const root = document.documentElement, width = root.clientWidth;
const scrolls = node => {
  for (let at = node; at && at !== document.body; at = at.parentElement) {
    if (getComputedStyle(at).overflowX !== "visible") return true;
  }
  return false;
};
if (root.scrollWidth <= width) return [];
const out = [...document.querySelectorAll("body *")]
  .filter(node => node.getBoundingClientRect().right > width + 1 && !scrolls(node));
return [`${root.scrollWidth} px wide, of ${width}`,
  ...out.slice(-5).map(node => `${node.outerHTML.slice(0, 120)}`)];
"""

#: Times are told by what they are: how long ago that was differs from one look to the next.
READ = """
const part = document.querySelector("main") || document.body;
part.querySelectorAll("time").forEach(node => { node.textContent = node.dateTime; });
return part.innerText.split("\\n").map(line => line.trim()).filter(line => line);
"""


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


def violations(browser: Chromium, excluded: Sequence[str] = tuple(STOCK)) -> list[str]:
    """What axe-core finds wrong with the page as it is shown now."""
    if not browser.ask("return Boolean(window.axe)"):
        browser.ask(_axe())
    found: list[str] = browser.driver.execute_async_script(RUN, list(excluded))
    return found


def overflowing(browser: Chromium) -> list[str]:
    """What makes the page scroll sideways."""
    found: list[str] = browser.ask(OVERFLOW)
    return found


def lines(browser: Chromium) -> list[str]:
    """The lines that a person sees."""
    found: list[Any] = browser.ask(READ)
    return [str(one) for one in found]
