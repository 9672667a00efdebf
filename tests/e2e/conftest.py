"""A browser, and people in it."""

from collections.abc import Iterator
from pathlib import Path

import django
import pytest

from tests.e2e.chromium import Chromium
from tests.e2e.site import ROOT


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Where pictures of pages are kept: one folder per Django."""
    return ROOT / ".state" / "e2e" / f"django-{django.VERSION[0]}.{django.VERSION[1]}"


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """The browser. Without Chromium the suite fails: a page that nobody looked at is no pass."""
    browser = Chromium(tmp_path_factory.mktemp("profile"), tmp_path_factory.mktemp("downloads"))
    yield browser
    browser.close()


@pytest.fixture
def browser(chromium: Chromium) -> Chromium:
    """The browser as nobody, wide and light, with nothing said on its console."""
    chromium.forget_sessions()
    chromium.look()
    chromium.complaints()
    return chromium
