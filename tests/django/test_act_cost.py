"""What the pages of acts cost: at most fifteen queries, as many for much as for little."""

import itertools

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ceremony.core.halting import Course, Station
from ceremony.core.states import Act, State
from ceremony.models import Purpose, RunPurpose
from tests.django import scenes
from tests.django.ceremonies import move, person, sign_off
from tests.django.rounds import renewed
from tests.django.test_signing_pages import browser, url

pytestmark = pytest.mark.django_db

MOST = 15
NUMBERS = itertools.count()


@pytest.fixture
def ada():
    """Somebody with every right."""
    client = browser("ada", "sign", "request", "halt", "run")
    views = Permission.objects.filter(codename__startswith="view_")
    get_user_model().objects.get(username="ada").user_permissions.add(*views)
    return client


def asked(client, page):
    """How many queries a page takes, once it has been warmed up."""
    client.get(page)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    return len(queries)


def much(ceremony, purpose=Purpose.APPROVAL):
    """Signatures, comments, items, runs and remarks, by many people."""
    for number in range(4):
        name = f"p{next(NUMBERS)}"
        decision = "comment" if number % 2 else "approve"
        sign_off(ceremony, person(name, "sign"), purpose, decision)
        scenes.item(ceremony, item=f"item {number}")
        scenes.remarked(ceremony)
        scenes.run(ceremony, actor=name)


def halted(decision=None):
    """A ceremony whose target is halted, up to its decision."""
    ceremony = scenes.scene(state=State.HALTED)
    stop = scenes.halted(ceremony)
    scenes.halted(ceremony, Station.ASSESS, stop.halt)
    if decision is not None:
        scenes.halted(ceremony, Station.DECIDE, stop.halt, decision=decision.value)
    return ceremony


@pytest.mark.parametrize("name", ["sign", "again", "cancel", "remark"])
def test_pages_before_the_run(ada, name):
    ceremony = renewed(scenes.scene(), "CREATE TABLE a (id int);\n")
    ada.get(url(ceremony))
    sign_off(ceremony, get_user_model().objects.get(username="ada"), Purpose.APPROVAL, "comment")
    ceremony = renewed(ceremony, "CREATE TABLE b (id int);\n")
    much(ceremony)
    little = asked(ada, url(ceremony, name))
    much(ceremony)
    assert asked(ada, url(ceremony, name)) == little
    assert little <= MOST


@pytest.mark.parametrize("name", ["withdraw", "answer", "waive"])
def test_pages_about_one_row(ada, name):
    ceremony = scenes.scene()
    sign_off(ceremony, get_user_model().objects.get(username="ada"))
    much(ceremony)
    row = scenes.item(ceremony)
    page = url(ceremony, name, "approval" if name == "withdraw" else row.pk)
    assert asked(ada, page) <= MOST


def test_pages_after_the_run(ada):
    waiting = scenes.scene(state=State.AWAITING_SIGN_OFF)
    much(waiting, Purpose.ACCEPTANCE)
    assert asked(ada, url(waiting, "accept")) <= MOST
    overridden = move(scenes.scene(), Act.OVERRIDE)
    scenes.run(overridden, RunPurpose.OVERRIDE, reason="The site is down.")
    move(overridden, Act.FINISH)
    assert asked(ada, url(overridden, "review")) <= MOST


@pytest.mark.parametrize("decision", [None, *Course])
def test_pages_of_a_halt(ada, decision):
    ceremony = halted(decision)
    if decision is Course.ACCEPT:
        much(ceremony, Purpose.DECISION)
        assert asked(ada, url(ceremony, "decision")) <= MOST
    for name in ("halt", "assess", "decide", "execute", "document"):
        page = reverse(f"admin:ceremony_target_{name}", args=[ceremony.target_id])
        assert asked(ada, page) <= MOST, name


def test_the_page_of_a_request(ada):
    assert asked(ada, reverse("admin:ceremony_ceremony_request")) <= MOST
