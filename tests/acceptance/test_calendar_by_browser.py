"""The calendar ceremony with every human act in the browser, to the report that is true of it.

The rehearsal and the run are commands: nobody runs a change by signing it.
"""

from typing import Any, cast

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from ceremony.models import Ceremony
from tests.acceptance import test_five_ceremonies as five
from tests.acceptance.door import ROOT, manage
from tests.acceptance.gatehouse import Gatehouse, environment
from tests.acceptance.test_by_browser import answer_all, page_told, requested, state, url
from tests.acceptance.world import World
from tests.django.ceremonies import PASSWORD
from tests.django.pages_of_acts import opened, send
from tests.django.test_signing_pages import browser

ALIAS = "calendar_live"


@pytest.fixture
def house(world: World, monkeypatch: pytest.MonkeyPatch) -> Gatehouse:
    world.root = ROOT / "migrations_sql"
    settings.CEREMONY = {**settings.CEREMONY, "ROOT": world.root}
    world.target("calendar")
    world.target(ALIAS)
    policy: dict[str, Any] = cast("dict[str, Any]", five.POLICIES["calendar"])
    environment("production", ALIAS, **policy)
    return Gatehouse(world, monkeypatch)


def decided(client: Client, ceremony: Ceremony, name: str = "sign") -> None:
    """Approve with all that the page asks for."""
    page = opened(client, url(ceremony, name))
    form = page.context["form"]
    digits = page.context["subject"].partition(":")[2][:8]
    asked = {"typed": digits, "read": "on", "warnings": "on", "password": PASSWORD}
    given = {key: value for key, value in asked.items() if key in form.fields}
    if "accepted" in form.fields:
        given["accepted"] = [value for value, _ in form.fields["accepted"].choices]
    answer = send(client, url(ceremony, name), page, decision="approve", **given)
    assert answer.status_code == 302, answer.content.decode()


@pytest.mark.slow
def test_the_calendar_ceremony_with_every_act_in_the_browser(house: Gatehouse) -> None:
    vera = browser("vera", "sign", groups=("dba",))
    sam = browser("sam", "sign", "run", groups=("team",))
    house.at_the_shell("rita")
    house.world.applied(series="calendar")
    flags = ("--database", ALIAS, "--confirm", "production")
    assert manage("rehearse_sql", "calendar", *flags).status == 0
    rita = browser("rita", "request")
    ceremony = requested(rita, series="calendar", database=ALIAS, title="The calendar")
    answer_all(sam, ceremony)
    decided(vera, ceremony)
    assert state(ceremony) == "requested"
    decided(sam, ceremony)
    assert state(ceremony) == "approved"
    house.at_the_shell("olga")
    house.world.applied("--database", ALIAS, series="calendar")
    assert state(ceremony) == "awaiting sign-off"
    answer_all(sam, ceremony)
    decided(vera, ceremony, "accept")
    assert state(ceremony) == "signed off"
    lesson = {"kind": "lesson", "text": "One window was enough."}
    assert send(sam, url(ceremony, "remark"), **lesson).status_code == 302
    _true_report(Ceremony.objects.get(pk=ceremony.pk), vera)


def _true_report(ceremony: Ceremony, reader: Client) -> None:
    told = five.report(ceremony)
    assert (told["verdict"], told["state"]) == ("PASS", "signed off")
    five.assert_run(told, ceremony)
    five.assert_items(told, ceremony)
    signed = [(one["username"], one["purpose"], one["told"]) for one in told["signed"]]
    assert signed == [
        ("vera", "approval", True),
        ("sam", "approval", True),
        ("vera", "acceptance", True),
    ]
    assert ceremony.requested_by == get_user_model().objects.get(username="rita")
    page = reader.get(reverse("admin:ceremony_ceremony_report", args=[ceremony.pk]))
    assert "One window was enough." in page.content.decode()
    assert "It ran, was verified, and was accepted." in page_told(reader, ceremony)
    assert manage("verify_audit").status == 0
