"""A browser, and people in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest

from tests.conftest import Databases
from tests.e2e.chromium import Chromium
from tests.e2e.site import ROOT
from tests.e2e.town import Town, populate, town


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


@pytest.fixture(scope="module")
def full(
    server: Any,
    databases: Databases,
    control_template: str,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: Any,
) -> Iterator[Town]:
    """A site that has everything in it."""
    folder = tmp_path_factory.mktemp("town")
    with (
        django_db_blocker.unblock(),
        town(server, databases, control_template, folder) as made,
    ):
        populate(made)
        yield made
