"""What nobody sees as it runs is shown, and approved by nobody."""

import pytest
from django.test import Client
from django.urls import reverse

from ceremony.actions.sign import sign
from ceremony.actions.signing import SignRequest
from ceremony.errors import Refused
from ceremony.models import AuditEvent, Decision, Purpose, SignOff
from tests.django import scenes
from tests.django.ceremonies import person

pytestmark = pytest.mark.usefixtures("control")


def decide(ceremony, decision, user=None):
    asked = SignRequest(ceremony.pk, ceremony.fingerprint, Purpose.APPROVAL, decision, "Read.")
    return sign(asked, user or person("ada", "sign"))


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (
            "SELECT 1; -- \u202ex\n",
            "shop/0001_orders.sql:1:14, U+202E RIGHT-TO-LEFT OVERRIDE: it changes the order in "
            "which text is shown.",
        ),
        (
            "SELECT 1;\n-- a\u200bb\u200bc\n",
            "shop/0001_orders.sql:2:5, U+200B ZERO WIDTH SPACE: it cannot be seen. (and 1 more)",
        ),
        (
            "SELECT 1; -- x\rDROP TABLE a;\n",
            "shop/0001_orders.sql:1:15, Carriage return without line feed: PostgreSQL ends a line "
            "here, most viewers do not.",
        ),
    ],
)
def test_what_nobody_sees_is_approved_by_nobody(sql, told):
    ceremony = scenes.scene(sql=sql)
    before = AuditEvent.objects.count()
    with pytest.raises(Refused) as refused:
        decide(ceremony, Decision.APPROVE)
    assert str(refused.value) == (
        f"A file holds what a reader does not see as it runs: {told} [approval-invisible]\n"
        "Nothing was recorded, and no database was touched.\n"
        "Next: Request changes: the author writes it as an escape, or takes it out."
    )
    assert (SignOff.objects.count(), AuditEvent.objects.count()) == (0, before)


def test_changes_can_be_asked_for_all_the_same():
    ceremony = scenes.scene(sql=scenes.HOSTILE_SQL)
    decide(ceremony, Decision.REQUEST_CHANGES)
    ceremony.refresh_from_db()
    assert ceremony.state == "changes requested"


def test_what_is_plain_is_approved():
    assert decide(scenes.scene(), Decision.APPROVE).decision == "approve"


def test_a_page_says_that_it_cannot_be_signed():
    ada = person("ada", "sign", "view")
    client = Client()
    client.force_login(ada)
    ceremony = scenes.scene(sql=scenes.HOSTILE_SQL)
    url = reverse("admin:ceremony_ceremony_sign", args=[ceremony.pk])
    told = client.get(url).content.decode()
    assert "This file cannot be signed." in told
    assert (
        "Line 1: U+202E RIGHT-TO-LEFT OVERRIDE: it changes the order in which text is shown. "
        "<code>file-bidi-control</code>" in " ".join(told.split())
    )
    assert "[U+202E]" in told
    assert "\u202e" not in told
