"""The state of a ceremony for a page that stands open."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ceremony.admin.ceremony_live import RUNNING, WAITING
from ceremony.core.states import Act, State
from tests.django import factories, scenes
from tests.django.ceremonies import move, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    user = person("reader")
    user.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client


def state_of(ceremony):
    return reverse("admin:ceremony_ceremony_state", args=[ceremony.pk])


def test_it_says_what_the_page_showed(client):
    ceremony = scenes.scene()
    answer = client.get(state_of(ceremony))
    page = client.get(reverse("admin:ceremony_ceremony_change", args=[ceremony.pk]))
    assert answer.json() == {
        "state": "requested",
        "seen": page.context["seen"],
        "every": WAITING,
        "now": "",
    }
    assert {"private", "no-cache"} <= set(answer["Cache-Control"].split(", "))
    shown = page.content.decode()
    assert f'data-state="{state_of(ceremony)}"' in shown
    assert f'data-seen="{answer.json()["seen"]}"' in shown


def test_nothing_new_is_not_told_twice(client):
    ceremony = scenes.scene()
    tag = client.get(state_of(ceremony))["ETag"]
    again = client.get(state_of(ceremony), headers={"if-none-match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize(
    "happens",
    [
        lambda one: move(one, Act.REQUEST_CHANGES),
        scenes.item,
        scenes.remarked,
        scenes.halted,
        lambda one: factories.AttemptFactory(run=scenes.run(one).run),
    ],
)
def test_whatever_is_recorded_is_told(client, happens):
    ceremony = scenes.scene()
    tag = client.get(state_of(ceremony))["ETag"]
    happens(ceremony)
    again = client.get(state_of(ceremony), headers={"if-none-match": tag})
    assert (again.status_code, again["ETag"] != tag) == (200, True)


def test_an_outcome_is_told(client):
    ceremony = scenes.scene()
    attempt = factories.AttemptFactory(run=scenes.run(ceremony).run)
    tag = client.get(state_of(ceremony))["ETag"]
    factories.OutcomeFactory(attempt=attempt)
    again = client.get(state_of(ceremony), headers={"if-none-match": tag})
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("state", "every"),
    [
        (State.RUNNING, RUNNING),
        (State.VERIFYING, RUNNING),
        (State.HALTED, WAITING),
        (State.SIGNED_OFF, 0),
        (State.CANCELLED, 0),
    ],
)
def test_how_soon_to_ask_again(client, state, every):
    ceremony = scenes.scene(state=state)
    assert client.get(state_of(ceremony)).json()["every"] == every


def test_nothing_new_costs_session_account_rights_and_one_question(client):
    ceremony = scenes.scene()
    tag = client.get(state_of(ceremony))["ETag"]
    with CaptureQueriesContext(connection) as queries:
        client.get(state_of(ceremony), headers={"if-none-match": tag})
    assert len(queries) == 5


def test_who_may_not_view_is_refused_and_others_find_nothing(client):
    ceremony = scenes.scene()
    stranger = Client()
    assert stranger.get(state_of(ceremony)).status_code == 302
    stranger.force_login(person("clerk", "sign", "run"))
    assert stranger.get(state_of(ceremony)).status_code == 403
    assert client.post(state_of(ceremony)).status_code == 405
    gone = reverse("admin:ceremony_ceremony_state", args=[987654])
    assert client.get(gone).status_code == 404
