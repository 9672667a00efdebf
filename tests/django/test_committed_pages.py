"""Acts whose actions commit by themselves, in the browser, on a control database of the test."""

import pytest
from django.urls import reverse

from ceremony.core.states import State
from ceremony.models import AuditEvent, Ceremony, Remark
from tests.django import scenes
from tests.django.pages_of_acts import opened, refusal, send
from tests.django.test_signing_pages import browser

pytestmark = pytest.mark.usefixtures("control")


@pytest.fixture
def lena(control):
    return browser("lena", "request")


def url(ceremony, name):
    return reverse(f"admin:ceremony_ceremony_{name}", args=[ceremony.pk])


def state(ceremony):
    return Ceremony.objects.get(pk=ceremony.pk).state


def test_a_ceremony_is_called_off_once_with_a_reason(lena):
    ceremony = scenes.scene()
    cancel = url(ceremony, "cancel")
    assert send(lena, cancel, why="  ").status_code == 200
    assert state(ceremony) == "requested"
    page = opened(lena, cancel)
    assert send(lena, cancel, page, why=f"Not now. {scenes.EVIL}").status_code == 302
    moved = ceremony.history.last()
    event = AuditEvent.objects.get(pk=moved.event)
    assert (state(ceremony), moved.actor, event.detail()["why"]) == (
        "cancelled",
        "lena",
        f"Not now. {scenes.EVIL}",
    )
    again = send(lena, cancel, page, why="Not now.")
    told = again.content.decode()
    assert refusal(again) == "page-stale"
    assert "It is cancelled: it cannot be called off any more." in told
    assert "Not now." in told
    assert ceremony.history.count() == 2


@pytest.mark.parametrize("kind", ["issue", "lesson", "recommendation"])
def test_a_remark_is_written_down_once(lena, kind):
    ceremony = scenes.scene(state=State.SIGNED_OFF)
    remark = url(ceremony, "remark")
    assert send(lena, remark, kind=kind, text=" ").status_code == 200
    assert send(lena, remark, kind="nonsense", text="x").status_code == 200
    page = opened(lena, remark)
    given = {"kind": kind, "text": f"Two\r\nlines {scenes.EVIL}"}
    assert send(lena, remark, page, **given).status_code == 302
    assert [(row.kind, row.text, row.by) for row in Remark.objects.all()] == [
        (kind, f"Two\nlines {scenes.EVIL}", "lena")
    ]
    assert refusal(send(lena, remark, page, **given)) == "page-stale"
    assert Remark.objects.count() == 1
