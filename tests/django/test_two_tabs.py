"""Two forms at once: signatures come one after another, whoever sends them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import connection

from ceremony.actions.quorums import quorum_now
from ceremony.actions.sign import sign
from ceremony.actions.signing import SignRequest
from ceremony.actions.subjects import subject_of
from ceremony.core.policy import PROTECTED, Quorum
from ceremony.core.states import Act, State
from ceremony.errors import Refused
from ceremony.models import Decision, Purpose, SignOff, Transition
from ceremony.models.audit import verify_chain
from tests.django.ceremonies import person
from tests.django.manifests import under

TABS = 6


@pytest.fixture
def ceremony(control):
    """Waits for two, in a control database where everything is committed."""
    return under(replace(PROTECTED, approvals=(Quorum("", 2),)))


def at_once(ceremony, users, decision=Decision.APPROVE):
    """Send one form per user at the same moment; the codes of those that were refused."""
    subject = subject_of(ceremony, Purpose.APPROVAL)
    request = SignRequest(ceremony.pk, subject, Purpose.APPROVAL, decision, "why")
    start = threading.Barrier(len(users))

    def send(user):
        start.wait()
        try:
            sign(request, user)
        except Refused as error:
            return error.code
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(len(users)) as pool:
        codes = list(pool.map(send, users))
    ceremony.refresh_from_db()
    return sorted(codes)


def test_the_same_person_in_several_tabs_signs_once(ceremony):
    ada = person("ada", "sign")

    codes = at_once(ceremony, [ada] * TABS)

    assert codes == ["", *["approval-repeated"] * (TABS - 1)]
    assert (SignOff.objects.count(), ceremony.state) == (1, State.REQUESTED)
    assert quorum_now(ceremony, Purpose.APPROVAL).missing == 1


def test_several_people_at_once_complete_the_quorum_once(ceremony):
    users = [person(f"p{number}", "sign") for number in range(TABS)]

    assert at_once(ceremony, users) == [""] * TABS

    assert ceremony.state == State.APPROVED
    assert Transition.objects.filter(act=Act.APPROVE.value).count() == 1
    assert verify_chain().intact


def test_two_withdrawals_at_once_take_back_two(ceremony):
    users = [person(name, "sign") for name in ("ada", "ben")]
    at_once(ceremony, users)

    assert at_once(ceremony, [*users, *users], Decision.WITHDRAW) == [
        "",
        "",
        "approval-repeated",
        "approval-repeated",
    ]
    assert ceremony.state == State.REQUESTED
    assert quorum_now(ceremony, Purpose.APPROVAL).missing == 2
    assert Transition.objects.filter(act=Act.WITHDRAW.value).count() == 1
