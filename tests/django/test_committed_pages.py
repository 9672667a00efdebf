"""Acts whose actions commit by themselves, in the browser, on a control database of the test."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from django.db import connections
from django.urls import reverse

from ceremony.core.policy import PROTECTED, Quorum
from ceremony.core.states import State
from ceremony.models import AuditEvent, Ceremony, Remark, SignOff
from ceremony.models.audit import verify_chain
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


def at_once(*sendings):
    """Send forms in the same moment, each from a thread of its own; the answers in order."""
    together = Barrier(len(sendings))

    def sent(sending):
        try:
            together.wait()
            return sending()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(sendings)) as pool:
        return list(pool.map(sent, sendings))


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("sign", {"decision": "approve"}),
        ("sign", {"decision": "comment", "comment": "Hm."}),
        ("sign", {"decision": "reject", "comment": "No."}),
        ("remark", {"kind": "issue", "text": "It waited."}),
    ],
)
def test_a_form_that_is_sent_four_times_at_once_counts_once(control, name, given):
    ceremony = scenes.scene(replace(PROTECTED, name="two", approvals=(Quorum("", 2),)))
    browsers = [browser("ada", "sign")]
    page = opened(browsers[0], url(ceremony, name))
    ada = browsers[0]
    answers = at_once(*(lambda: send(ada, url(ceremony, name), page, **given),) * 4)
    assert sorted(one.status_code for one in answers) == [200, 200, 200, 302]
    refused = {refusal(one) for one in answers if one.status_code == 200}
    assert refused <= {"page-stale", "approval-late"}
    assert SignOff.objects.count() + Remark.objects.count() == 1
    assert verify_chain().intact


def test_four_people_at_once_take_one_seat(control):
    ceremony = scenes.scene()
    people = [browser(name, "sign") for name in ("ada", "ben", "cleo", "dora")]
    pages = [opened(one, url(ceremony, "sign")) for one in people]
    answers = at_once(
        *(
            lambda one=one, page=page: send(
                one, url(ceremony, "sign"), page, decision="approve", comment="Read."
            )
            for one, page in zip(people, pages, strict=True)
        )
    )
    assert sorted(one.status_code for one in answers) == [200, 200, 200, 302]
    assert all("Read." in one.content.decode() for one in answers if one.status_code == 200)
    assert (state(ceremony), SignOff.objects.count()) == ("approved", 1)
