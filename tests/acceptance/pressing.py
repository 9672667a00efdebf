"""A target called ``qa``, people around it, and a page whose button starts a real process."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from ceremony.actions.starts import Starting, starting_of
from ceremony.models import Ceremony
from tests.acceptance.door import ROOT
from tests.acceptance.gatehouse import Gatehouse, configure, environment
from tests.acceptance.world import World
from tests.conftest import Database
from tests.django.pages_of_acts import send

SECONDS = 60.0


class Press:
    """The surroundings in which a process of the project finds the databases of the test; and the
    page that starts it.
    """

    def __init__(self, world: World, control: Database, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.variables = {
            "DATABASE_URL": control.conninfo,
            "CEREMONY_EXTRA_ALIASES": "shop",
            "SHOP_DATABASE_URL": world.target().conninfo,
            "SHOP_ENVIRONMENT": "qa",
            "CEREMONY_ROOT": str(world.root),
            "CEREMONY_RUN_LOGS": str(folder),
            "DJANGO_SETTINGS_MODULE": "project.settings",
        }
        environment("qa")
        configure(RUN_FROM_PAGE="start", MANAGE_PY=ROOT / "manage.py", RUN_LOGS=folder)

    def set(self, monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
        """Let processes that are started from here find them."""
        for name, value in {**self.variables, **more}.items():
            monkeypatch.setenv(name, value)


def page_of(ceremony: Ceremony, name: str = "run") -> str:
    """The address of the page that starts something."""
    return reverse(f"admin:ceremony_ceremony_{name}", args=[ceremony.pk])


def pressed(client: Client, ceremony: Ceremony, name: str = "run", **given: Any) -> None:
    """Press the button; it must be taken."""
    answer = send(client, page_of(ceremony, name), **given)
    assert answer.status_code == 302, answer.content.decode()
    assert answer["Location"] == page_of(ceremony, name)


def until(holds: Callable[[], Any], what: str) -> Any:
    """The first true answer, within a minute."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {SECONDS} seconds")


def over(ceremony: Ceremony) -> Starting:
    """The newest start, once its process has ended."""

    def ended() -> Starting | None:
        found = starting_of(ceremony)
        return found if found is not None and found.over else None

    found: Starting = until(ended, "the end of what was started")
    return found


def now(ceremony: Ceremony) -> str:
    """The state of a ceremony."""
    state: str = Ceremony.objects.get(pk=ceremony.pk).state
    return state


def text_of(client: Client, ceremony: Ceremony, name: str = "run") -> str:
    """The words of a page, without its tags."""
    page = client.get(page_of(ceremony, name))
    assert page.status_code == 200
    return page.content.decode()


def ready(house: Gatehouse, signer: User) -> Ceremony:
    """A ceremony that waits for nothing but its run."""
    return house.approved(signer)
