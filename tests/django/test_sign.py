"""Signing: whose signature is taken, what it says, and what follows."""

from dataclasses import replace

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from ceremony.actions.quorums import quorum_now
from ceremony.actions.sign import sign
from ceremony.actions.signing import SignRequest, first_of
from ceremony.core.policy import OPEN, PROTECTED, Duty, Quorum
from ceremony.core.states import Act, State
from ceremony.errors import UsageError
from ceremony.models import AuditEvent, Decision, Purpose, SignOff
from ceremony.models.audit import Action
from tests.django.ceremonies import move, person
from tests.django.manifests import document, under
from tests.django.signing import UNCHANGED, approve, asking, refusal, told

pytestmark = pytest.mark.django_db

TWO = replace(PROTECTED, name="two", approvals=(Quorum("", 1), Quorum("dba", 1)))
NOT_OF_THEIR_OWN = (
    "Somebody with the permission ceremony.sign_ceremony signs; being a superuser does not count."
)


@pytest.fixture
def ada(db):
    return person("ada", "sign")


@pytest.fixture
def ben(db):
    return person("ben", "sign", groups=("dba",))


def test_one_signature_approves_where_one_is_asked(ada):
    ceremony = under()

    row = approve(ceremony, ada, comment="  read it  ", accepted=("two warnings",))

    assert ceremony.state == State.APPROVED
    event = AuditEvent.objects.get(pk=row.event)
    assert (event.action, event.actor) == (Action.SIGNED, "ada")
    assert (row.username, row.groups, row.comment, row.accepted, row.reauthenticated) == (
        "ada",
        [],
        "read it",
        ["two warnings"],
        False,
    )
    assert row.meaning == (
        "I have read exactly this and agree that it runs, and that it is taken back the way it "
        f"says. [round 1 of ceremony {ceremony.pk}: apply shop on shop (production), 1 step; "
        f"{ceremony.fingerprint}]"
    )
    approved = AuditEvent.objects.order_by("-pk").first()
    assert (approved.action, approved.detail()["sign_off"]) == (Action.CEREMONY_APPROVED, row.pk)


def test_several_groups_are_several_people(ada, ben):
    ceremony = under(TWO)

    approve(ceremony, ben)
    assert ceremony.state == State.REQUESTED
    row = approve(ceremony, ada)

    assert ceremony.state == State.APPROVED
    assert [(s.quorum.group, s.taken) for s in quorum_now(ceremony, Purpose.APPROVAL).seats] == [
        ("", ("ada",)),
        ("dba", ("ben",)),
    ]
    assert (row.groups, SignOff.objects.get(user=ben).groups) == ([], ["dba"])


def test_the_same_person_twice(ada):
    ceremony = under(replace(PROTECTED, approvals=(Quorum("", 2),)))
    row = approve(ceremony, ada)

    assert told(asking(ceremony), ada) == (
        "approval-repeated",
        f"You signed this already: approve, {row.signed_at:%Y-%m-%d %H:%M} UTC.",
        "Nobody signs twice. Once taken back, a signature is given anew in the next round.",
    )
    ceremony.refresh_from_db()
    assert ceremony.state == State.REQUESTED


def test_a_form_that_comes_twice_signs_once(ada):
    ceremony = under()
    request = asking(ceremony)
    sign(request, ada)

    assert refusal(request, ada).code == "approval-repeated"
    assert SignOff.objects.count() == 1


@pytest.mark.parametrize(
    ("author", "named"),
    [
        ("ada", {}),
        ("Ada Example <ADA@example.org>", {}),
        ("Ada  Lovelace", {"first_name": "Ada", "last_name": "Lovelace"}),
    ],
)
def test_nobody_approves_what_is_his_own(author, named):
    ada = person("ada", "sign", is_superuser=True, **named)
    ceremony = under(authors=["lena", author])

    assert told(asking(ceremony), ada) == (
        "approval-own",
        "'ada' is one of the authors, and the policy keeps author and approver apart.",
        "Somebody who did not write it signs.",
    )


def test_where_the_policy_does_not_keep_them_apart_an_author_may(ada):
    ceremony = under(
        replace(PROTECTED, separate=frozenset({Duty.AUTHOR_OPERATOR})), authors=["ada"]
    )

    approve(ceremony, ada)

    assert ceremony.state == State.APPROVED


def test_a_superuser_has_no_right_by_that():
    root = person("root", is_superuser=True)

    assert told(asking(under()), root) == (
        "approval-not-allowed",
        "'root' may not sign.",
        NOT_OF_THEIR_OWN,
    )
    assert refusal(asking(under(), Decision.COMMENT, comment="hm"), root).code == (
        "approval-not-allowed"
    )


def test_a_right_that_comes_by_a_group_counts():
    eve = person("eve", groups=("signers",))
    group = Group.objects.get(name="signers")
    group.permissions.set(person("x", "sign").user_permissions.all())

    ceremony = under()
    approve(ceremony, eve)

    assert ceremony.state == State.APPROVED


def test_who_is_not_in_the_group_that_is_asked(ada):
    ceremony = under(replace(PROTECTED, approvals=(Quorum("dba", 1), Quorum("risk", 1))))

    assert told(asking(ceremony), ada) == (
        "approval-not-allowed",
        "'ada' is in none of the groups that are asked: dba, risk.",
        "Somebody of these groups signs.",
    )


def test_what_the_session_remembers_of_a_person_does_not_count(ada):
    ceremony = under()
    get_user_model().objects.filter(pk=ada.pk).update(is_active=False)

    assert told(asking(ceremony), ada) == (
        "approval-not-allowed",
        "'ada' is not active.",
        "Somebody else signs.",
    )


