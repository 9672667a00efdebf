"""The page of a ceremony asks a fixed number of questions, in every state and for every viewer."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ceremony.actions.rounds import newest_round
from ceremony.core.policy import PROTECTED, Quorum
from ceremony.core.states import State
from ceremony.models import Purpose
from tests.django import factories, scenes
from tests.django.ceremonies import PASSWORD, draft, person, sign_off
from tests.django.signing import approve

pytestmark = pytest.mark.django_db

MOST = 15
STRICT = replace(
    PROTECTED,
    approvals=(Quorum("dba", 2), Quorum("", 1)),
    acceptances=(Quorum("dba", 1),),
    promotion="staging",
)


def logged_in(user):
    client = Client()
    client.force_login(user)
    return client


def viewers():
    """One of each kind, by name."""
    people = {
        "reader": person("reader"),
        "approver": person("approver", "sign", groups=("dba",)),
        "author": person("lena", "request", "sign"),
        "operator": person("operator", "run", "halt"),
        "everything": person("all", "sign", "request", "halt", "run", groups=("dba", "team")),
    }
    for one in people.values():
        one.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    people["superuser"] = person("root", is_superuser=True)
    return people


def asked(client, ceremony):
    page = reverse("admin:ceremony_ceremony_change", args=[ceremony.pk])
    assert client.get(page).status_code == 200
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    return queries


def said_much(ceremony):
    """Signatures, items, remarks, runs with attempts and checks, and halts."""
    first = ceremony.runs.count()
    for number in range(first, first + 3):
        user = person(f"signer {ceremony.pk} {number}", "sign", groups=("dba",))
        if ceremony.state == State.REQUESTED:
            sign_off(ceremony, user, Purpose.APPROVAL, "approve")
        scenes.item(ceremony, item=f"item {number}")
        scenes.remarked(ceremony)
        run = scenes.run(ceremony, actor=f"m.okafor {number}").run
        for state in ("done", "failed"):
            attempt = factories.AttemptFactory(run=run, number=len(state))
            factories.OutcomeFactory(attempt=attempt, state=state)
            factories.CheckRecordFactory(run=run, attempt=attempt)


@pytest.mark.parametrize("state", State)
def test_every_viewer_in_every_state(state):
    people = viewers()
    ceremony = draft() if state is State.DRAFT else scenes.scene(STRICT, state=state)
    counts = {name: len(asked(logged_in(one), ceremony)) for name, one in people.items()}
    assert max(counts.values()) <= MOST, counts


@pytest.mark.parametrize("state", [State.REQUESTED, State.HALTED, State.AWAITING_SIGN_OFF])
def test_much_costs_what_little_costs(state):
    people = viewers()
    ceremony = scenes.scene(STRICT, state=state)
    scenes.halted(ceremony)
    said_much(ceremony)
    client = logged_in(people["everything"])
    little = asked(client, ceremony)
    said_much(ceremony)
    much = asked(client, ceremony)
    told = "\n".join(one["sql"][:150] for one in much)
    assert len(much) == len(little), told
    assert len(much) <= MOST, told


def test_a_signature_that_counts_costs_nothing_more():
    people = viewers()
    ceremony = scenes.scene(STRICT, title="Orders get an email")
    client = logged_in(people["approver"])
    before = len(asked(client, ceremony))
    approve(ceremony, people["everything"], password=PASSWORD)
    assert newest_round(ceremony).sign_offs.count() == 1
    assert len(asked(client, ceremony)) == before
