"""What a person said of one text does not count for another: what is asked for anew."""

import json
import re

import pytest

from ceremony.actions.signing import first_of
from ceremony.admin.signing import SignView
from ceremony.core.states import Act
from ceremony.models import SignOff
from tests.django import scenes
from tests.django.ceremonies import PASSWORD, move, person, sign_off
from tests.django.pages_of_acts import opened, refusal, send
from tests.django.test_sign_form import TWO, WARNING, focused, told
from tests.django.test_signing_pages import browser, signed, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return browser("ada", "sign")


@pytest.fixture
def ben():
    return browser("ben", "sign")


def test_only_warnings_that_were_shown_are_accepted(ada, monkeypatch):
    ceremony = scenes.scene()
    page = opened(ada, url(ceremony))
    other = "rename-breaks, shop/0001_orders.sql:1:1: A name goes."
    monkeypatch.setattr("ceremony.admin.frozen_files.warnings_in", lambda *_: (WARNING, other))
    answer = send(ada, url(ceremony), page, decision="approve", comment="Read.")
    sentence = "These are other warnings than those you were shown. Read them anew."
    assert told(answer).count(sentence) == 2
    assert "rename-breaks (line 1)" in told(answer)
    assert (focused(answer), signed()) == ("warnings", [])
    assert not re.search(r'name="warnings"[^>]*checked', answer.content.decode())
    assert "Read." in told(answer)
    assert send(ada, url(ceremony), answer, decision="approve").status_code == 302
    assert SignOff.objects.get().accepted == [WARNING, other]


def test_what_was_ticked_for_another_plan_is_asked_for_anew(ada):
    """Not even a loss of data at the same place of the list counts as accepted."""
    losing = {"step_facts": {"data_loss": "drops orders.note"}}
    ceremony = scenes.scene(risk="high", **losing)
    page = opened(ada, url(ceremony))
    newer = scenes.scene(sql="DROP TABLE orders;\n", step_facts={"data_loss": "drops orders"})
    told_now = json.loads(newer.manifests.get().document)
    document = {key: value for key, value in told_now.items() if key not in {"ceremony", "round"}}
    move(ceremony, Act.REQUEST, document=document)
    typed = first_of(ceremony.fingerprint)
    given = {"read": "on", "accepted": ["0"], "typed": typed, "password": PASSWORD}
    answer = send(ada, url(ceremony), page, decision="approve", comment="Mind the lock.", **given)
    assert (refusal(answer), signed()) == ("page-stale", [])
    assert "0001_orders: drops orders" in told(answer)
    checked = re.findall(r"<input[^>]*checked[^>]*>", answer.content.decode())
    assert [re.findall(r'(?:name|value)="([^"]*)"', one) for one in checked] == [
        ["decision", "comment"]
    ]
    assert f'value="{typed}"' not in answer.content.decode()
    assert "Mind the lock." in told(answer)


def test_what_was_ticked_stands_where_the_plan_is_the_same(ada, ben):
    ceremony = scenes.scene(TWO, risk="medium")
    page = opened(ada, url(ceremony))
    send(ben, url(ceremony), decision="comment", comment="The lock is long.")
    answer = send(ada, url(ceremony), page, decision="approve", read="on")
    assert refusal(answer) == "page-stale"
    checked = re.findall(r"<input[^>]*checked[^>]*>", answer.content.decode())
    names = [re.search(r'name="(\w+)"', one)[1] for one in checked]
    assert names == ["decision", "warnings", "read"]


def test_what_is_recorded_while_a_page_is_made_makes_it_old(ada, monkeypatch):
    ceremony = scenes.scene(TWO)
    ben, before = person("ben", "sign"), SignView.refuse_old

    def meanwhile(view, row, sent):
        before(view, row, sent)
        sign_off(ceremony, ben, decision="comment", comment="Do not approve this.")

    with monkeypatch.context() as patched:
        patched.setattr(SignView, "refuse_old", meanwhile)
        answer = send(ada, url(ceremony), decision="approve", warnings="")
    assert "Do not approve this." not in told(answer)
    again = send(ada, url(ceremony), answer, decision="approve")
    assert (refusal(again), signed()) == ("page-stale", [("ben", "approval", "comment")])
    assert "Do not approve this." in told(again)


def test_a_comment_on_an_old_page_is_no_second_signature(ada):
    ceremony = scenes.scene(TWO)
    page = opened(ada, url(ceremony))
    send(ada, url(ceremony), page, decision="approve")
    answer = send(ada, url(ceremony), page, decision="comment", comment="Mind the lock.")
    assert refusal(answer) == "page-stale"
    assert f"Refused page-stale Something was recorded about ceremony {ceremony.pk}" in told(answer)
    assert "Mind the lock." in told(answer)
