"""What a signature asks of a person besides: the password, the fingerprint, each loss of data."""

from dataclasses import replace

import pytest
from django.db import connection

from ceremony.actions.signing import first_of
from ceremony.core.policy import PROTECTED
from ceremony.core.states import State
from ceremony.models import AuditEvent
from ceremony.models.audit import Action
from tests.django.ceremonies import PASSWORD, person
from tests.django.manifests import step, under
from tests.django.signing import approve, asking, refusal, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db):
    return person("ada", "sign")


@pytest.mark.parametrize("risk", ["high", ""])
def test_a_high_risk_wants_the_beginning_of_the_fingerprint(ada, risk):
    ceremony = under(risk=risk)
    first = first_of(ceremony.fingerprint)

    for typed in ("", first[:7], "12345678", f"manifest1:{first}"):
        assert told(asking(ceremony, typed=typed), ada) == (
            "fingerprint-typed-wrong",
            "These are not the first 8 characters.",
            f"The risk is high: type the first 8 characters of {ceremony.fingerprint} behind the "
            "colon.",
        )
    approve(ceremony, ada, typed=f" {first.upper()} ")

    assert ceremony.state == State.APPROVED


AGAIN = replace(PROTECTED, name="again", reauthenticate=True)


def test_the_password_again(ada):
    ceremony = under(AGAIN)

    assert told(asking(ceremony), ada) == (
        "password-missing",
        "The policy asks for your password with every signature.",
        "Type your password below your decision.",
    )
    assert told(asking(ceremony, password="guess"), ada) == (
        "password-wrong",
        "That is not the password of this account, or there is no such active account. The attempt "
        "was recorded.",
        "Try again with the account's own password.",
    )
    row = approve(ceremony, ada, password=PASSWORD)

    assert (row.reauthenticated, ceremony.state) == (True, State.APPROVED)


def test_the_password_of_somebody_else(ada):
    eve = person("eve", "sign")
    eve.set_password("another one")
    eve.save()

    assert refusal(asking(under(AGAIN), password=PASSWORD), eve).code == "password-wrong"


def test_a_wrong_password_is_told_where_none_was_needed(ada):
    assert refusal(asking(under(), password="guess"), ada).code == "password-wrong"


def test_passwords_cannot_be_guessed_for_ever(ada):
    ceremony = under(AGAIN)
    for _ in range(5):
        assert refusal(asking(ceremony, password="guess"), ada).code == "password-wrong"

    assert told(asking(ceremony, password=PASSWORD), ada) == (
        "password-locked",
        "5 wrong passwords were given for 'ada' within 15 minutes.",
        "Wait 15 minutes. If it was not you: tell your administrator; the attempts are in the "
        "audit trail.",
    )
    assert AuditEvent.objects.filter(action=Action.PASSWORD_REFUSED, actor="ada").count() == 5
    assert approve(ceremony, person("eve", "sign"), password=PASSWORD).reauthenticated


def test_no_password_is_ever_kept(ada):
    ceremony = under(AGAIN)
    refusal(asking(ceremony, password="hunter2-wrong"), ada)
    approve(ceremony, ada, password=PASSWORD)

    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM ceremony_auditevent")
        trail = str(cursor.fetchall())
        cursor.execute("SELECT * FROM ceremony_signoff")
        trail += str(cursor.fetchall())
    assert PASSWORD not in trail
    assert "hunter2" not in trail


LOSING = {"steps": (step(data_loss="apply (drops orders)"), step("0002"))}


def test_each_loss_of_data_is_accepted(ada):
    ceremony = under(of=LOSING)
    loss = "0001_orders: apply (drops orders)"

    assert told(asking(ceremony, accepted=("something else",)), ada) == (
        "data-loss-unaccepted",
        f"Data would be lost: {loss}",
        "Accept each loss, or do not approve.",
    )
    assert approve(ceremony, ada, accepted=(loss,)).accepted == [loss]


def test_where_the_policy_does_not_ask_a_loss_needs_no_acceptance(ada):
    ceremony = under(replace(PROTECTED, data_loss=False), of=LOSING)

    approve(ceremony, ada)

    assert ceremony.state == State.APPROVED
