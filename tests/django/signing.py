"""Signing in tests: the form, what is taken, and how it is refused."""

import pytest

from ceremony.actions.sign import sign
from ceremony.actions.signing import SignRequest
from ceremony.actions.subjects import subject_of
from ceremony.errors import Refused
from ceremony.models import AuditEvent, Decision, Purpose, SignOff

UNCHANGED = "Nothing was recorded, and no database was touched."


def asking(ceremony, decision=Decision.APPROVE, purpose=Purpose.APPROVAL, **fields):
    given = {"fingerprint": subject_of(ceremony, purpose), **fields}
    return SignRequest(ceremony.pk, purpose=purpose, decision=decision, **given)


def approve(ceremony, user, **fields):
    row = sign(asking(ceremony, **fields), user)
    ceremony.refresh_from_db()
    return row


def refusal(request, user):
    """How a sign-off is refused; nothing at all is recorded by it."""
    before = (
        SignOff.objects.count(),
        AuditEvent.objects.exclude(action="password refused").count(),
    )
    with pytest.raises(Refused) as caught:
        sign(request, user)
    after = (SignOff.objects.count(), AuditEvent.objects.exclude(action="password refused").count())
    assert before == after
    return caught.value


def told(request, user):
    error = refusal(request, user)
    return (error.code, error.happened, error.next_step)
