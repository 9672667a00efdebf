"""Every page at both widths and in both schemes: a picture, and what axe and the console say."""

import re
from pathlib import Path

import pytest

from tests.e2e import judging
from tests.e2e.chromium import SCHEMES, WIDTHS, Chromium
from tests.e2e.gallery import GALLERY, NO_PAGES, Page, addresses
from tests.e2e.people import enter
from tests.e2e.town import Town


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
            told = [*judging.violations(browser), *judging.overflowing(browser)]
            wrong += [f"{size[0]} {scheme}: {one}" for one in told]
    wrong += browser.complaints()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("page", GALLERY, ids=named)
def test_a_page_is_whole_without_scripts(page: Page, full: Town, browser: Chromium) -> None:
    shown(page, full, browser)
    with_scripts = judging.lines(browser)
    with browser.without_scripts():
        browser.open(page.url(full))
        without = judging.lines(browser)
    missing = [line for line in with_scripts if line not in without]
    assert not missing, "\n".join(missing)


def test_the_server_had_no_trouble(full: Town) -> None:
    assert full.site.troubles() == []
