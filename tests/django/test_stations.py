"""The stations of a halt as pages: what was taken, what is next, and where it is carried out."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse

from ceremony.core.halting import Course, Station
from ceremony.core.states import State
from tests.django import scenes
from tests.django.test_sign_form import told
from tests.django.test_signing_pages import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def hal():
    client = browser("hal", "halt")
    user = get_user_model().objects.get(username="hal")
    user.user_permissions.add(Permission.objects.get(codename="view_target"))
    return client


@pytest.fixture
def ceremony():
    return scenes.scene(state=State.HALTED)


def page(ceremony, name="halt"):
    return reverse(f"admin:ceremony_target_{name}", args=[ceremony.target_id])


def stations(answer):
    """Each station as the page shows it: its icon, its name, and what leads to it."""
    html = answer.content.decode()
    found = re.search(r'<ol class="cer-stations".*?</ol>', html, re.DOTALL)[0]
    return [
        " ".join(re.sub(r"<[^>]*>", " ", one).split()) for one in re.findall(r"<li.*?</li>", found)
    ]


def taken(ceremony, *more):
    """A halt with these stations behind STOP."""
    stop = scenes.halted(ceremony)
    for station in more:
        decision = Course.ACCEPT.value if station is Station.DECIDE else ""
        scenes.halted(ceremony, station, stop.halt, decision=decision)
    return stop


def test_a_target_under_no_halt_has_one_form(hal, ceremony):
    answer = hal.get(page(ceremony))
    assert "✓ under no halt" in told(answer)
    assert "Halt the target now" in told(answer)
    assert "cer-stations" not in answer.content.decode()


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ((), ["✓ Stop", "◑ Assess Assess", "○ Decide", "○ Execute", "○ Document"]),
        (
            (Station.ASSESS,),
            ["✓ Stop", "✓ Assess Assess again", "◑ Decide Decide", "○ Execute", "○ Document"],
        ),
        (
            (Station.ASSESS, Station.DECIDE),
            [
                "✓ Stop",
                "✓ Assess Assess again",
                "✓ Decide Decide again",
                "◑ Execute Execute",
                "○ Document",
            ],
        ),
        (
            (Station.ASSESS, Station.DECIDE, Station.EXECUTE),
            ["✓ Stop", "✓ Assess", "✓ Decide", "✓ Execute", "◑ Document Document"],
        ),
    ],
)
def test_the_page_of_a_halt_says_what_is_next(hal, ceremony, more, shown):
    taken(ceremony, *more)
    assert stations(hal.get(page(ceremony))) == shown


def test_the_station_of_a_page_leads_to_itself_no_more(hal, ceremony):
    taken(ceremony)
    answer = hal.get(page(ceremony, "assess"))
    assert stations(answer)[1] == "◑ Assess"
    assert 'aria-current="step"' in answer.content.decode()
    assert "Record what was found" in told(answer)


def test_a_station_out_of_turn_has_no_form(hal, ceremony):
    taken(ceremony)
    answer = hal.get(page(ceremony, "document"))
    assert answer.context["form"] is None
    assert "The next station is assess." in told(answer)


@pytest.mark.parametrize(
    ("course", "leads"),
    [
        (Course.ACCEPT, "Sign that it stays as it is"),
        (Course.FIX_FORWARD, "Open a new round"),
    ],
)
def test_what_was_decided_is_carried_out_on_pages_of_the_ceremony(hal, ceremony, course, leads):
    stop = taken(ceremony, Station.ASSESS)
    scenes.halted(ceremony, Station.DECIDE, stop.halt, decision=course.value)
    answer = hal.get(page(ceremony, "execute"))
    assert leads in told(answer)
    assert "This runs nothing: the ledger of the target is read." in told(answer)


def test_decisions_say_what_comes_of_them(hal, ceremony):
    taken(ceremony, Station.ASSESS)
    shown = told(hal.get(page(ceremony, "decide")))
    for one in (
        "Roll back the way that was approved",
        "Fix forward a new round, approved anew",
        "Accept it as it is people sign for that",
    ):
        assert one in shown


def test_a_page_does_not_lead_back_to_itself(hal, ceremony):
    taken(ceremony)
    assert "Back to its page" not in told(hal.get(page(ceremony, "halt")))
    assert "Back to its page" in told(hal.get(page(ceremony, "document")))
