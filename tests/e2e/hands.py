"""What a person does in the browser: by labels, and by what stands on buttons."""

import re
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

from tests.django.ceremonies import PASSWORD
from tests.e2e import judging
from tests.e2e.chromium import PATIENCE, Chromium
from tests.e2e.site import Site

PRESSED = (
    "//main//a[starts-with(normalize-space(), {0})] | //main//button[starts-with(normalize-space(),"
    " {0})] | //main//input[@type='submit' and starts-with(@value, {0})]"
)
EXACTLY = "//main//label[normalize-space() = {0}]"
FIELD = "//main//label[starts-with(normalize-space(), {0})]"
IN_ROW = "//main//tr[contains(., ROW)]//a[starts-with(normalize-space(), {0})]"
ENOUGH = 2_000
"""Pixels of a page that a picture of the story shows; the gallery has all of it."""

WATCHED_WITHIN = 60


class Hands:
    """Somebody at the browser. Each page that comes is judged, and a picture is kept of it."""

    def __init__(self, browser: Chromium, site: Site, pictures: Path) -> None:
        self.browser, self.site, self._pictures = browser, site, pictures
        self._count = 0
        self._who = ""
        self._judged: set[str] = set()

    def enter(self, name: str) -> None:
        """Log in by the form, as nobody before."""
        self.browser.forget_sessions()
        self._who = name
        self.browser.open(f"{self.site.address}/admin/")
        self.browser.driver.find_element(By.NAME, "username").send_keys(name)
        self.browser.driver.find_element(By.NAME, "password").send_keys(PASSWORD)
        self._away(self.browser.driver.find_element(By.CSS_SELECTOR, "[type=submit]"))
        self.looked()

    def open(self, path: str) -> None:
        self.browser.open(f"{self.site.address}{path}")
        self.looked()

    def press(self, *labels: str) -> None:
        """Follow the link or press the button with one of these labels, and arrive."""
        self._away(self._found(PRESSED, labels))
        self.looked()

    def saves(self, label: str, name: str) -> bytes:
        """Follow a link to a file; what the browser saved under ``name``."""
        self._found(PRESSED, (label,)).click()
        path = self.browser.downloads / name
        give_up = time.monotonic() + PATIENCE
        while not path.exists():
            assert time.monotonic() < give_up, f"{name} was not saved"
            time.sleep(0.05)
        return path.read_bytes()

    def fill(self, label: str, text: str) -> None:
        """Type into a field, or choose from its list."""
        field = self._field(label)
        if field.tag_name == "select":
            Select(field).select_by_value(text)
        else:
            field.clear()
            field.send_keys(text)

    def choose(self, label: str) -> None:
        """Pick one of several, or tick."""
        field = self._field(label)
        if not field.is_selected():
            field.click()
        assert field.is_selected(), label

    def press_in_row(self, row: str, label: str) -> bool:
        """Press what stands in the first row of a table that says so; whether there is one."""
        found = self._all(IN_ROW.replace("ROW", f'"{row}"'), (label,))
        if found:
            self._away(found[0])
            self.looked()
        return bool(found)

    def offers(self, label: str) -> bool:
        """Whether there is a field with that label."""
        return bool(self._all(FIELD, (label,)))

    def sees(self, *texts: str) -> None:
        """Each of these stands on the page."""
        told = " ".join(self.browser.text().split())
        missing = [text for text in texts if text not in told]
        assert not missing, f"{missing} of {told}"

    def watches(self, *texts: str) -> None:
        """Look at the page, without touching anything, until these stand on it."""
        give_up = time.monotonic() + WATCHED_WITHIN
        while time.monotonic() < give_up:
            told = " ".join(self._told().split())
            if all(text in told for text in texts):
                self.looked()
                return
            time.sleep(0.2)
        self.sees(*texts)

    def looked(self) -> None:
        """Judge the page as it is now, and keep a picture of it."""
        self._count += 1
        self.browser.picture(self._pictures / f"story-{self._count:02}-{self._who}.png", ENOUGH)
        wrong = [*self.site.troubles(), *self.browser.complaints()]
        kind = self._kind()
        if kind not in self._judged:
            wrong += judging.violations(self.browser)
            self._judged.add(kind)
        assert not wrong, f"{self.browser.driver.current_url}\n" + "\n".join(wrong)

    def _kind(self) -> str:
        """Which page this is, in which state: another one of the same kind is not judged again."""
        path = re.sub(r"\d+", "N", urlsplit(self.browser.driver.current_url).path)
        marks = self.browser.driver.find_elements(By.CSS_SELECTOR, "main .cer-mark")
        return f"{path} {marks[0].text if marks else ''}"

    def _told(self) -> str:
        try:
            return self.browser.text()
        except StaleElementReferenceException:
            return ""  # the page is changing under our eyes

    def _away(self, control: WebElement) -> None:
        """Press, and wait until the page that came has been loaded."""
        marked = "document.documentElement.dataset.left = 'yes'"
        self.browser.ask(marked)
        self.browser.ask("arguments[0].scrollIntoView({block: 'center'})", control)
        control.click()
        arrived = (
            "return !document.documentElement.dataset.left && document.readyState === 'complete'"
        )
        give_up = time.monotonic() + PATIENCE
        while not self.browser.ask(arrived):
            assert time.monotonic() < give_up, f"{self.browser.driver.current_url} did not answer"
            time.sleep(0.05)

    def _field(self, label: str) -> WebElement:
        exact = self._all(EXACTLY, (label,))
        found = exact[0] if exact else self._found(FIELD, (label,))
        name = found.get_attribute("for")
        if name:
            return self.browser.driver.find_element(By.ID, name)
        return found.find_element(By.CSS_SELECTOR, "input, select, textarea")

    def _found(self, pattern: str, labels: Sequence[str]) -> WebElement:
        found = self._all(pattern, labels)
        assert found, f"{self._who} finds none of {labels} on {self.browser.text()}"
        return found[0]

    def _all(self, pattern: str, labels: Sequence[str]) -> list[WebElement]:
        found = []
        for label in labels:
            path = pattern.format(f'"{label}"')
            found += self.browser.driver.find_elements(By.XPATH, path)
        return [one for one in found if one.is_displayed()]
