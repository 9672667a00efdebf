"""A real browser: widths, colour schemes, scripts on and off, pictures, complaints."""

import base64
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

WIDE, NARROW = (1280, 860), (390, 844)
WIDTHS = (WIDE, NARROW)
SCHEMES = ("light", "dark")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
    "--force-device-scale-factor=1",
    "--hide-scrollbars",
    "--lang=en-US",
)
TALLEST = 12_000
PATIENCE = 60


class Chromium:
    """One browser, used for every page of a test process."""

    def __init__(self, profile: Path, downloads: Path) -> None:
        self.downloads = downloads
        options = webdriver.ChromeOptions()
        options.binary_location = _program(*PROGRAMS)
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options, Service(_program("chromedriver")))
        self.driver.set_page_load_timeout(PATIENCE)
        self.driver.set_script_timeout(PATIENCE)
        self._tell("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))
        self.look()

    def close(self) -> None:
        self.driver.quit()

    def open(self, url: str) -> None:
        self.driver.get(url)

    def look(
        self, size: tuple[int, int] = WIDE, scheme: str = "light", *, forced: bool = False
    ) -> None:
        """The size of the window in CSS pixels and what the person prefers."""
        width, height = size
        narrow = size == NARROW
        self._tell(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=narrow,
        )
        features = {
            "prefers-color-scheme": scheme,
            "forced-colors": "active" if forced else "none",
            "prefers-reduced-motion": "reduce",
        }
        told = [{"name": name, "value": value} for name, value in features.items()]
        self._tell("Emulation.setEmulatedMedia", media="", features=told)

    @contextmanager
    def without_scripts(self) -> Iterator[None]:
        """Pages that are loaded meanwhile run no script."""
        self._tell("Emulation.setScriptExecutionDisabled", value=True)
        try:
            yield
        finally:
            self._tell("Emulation.setScriptExecutionDisabled", value=False)

    def keep_session(self, address: str, name: str, value: str) -> None:
        """Be the person of a session."""
        self._tell("Network.setCookie", url=address, name=name, value=value, httpOnly=True)

    def forget_sessions(self) -> None:
        self._tell("Network.clearBrowserCookies")

    def picture(self, path: Path, tallest: int = TALLEST) -> None:
        """The whole page as a PNG, or its beginning: ``tallest`` pixels of it."""
        size = self._tell("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "scale": 1}
        taken = self._tell(
            "Page.captureScreenshot",
            format="png",
            captureBeyondViewport=True,
            clip={**clip, "height": min(size["height"], tallest)},
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(taken["data"]))

    def complaints(self) -> list[str]:
        """What the browser's console said since this was asked last, but advice to developers."""
        said = [one for one in self.driver.get_log("browser") if one["level"] != "DEBUG"]
        return [f"{one['level']}: {one['message']}" for one in said]

    def ask(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def type(self, *keys: str) -> None:
        """Keys for whatever has the focus."""
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self) -> WebElement:
        return self.driver.switch_to.active_element

    def tab_to(self, wanted: WebElement, at_most: int = 80) -> int:
        """How many times the Tab key is pressed until ``wanted`` has the focus."""
        for pressed in range(1, at_most + 1):
            self.type(Keys.TAB)
            if self.focused() == wanted:
                return pressed
        raise AssertionError(f"{wanted.text!r} is not reached with {at_most} tabs")

    def arrived(self, text: str) -> None:
        """Wait until the page says so."""
        give_up = time.monotonic() + PATIENCE
        while text not in self.ask("return document.body.innerText"):
            assert time.monotonic() < give_up, self.text()
            time.sleep(0.05)

    def text(self) -> str:
        """What a person reads on the page, below the head of the site."""
        return self.driver.find_element(By.CSS_SELECTOR, "main, #content").text

    def _tell(self, command: str, **parameters: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.driver.execute_cdp_cmd(command, parameters)
        return found


def _program(*names: str) -> str:
    for name in names:
        if found := shutil.which(name):
            return found
    pytest.fail(f"{names[0]} is not installed: apt-get install chromium chromium-driver")
