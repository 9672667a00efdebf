"""What counts is asked anew each time: rows, people, groups, and the trail that tells of them."""

from dataclasses import replace

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection, transaction

from ceremony.actions.ceremonies import acting, note
from ceremony.actions.quorums import quorum_now
from ceremony.actions.sign import sign
from ceremony.actions.signing import SignRequest, first_of
from ceremony.actions.subjects import subject_of
from ceremony.core.item import ItemKind, ItemResult, Phase
from ceremony.core.policy import PROTECTED, Quorum
from ceremony.core.states import Act, State
from ceremony.errors import Refused
from ceremony.models import (
    AuditEvent,
    CeremonyRun,
    Decision,
    JudgedItem,
    Purpose,
    RunPurpose,
    SignOff,
)
from ceremony.models.audit import Action
from tests.django.ceremonies import move, person, sign_off
from tests.django.factories import NOON, RunFactory, RunOutcomeFactory
from tests.django.manifests import document, under

pytestmark = pytest.mark.django_db


def signed(ceremony, user, purpose=Purpose.APPROVAL, decision=Decision.APPROVE, **fields):
    subject = subject_of(ceremony, purpose)
    given = {"typed": first_of(subject), **fields}
    row = sign(SignRequest(ceremony.pk, subject, purpose, decision, **given), user)
    ceremony.refresh_from_db()
    return row


def missing(ceremony, purpose=Purpose.APPROVAL):
    return quorum_now(ceremony, purpose).missing


def why_not(ceremony, purpose=Purpose.APPROVAL):
    return [one.why_not for one in quorum_now(ceremony, purpose).standings]


@pytest.fixture
def ada(db):
    return person("ada", "sign", groups=("dba",))


@pytest.fixture
def approved(ada):
    """Approved by one of the group dba."""
    ceremony = under(replace(PROTECTED, approvals=(Quorum("dba", 1),)))
    signed(ceremony, ada)
    assert (ceremony.state, missing(ceremony)) == (State.APPROVED, 0)
    return ceremony


def test_somebody_who_is_deactivated_afterwards(approved, ada):
    get_user_model().objects.filter(pk=ada.pk).update(is_active=False)

    assert (missing(approved), why_not(approved)) == (1, ["'ada' is not active."])


def test_somebody_who_loses_the_right(approved, ada):
    ada.user_permissions.clear()

    assert (missing(approved), why_not(approved)) == (1, ["'ada' may not sign."])


def test_somebody_who_leaves_the_group(approved, ada):
    ada.groups.clear()

    assert (missing(approved), why_not(approved)) == (
        1,
        ["'ada' is in none of the groups that are asked: dba."],
    )


def test_a_group_that_is_renamed(approved):
    Group.objects.filter(name="dba").update(name="dba-old")

    assert missing(approved) == 1


def test_another_person_signs_then_and_it_counts_again(approved, ada):
    ada.groups.clear()

    signed(approved, person("ben", "sign", groups=("dba",)))

    assert (approved.state, missing(approved)) == (State.APPROVED, 0)


def test_somebody_who_becomes_a_namesake_of_an_author(approved, ada):
    get_user_model().objects.filter(pk=ada.pk).update(email="LENA")

    assert missing(approved) == 1


def test_a_row_that_no_event_tells_of(approved):
    """The database takes the row, with a true event about something else; it counts for nothing."""
    move(approved, Act.REQUEST, document=document())
    forged = sign_off(approved, person("eve", "sign"))

    assert SignOff.objects.filter(pk=forged.pk).exists()
    assert (missing(approved), why_not(approved)) == (1, ["The audit trail does not tell of it."])


