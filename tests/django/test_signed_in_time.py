"""Sign-offs and spendings are for the newest round, while it asks for them: by trigger."""

import itertools

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from ceremony.core.states import Act, State
from ceremony.models import Decision, Purpose, Spending
from tests.django import factories
from tests.django.ceremonies import ceremony_in, move, person, sign_off

pytestmark = pytest.mark.django_db

SIGNABLE = {
    Purpose.APPROVAL: {
        decision: {State.REQUESTED, State.APPROVED}
        | (
            {State.CHANGES_REQUESTED}
            if decision in {Decision.COMMENT, Decision.WITHDRAW, Decision.REJECT}
            else set()
        )
        for decision in Decision
    },
    Purpose.ACCEPTANCE: {decision: {State.AWAITING_SIGN_OFF} for decision in Decision},
    Purpose.DECISION: {decision: {State.HALTED} for decision in Decision},
    Purpose.REVIEW: {decision: set() for decision in Decision},
}


@pytest.mark.parametrize("state", [state for state in State if state is not State.DRAFT])
def test_a_sign_off_stands_only_while_it_is_asked_for(state):
    ceremony = ceremony_in(state)
    for purpose, decision in itertools.product(Purpose, Decision):
        user = person(f"{purpose}-{decision}")
        if state in SIGNABLE[purpose][decision]:
            assert sign_off(ceremony, user, purpose, decision).pk
        else:
            with (
                pytest.raises(
                    IntegrityError, match="ceremony_signoff: nothing is to be signed here"
                ),
                transaction.atomic(),
            ):
                sign_off(ceremony, user, purpose, decision)


def test_an_override_is_reviewed_even_after_its_end():
    ceremony = move(ceremony_in(State.REQUESTED), Act.OVERRIDE)
    for act in (Act.FINISH, Act.VERIFY, Act.SIGN_OFF):
        move(ceremony, act)
    assert sign_off(ceremony, person("t.silva"), Purpose.REVIEW).pk


def test_a_round_that_is_over_takes_no_sign_off():
    ceremony = ceremony_in(State.REQUESTED)
    old = ceremony.manifests.get()
    move(ceremony, Act.REQUEST)
    with (
        pytest.raises(IntegrityError, match="ceremony_signoff: nothing is to be signed here"),
        transaction.atomic(),
    ):
        sign_off(ceremony, person("t.silva"), manifest=old, subject=old.fingerprint)


@pytest.mark.parametrize("changed", [{"event": 1}, {"username": "t.silva"}])
def test_a_sign_off_has_its_own_event(changed):
    ceremony = ceremony_in(State.REQUESTED)
    with (
        pytest.raises(
            IntegrityError, match="ceremony_signoff: no event of the audit trail tells of it"
        ),
        transaction.atomic(),
    ):
        sign_off(ceremony, person("m.okafor"), **changed)


@pytest.mark.parametrize("state", [state for state in State if state is not State.DRAFT])
def test_only_an_approval_is_spent(state):
    ceremony = ceremony_in(state)
    spent = Spending(
        manifest=ceremony.manifests.get(), run=factories.RunFactory(), at=factories.NOON
    )
    if state in {State.APPROVED, State.RUNNING}:
        spent.save(force_insert=True)
    else:
        with (
            pytest.raises(IntegrityError, match="ceremony_spending: there is no approval to spend"),
            transaction.atomic(),
        ):
            spent.save(force_insert=True)


def test_who_signed_or_requested_stays():
    ceremony = ceremony_in(State.REQUESTED, requested_by=person("lena"))
    signer = person("t.silva")
    sign_off(ceremony, signer)
    for user in (signer, ceremony.requested_by):
        with pytest.raises(ProtectedError), transaction.atomic():
            user.delete()
        with pytest.raises(ProtectedError), transaction.atomic():
            type(user).objects.filter(pk=user.pk).delete()
        with (
            pytest.raises(IntegrityError, match="foreign key constraint"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(
                f"SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM auth_user WHERE id={user.pk}"
            )
