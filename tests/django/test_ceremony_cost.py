"""What the pages of ceremonies cost: as many queries for much as for little."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ceremony.core.states import State
from ceremony.models import Purpose
from tests.django import scenes
from tests.django.ceremonies import person, sign_off

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    user = person("ada", "sign", "request", "halt", "run")
    user.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client


def asked(client, url):
    """How many queries a page takes, once it has been warmed up."""
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_a_list_of_many_costs_what_a_list_of_few_costs(client):
    url = reverse("admin:ceremony_ceremony_changelist")
    scenes.scene()
    few = asked(client, url)
    for state in (State.REQUESTED, State.HALTED, State.SIGNED_OFF, State.EXPIRED):
        scenes.scene(state=state)
    assert asked(client, url) == few


def test_a_page_with_much_costs_what_a_page_with_little_costs(client):
    ceremony = scenes.scene()
    for name in ("change", "sign"):
        url = reverse(f"admin:ceremony_ceremony_{name}", args=[ceremony.pk])
        scenes.item(ceremony, item=f"first {name}")
        scenes.remarked(ceremony)
        sign_off(ceremony, person(f"first {name}"), Purpose.APPROVAL, "comment")
        little = asked(client, url)
        for number in range(5):
            scenes.item(ceremony, item=f"{name} {number}")
            scenes.remarked(ceremony)
            sign_off(ceremony, person(f"{name} {number}"), Purpose.APPROVAL, "comment")
        assert asked(client, url) == little
        assert little < 120