def unguarded(statement, *parameters):
    """As the owner of the tables could, past every trigger."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE ceremony_signoff DISABLE TRIGGER ALL")
        cursor.execute("ALTER TABLE ceremony_auditevent DISABLE TRIGGER ALL")
        cursor.execute(statement, parameters)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ceremony_signoff SET comment = 'x'",
        "UPDATE ceremony_signoff SET accepted = '[1]'",
        "UPDATE ceremony_signoff SET signed_at = signed_at + interval '1 microsecond'",
        "UPDATE ceremony_signoff SET event = event + 1",
        "UPDATE ceremony_auditevent SET payload = payload || ' ' WHERE action = 'signed'",
        "UPDATE ceremony_auditevent SET previous_hash = hash WHERE action = 'signed'",
        "UPDATE ceremony_auditevent SET action = 'commented' WHERE action = 'signed'",
        "DELETE FROM ceremony_auditevent WHERE action = 'signed'",
        "DELETE FROM ceremony_auditevent WHERE action = 'ceremony requested'",
    ],
)
def test_a_row_or_an_event_that_was_changed(approved, change):
    unguarded(change)

    assert (missing(approved), why_not(approved)) == (1, ["The audit trail does not tell of it."])


def test_a_signature_that_is_moved_to_another_person(approved):
    eve = person("eve", "sign", groups=("dba",))
    unguarded("UPDATE ceremony_signoff SET user_id = %s, username = 'eve'", eve.pk)

    assert missing(approved) == 1


def test_an_event_that_was_put_beside_the_trail(approved, ada):
    """A whole event with a right hash, at a place where the trail does not go on."""
    row = SignOff.objects.get()
    event = AuditEvent.objects.get(pk=row.event)
    forged = AuditEvent.following(event.sequence + 100, event.hash, told_by(event, row), NOON)
    unguarded("UPDATE ceremony_signoff SET event = %s", forged.sequence)
    forged.save(force_insert=True)

    assert missing(approved) == 1


def told_by(event, row):
    class Told:
        action, actor, target, series = Action.SIGNED, event.actor, event.target, event.series
        subject, detail, rows = event.subject, event.detail(), (row,)

    return Told


ACCEPTING = replace(PROTECTED, name="accepting", acceptances=(Quorum("", 1), Quorum("dba", 1)))


@pytest.fixture
def ran(db):
    """A ceremony that ran and awaits its acceptance, by two."""
    ceremony = under(ACCEPTING, State.AWAITING_SIGN_OFF)
    in_ceremony(ceremony, RunPurpose.CHANGE)
    return ceremony


def in_ceremony(ceremony, purpose):
    """A run of olga's that belongs to the ceremony, and came to an end."""
    run = RunFactory(target=ceremony.target, actor="olga")
    RunOutcomeFactory(run=run)
    manifest = ceremony.manifests.latest("round")
    CeremonyRun.objects.create(run=run, ceremony=ceremony, manifest=manifest, purpose=purpose)


def test_the_acceptance_completes_the_ceremony(ran, ada):
    signed(ran, ada, Purpose.ACCEPTANCE)
    assert (ran.state, missing(ran, Purpose.ACCEPTANCE)) == (State.AWAITING_SIGN_OFF, 1)

    row = signed(ran, person("eve", "sign"), Purpose.ACCEPTANCE)

    assert ran.state == State.SIGNED_OFF
    assert row.meaning.startswith(
        "I have seen what ran and what was found after it, and accept it. [round 1 of "
    )


def test_whoever_ran_it_does_not_accept_it(ran):
    olga = person("olga", "sign")

    with pytest.raises(Refused) as caught:
        signed(ran, olga, Purpose.ACCEPTANCE)

    assert str(caught.value) == (
        "'olga' ran it, and the policy keeps approver and operator apart. [operator-not-separate]\n"
        "Nothing was recorded, and no database was touched.\n"
        "Next: Somebody who did not run it signs."
    )