def test_nobody_is_asked_under_the_open_policy(ada):
    ceremony = under(OPEN)

    assert told(asking(ceremony), ada) == (
        "approval-not-asked",
        "The policy asks nobody for this.",
        "There is nothing to sign.",
    )


def test_another_text_than_was_read(ada):
    ceremony = under()
    request = asking(ceremony)
    move(ceremony, Act.REQUEST, document=document())

    error = refusal(request, ada)

    assert (error.code, error.state) == ("approval-stale", UNCHANGED)
    assert error.happened == (
        f"It changed while you were reading: you read {first_of(request.fingerprint)}, and now it "
        f"is {first_of(ceremony.fingerprint)}."
    )
    assert error.next_step == "Read the new text; earlier sign-offs do not count for it."


def test_a_new_round_begins_without_any_signature(ada, ben):
    ceremony = under(TWO)
    approve(ceremony, ben)

    move(ceremony, Act.REQUEST, document=document(TWO))

    assert quorum_now(ceremony, Purpose.APPROVAL).missing == 2
    approve(ceremony, ben)
    approve(ceremony, ada)
    assert ceremony.state == State.APPROVED


@pytest.mark.parametrize(
    ("state", "decision"),
    [
        (State.RUNNING, Decision.APPROVE),
        (State.RUNNING, Decision.WITHDRAW),
        (State.RUNNING, Decision.COMMENT),
        (State.CHANGES_REQUESTED, Decision.APPROVE),
        (State.SIGNED_OFF, Decision.REJECT),
        (State.CANCELLED, Decision.APPROVE),
        (State.EXPIRED, Decision.APPROVE),
        (State.HALTED, Decision.APPROVE),
    ],
)
def test_too_late(ada, state, decision):
    ceremony = under(state=state)

    assert told(asking(ceremony, decision, comment="why"), ada) == (
        "approval-late",
        f"Ceremony {ceremony.pk} is {state}: the approval “{decision}” is not asked for now.",
        "Read its page again; it says what it waits for.",
    )


def test_a_draft_has_nothing_to_sign(ada):
    ceremony = under(state=State.DRAFT)
    request = SignRequest(ceremony.pk, "", Purpose.APPROVAL, Decision.COMMENT, "hm")

    assert refusal(request, ada).code == "approval-late"


def test_no_ceremony(ada):
    with pytest.raises(UsageError, match="There is no ceremony 4711"):
        sign(SignRequest(4711, "", Purpose.APPROVAL, Decision.APPROVE), ada)


@pytest.mark.parametrize(
    "decision", [Decision.REQUEST_CHANGES, Decision.REJECT, Decision.COMMENT, Decision.WITHDRAW]
)
def test_whoever_does_not_approve_says_why(ada, decision):
    ceremony = under(replace(PROTECTED, approvals=(Quorum("", 2),)))
    approve(ceremony, ada)

    assert told(asking(ceremony, decision, comment=" \n"), ada) == (
        "comment-missing",
        "Say why, in a comment.",
        "It is kept for ever.",
    )


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        (Decision.REQUEST_CHANGES, State.CHANGES_REQUESTED),
        (Decision.REJECT, State.REJECTED),
        (Decision.COMMENT, State.REQUESTED),
    ],
)
def test_what_follows_from_a_decision(ada, decision, state):
    ceremony = under()

    row = approve(ceremony, ada, decision=decision, comment="batch the backfill")

    assert (ceremony.state, row.decision) == (state, decision)


def test_comments_are_as_many_as_people_like(ada):
    ceremony = under()

    for words in ("one", "two"):
        approve(ceremony, ada, decision=Decision.COMMENT, comment=words)

    assert [row.comment for row in SignOff.objects.all()] == ["one", "two"]
    assert quorum_now(ceremony, Purpose.APPROVAL).missing == 1


def test_an_approval_that_is_withdrawn_counts_no_longer(ada, ben):
    ceremony = under()
    approve(ceremony, ada)

    approve(ceremony, ada, decision=Decision.WITHDRAW, comment="I misread it")

    assert ceremony.state == State.REQUESTED
    assert refusal(asking(ceremony), ada).code == "approval-repeated"
    approve(ceremony, ben)
    assert ceremony.state == State.APPROVED


def test_one_withdrawal_of_more_than_are_needed_changes_no_state(ada, ben):
    ceremony = under()
    approve(ceremony, ada)
    approve(ceremony, ben)

    approve(ceremony, ada, decision=Decision.WITHDRAW, comment="I am on leave")

    assert ceremony.state == State.APPROVED


def test_nothing_to_withdraw(ada):
    assert told(asking(under(), Decision.WITHDRAW, comment="x"), ada) == (
        "withdrawal-empty",
        "You have not signed this.",
        "There is nothing to take back.",
    )


def test_who_lost_the_right_may_still_withdraw(ada):
    ceremony = under()
    approve(ceremony, ada)
    ada.user_permissions.clear()

    approve(ceremony, ada, decision=Decision.WITHDRAW, comment="x")

    assert ceremony.state == State.REQUESTED


def test_somebody_inactive_does_not_even_withdraw(ada):
    ceremony = under()
    approve(ceremony, ada)
    get_user_model().objects.filter(pk=ada.pk).update(is_active=False)

    assert refusal(asking(ceremony, Decision.WITHDRAW, comment="x"), ada).code == (
        "approval-not-allowed"
    )


def test_hostile_words_are_kept_as_text(ada):
    eve = person("e\u202ev<b>e", "sign")
    ceremony = under()

    row = approve(ceremony, eve, comment="x\0\ud800<script>", accepted=("\0",))

    row.refresh_from_db()
    assert (row.username, row.comment, row.accepted) == (
        "e\u202ev<b>e",
        "x␀\\ud800<script>",
        ["␀"],
    )
    assert quorum_now(ceremony, Purpose.APPROVAL).complete
