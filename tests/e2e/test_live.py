"""A page that stands open follows what is recorded, and leaves alone what somebody is at."""

from typing import Any

from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.django import scenes
from tests.e2e.chromium import Chromium
from tests.e2e.people import enter
from tests.e2e.town import Town

SOON = 40
"""Seconds within which a page asks again, and has the answer."""


def opened(full: Town, browser: Chromium, name: str) -> Any:
    """The ceremony of this name, with its page open."""
    enter(browser, full.site, "auditor")
    ceremony = full.shown[name]
    browser.open(f"{full.site.address}/admin/ceremony/ceremony/{ceremony.pk}/change/")
    browser.driver.execute_script("window.sameAsBefore = true;")
    return ceremony


def comes(browser: Chromium, text: str) -> bool:
    """Whether the text comes into the page by itself."""
    wait = WebDriverWait(browser.driver, SOON)
    wait.until(lambda driver: text in driver.find_element(By.ID, "cer-live").text)
    return bool(browser.driver.execute_script("return window.sameAsBefore === true;"))


def test_what_is_recorded_comes_into_the_page(full: Town, browser: Chromium) -> None:
    ceremony = opened(full, browser, "half signed")
    scenes.remarked(ceremony, "Seen while the page stood open.")
    assert comes(browser, "Seen while the page stood open.")
    assert browser.complaints() == []


def test_what_has_the_focus_is_not_swapped(full: Town, browser: Chromium) -> None:
    ceremony = opened(full, browser, "half signed")
    link = browser.driver.find_element(By.CSS_SELECTOR, "[data-live='audit'] a")
    browser.driver.execute_script("arguments[0].focus();", link)
    scenes.item(ceremony, item="looked at meanwhile", text="Looked at meanwhile.")
    assert comes(browser, "Looked at meanwhile.")
    assert browser.driver.switch_to.active_element == link


def test_what_is_over_is_not_asked_about(full: Town, browser: Chromium) -> None:
    opened(full, browser, "signed off")
    page = browser.driver.find_element(By.ID, "cer-live")
    assert page.get_attribute("data-every") == "0"


def is_lost(browser: Chromium) -> bool:
    """Whether the page says that no news comes in."""
    return browser.driver.find_element(By.ID, "cer-lost").is_displayed()


def until_lost(browser: Chromium, lost: bool) -> None:
    WebDriverWait(browser.driver, SOON).until(lambda _: is_lost(browser) is lost)


def test_a_page_that_hears_nothing_any_more_says_so_until_it_does(
    full: Town, browser: Chromium
) -> None:
    """Logged out meanwhile: no login page comes into the page, and it goes on afterwards."""
    ceremony = opened(full, browser, "running")
    assert not is_lost(browser)
    browser.forget_sessions()
    until_lost(browser, lost=True)
    told = "the server does not answer, or you are logged out."
    assert told in browser.driver.find_element(By.ID, "cer-lost").text
    assert told in browser.ask("return document.getElementById('cer-told').textContent")
    assert "Orders get an email" in browser.text()
    assert browser.driver.find_elements(By.NAME, "password") == []
    enter(browser, full.site, "auditor")
    until_lost(browser, lost=False)
    scenes.remarked(ceremony, "Seen after the login.")
    assert comes(browser, "Seen after the login.")


def test_what_other_scripts_may_not_do_does_not_stop_the_page(
    full: Town, browser: Chromium
) -> None:
    ceremony = opened(full, browser, "running")
    browser.ask("document.body.insertAdjacentHTML('beforeend', '<b style=\"color: red\">x</b>')")
    assert browser.complaints() != []
    scenes.remarked(ceremony, "Seen after a complaint.")
    assert comes(browser, "Seen after a complaint.")
    assert not is_lost(browser)
