"""Every page at both widths and in both schemes: a picture, and what axe and the console say."""

import os
import re
from pathlib import Path

import pytest

from tests.e2e import judging
from tests.e2e.chromium import SCHEMES, WIDE, WIDTHS, Chromium
from tests.e2e.gallery import GALLERY, NO_PAGES, Page, addresses
from tests.e2e.people import enter
from tests.e2e.site import ROOT
from tests.e2e.town import Town

DOCS = ROOT / "docs" / "pictures"
IN_DOCS = {"ceremonies": 625, "ceremony, half signed": 860, "sign": 860, "attempt, partly": 640}
"""Which pictures the documentation has, and how many pixels of them."""

WRITES = bool(os.environ.get("CEREMONY_WRITE_PICTURES"))
"""Whether the pictures in the documentation are taken anew."""


def named(page: Page) -> str:
    return re.sub(r"\W+", "-", page.name)


def shown(page: Page, full: Town, browser: Chromium) -> None:
    enter(browser, full.site, page.by)
    browser.open(page.url(full))


def test_every_address_of_ours_is_in_the_gallery() -> None:
    seen = {page.full_name for page in GALLERY}
    assert addresses() - seen - set(NO_PAGES) == set()
    assert not set(NO_PAGES) - addresses()


@pytest.mark.parametrize("page", GALLERY, ids=named)
def test_a_page_is_sound(page: Page, full: Town, browser: Chromium, pictures: Path) -> None:
    shown(page, full, browser)
    wrong = []
    for scheme in SCHEMES:
        for size in WIDTHS:
            browser.look(size, scheme)
            browser.picture(pictures / f"{named(page)}-{size[0]}-{scheme}.png")
            if WRITES and page.name in IN_DOCS and (size, scheme) == (WIDE, "light"):
                browser.picture(DOCS / f"{named(page)}.png", tallest=IN_DOCS[page.name])
            told = [*judging.violations(browser), *judging.overflowing(browser)]
            wrong += [f"{size[0]} {scheme}: {one}" for one in told]
    wrong += [f"needs scripts: {one}" for one in lost_without_scripts(browser)]
    wrong += browser.complaints()
    assert not wrong, "\n".join(wrong)


def lost_without_scripts(browser: Chromium) -> list[str]:
    """Lines of the page that are not there where no script runs."""
    with_scripts = judging.lines(browser)
    with browser.without_scripts():
        browser.driver.refresh()
        without = judging.lines(browser)
    return [line for line in with_scripts if line not in without]


def test_the_server_had_no_trouble(full: Town) -> None:
    assert full.site.troubles() == []