def test_a_shell_user_counts_as_the_account_that_settings_name(ran, settings):
    settings.CEREMONY = {**settings.CEREMONY, "PEOPLE": {"olga": "o.petrova"}}
    petrova = person("o.petrova", "sign")

    with pytest.raises(Refused, match="operator-not-separate"):
        signed(ran, petrova, Purpose.ACCEPTANCE)


def test_an_author_does_not_accept_either(ran):
    with pytest.raises(Refused, match="approval-own"):
        signed(ran, person("lena", "sign"), Purpose.ACCEPTANCE)


@pytest.mark.parametrize("result", [ItemResult.FAIL, ItemResult.NOT_RUN])
@pytest.mark.parametrize("phase", Phase)
def test_nothing_is_accepted_while_an_item_is_open(ran, ada, result, phase):
    told_items(ran, judge_row(ran, result, phase))

    with pytest.raises(Refused) as caught:
        signed(ran, ada, Purpose.ACCEPTANCE)

    assert str(caught.value) == (
        f"1 item stands against it: the documentation is complete ({result.value}) [items-open]\n"
        "Nothing was recorded, and no database was touched.\n"
        "Next: Answer each, or waive it with a reason; then sign."
    )


def judge_row(ceremony, result, phase=Phase.ACCEPTANCE):
    return JudgedItem(
        manifest=ceremony.manifests.latest("round"),
        phase=phase.value,
        item="docs",
        text="the documentation is complete",
        kind=ItemKind.HUMAN.value,
        result=result.value,
        at=NOON,
    )


def told_items(ceremony, row):
    with acting(ceremony.pk) as (head, locked):
        note(head, locked, Action.ITEMS_JUDGED, "ada", {}, (row,))
        row.save(force_insert=True)


def test_what_is_found_after_a_signature_makes_it_stale(ran, ada):
    signed(ran, ada, Purpose.ACCEPTANCE)
    read = subject_of(ran, Purpose.ACCEPTANCE)

    told_items(ran, judge_row(ran, ItemResult.PASS))

    assert missing(ran, Purpose.ACCEPTANCE) == 2
    with pytest.raises(Refused, match="approval-stale"):
        sign(
            SignRequest(ran.pk, read, Purpose.ACCEPTANCE, Decision.APPROVE),
            person("eve", "sign"),
        )
    signed(ran, ada, Purpose.ACCEPTANCE)
    assert missing(ran, Purpose.ACCEPTANCE) == 1


def test_an_approval_is_no_acceptance(ran, ada):
    with pytest.raises(Refused, match="approval-late"):
        signed(ran, ada, Purpose.APPROVAL)


@pytest.fixture
def overridden(db):
    ceremony = move(under(state=State.DRAFT), Act.OVERRIDE, document=document())
    in_ceremony(ceremony, RunPurpose.OVERRIDE)
    for act in (Act.FINISH, Act.VERIFY):
        move(ceremony, act)
    return ceremony


def test_break_glass_is_looked_at_by_two_others(overridden, ada):
    assert missing(overridden, Purpose.REVIEW) == 2
    for name, code in (("olga", "operator-not-separate"), ("lena", "approval-own")):
        with pytest.raises(Refused, match=code):
            signed(overridden, person(name, "sign"), Purpose.REVIEW)

    signed(overridden, ada, Purpose.REVIEW)
    with pytest.raises(Refused, match="approval-repeated"):
        signed(overridden, ada, Purpose.REVIEW)
    signed(overridden, person("eve", "sign"), Purpose.REVIEW)

    assert missing(overridden, Purpose.REVIEW) == 0
    assert overridden.state == State.AWAITING_SIGN_OFF


def test_nothing_else_is_reviewed(approved, ada):
    with pytest.raises(Refused, match="approval-late"):
        signed(approved, ada, Purpose.REVIEW)


def test_a_halt_that_nobody_decided_to_accept_is_not_signed(ada):
    halted = under(state=State.HALTED)

    with pytest.raises(Refused, match="approval-late"):
        signed(halted, ada, Purpose.DECISION)
