"""What a person meets first on the page of a ceremony: above the fold, by keyboard, in any colours.

Scripts add to the page and are never needed for it.
"""

from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.conftest import Databases
from tests.e2e import judging
from tests.e2e.chromium import NARROW, SCHEMES, WIDE, Chromium
from tests.e2e.people import enter
from tests.e2e.town import Town, town

PRIMARY = (
    ("waiting", "reviewer", "Review and sign"),
    ("changes requested", "author", "New version"),
    ("stale", "author", "Ask again"),
    ("awaiting sign-off", "reviewer", "Accept"),
    ("halted", "dba", "Go on with the halt"),
    ("overridden", "dba", "Review"),
)
"""What waits for whom, and what the one button is called."""


def page_of(full: Town, name: str) -> str:
    return f"{full.site.address}/admin/ceremony/ceremony/{full.shown[name].pk}/change/"


def shown(full: Town, browser: Chromium, name: str, by: str) -> None:
    enter(browser, full.site, by)
    browser.open(page_of(full, name))


def button(browser: Chromium, label: str) -> WebElement:
    path = f"//main//a[starts-with(normalize-space(), '{label}')]"
    found = [one for one in browser.driver.find_elements(By.XPATH, path) if one.is_displayed()]
    assert found, f"no {label!r} in {browser.text()[:600]}"
    return found[0]


@pytest.mark.parametrize(("name", "by", "label"), PRIMARY, ids=[one[0] for one in PRIMARY])
def test_what_is_next_stands_above_the_fold(
    name: str, by: str, label: str, full: Town, browser: Chromium
) -> None:
    shown(full, browser, name, by)
    for width, height in (WIDE, NARROW):
        browser.look((width, height))
        place = button(browser, label).rect
        assert place["y"] + place["height"] <= height, f"{width}: {place}"
        assert place["height"] >= 24  # WCAG 2.2, 2.5.8


@pytest.mark.parametrize(("name", "by", "label"), PRIMARY, ids=[one[0] for one in PRIMARY])
def test_what_is_next_is_reached_by_keyboard(
    name: str, by: str, label: str, full: Town, browser: Chromium
) -> None:
    shown(full, browser, name, by)
    wanted = button(browser, label)
    browser.tab_to(wanted)
    outline = "const s = getComputedStyle(arguments[0]); return [s.outlineStyle, s.outlineWidth]"
    style, width = browser.ask(outline, wanted)
    assert style != "none"
    assert float(width.removesuffix("px")) >= 1


def test_a_decision_is_taken_by_keyboard_alone(full: Town, browser: Chromium) -> None:
    """The form is sent with the Enter key, and the focus goes to what is wrong."""
    enter(browser, full.site, "dba")
    number = full.shown["waiting"].pk
    browser.open(f"{full.site.address}/admin/ceremony/ceremony/{number}/sign/")
    change = browser.driver.find_element(By.CSS_SELECTOR, "[value='request changes']")
    comment = browser.driver.find_element(By.NAME, "decision")
    browser.tab_to(comment, at_most=300)
    while not change.is_selected():
        browser.type("\ue015")  # arrow down
    send = browser.driver.find_element(By.CSS_SELECTOR, "main button[type=submit].cer-button")
    browser.tab_to(send)
    browser.type("\ue007")  # Enter
    browser.arrived("Say what should change.")
    assert browser.focused().get_attribute("name") == "comment"
    assert browser.focused().get_attribute("aria-invalid") == "true"


def test_a_phone_shows_of_each_ceremony_whom_it_waits_for(full: Town, browser: Chromium) -> None:
    """Nothing of the list is found only by scrolling sideways inside of it."""
    enter(browser, full.site, "dba")
    browser.look(NARROW)
    browser.open(f"{full.site.address}/admin/ceremony/ceremony/")
    wide = (
        "const box = document.querySelector('.results'); return box.scrollWidth - box.clientWidth"
    )
    assert browser.ask(wide) <= 0
    row = full.shown["waiting"].pk
    path = f"//tr[.//a[contains(@href, '/ceremony/ceremony/{row}/')]]//*[@data-label='Waits for']"
    waits = browser.driver.find_element(By.XPATH, path)
    assert waits.text == "dba (0 of 1)\nreviewer (0 of 1)"
    assert waits.rect["x"] + waits.rect["width"] <= NARROW[0]


def test_a_phone_shows_why_a_gate_is_shut(full: Town, browser: Chromium) -> None:
    shown(full, browser, "waiting", "dba")
    browser.look(NARROW)
    wide = "const box = arguments[0].parentElement; return box.scrollWidth - box.clientWidth"
    assert browser.ask(wide, browser.driver.find_element(By.CSS_SELECTOR, ".cer-gates")) <= 0
    path = "//tr[th='Approval: 1 of dba']"
    gate = browser.driver.find_element(By.XPATH, path)
    assert gate.text == (
        "Approval: 1 of dba\n◑ waits Nobody has signed. 1 more needed. "
        "Any of these signs on its page: dba."
    )
    assert gate.rect["x"] + gate.rect["width"] <= NARROW[0]


@pytest.mark.parametrize("name", ["waiting", "halted", "signed off", "hostile"])
def test_in_forced_colours_every_state_has_its_word(
    name: str, full: Town, browser: Chromium, pictures: Path
) -> None:
    browser.look(WIDE, forced=True)
    shown(full, browser, name, "auditor")
    browser.picture(pictures / f"ceremony-{name.replace(' ', '-')}-1280-forced.png")
    marks = browser.driver.find_elements(By.CSS_SELECTOR, ".cer-mark")
    assert marks
    assert all(any(sign.isalpha() for sign in one.text) for one in marks if one.is_displayed())
    assert browser.complaints() == []


def test_the_theme_of_the_admin_is_the_theme_of_our_pages(full: Town, browser: Chromium) -> None:
    """The switch on top of every page of the admin counts more than what the system prefers."""
    shown(full, browser, "waiting", "auditor")
    colour = "return getComputedStyle(document.querySelector('main .cer-mark')).backgroundColor"
    found = {}
    for scheme in SCHEMES:
        browser.look(WIDE, scheme)
        found[scheme] = browser.ask(colour)
    assert found["light"] != found["dark"]
    for scheme, other in (SCHEMES, SCHEMES[::-1]):
        browser.look(WIDE, other)
        browser.ask("document.documentElement.dataset.theme = arguments[0]", scheme)
        assert browser.ask(colour) == found[scheme]
        assert judging.violations(browser) == []


def test_under_the_bare_policy_the_page_is_whole(
    server: Any,
    databases: Databases,
    control_template: str,
    tmp_path: Path,
    django_db_blocker: Any,
    browser: Chromium,
) -> None:
    """Where scripts may not ask for anything, one complaint is all that is left of a live page."""
    bare = {"CEREMONY_E2E_BARE": "1"}
    with (
        django_db_blocker.unblock(),
        town(server, databases, control_template, tmp_path, **bare) as made,
    ):
        made.requested("waiting", "shop_waiting")
        shown(made, browser, "waiting", "reviewer")
        assert "Orders with an address" in browser.text()
        assert len(browser.complaints()) <= 1
