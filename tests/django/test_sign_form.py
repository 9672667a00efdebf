"""The form of a signature: what it asks for, what it says, and where the focus goes."""

import json
import re
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from ceremony.actions.signing import first_of
from ceremony.core.policy import PROTECTED, Quorum, Window
from ceremony.core.states import Act, State
from ceremony.errors import Tampered
from ceremony.models import AuditEvent, SignOff
from tests.django import scenes
from tests.django.ceremonies import PASSWORD, move
from tests.django.pages_of_acts import carried, opened, refusal, send
from tests.django.rounds import renewed
from tests.django.test_signing_pages import browser, signed, url

pytestmark = pytest.mark.django_db

TWO = replace(PROTECTED, name="two", approvals=(Quorum("", 2),))
WARNING = "checks-missing, shop/0001_orders.sql: Nothing verifies this migration."
TAMPERED = "The stored manifest of ceremony 5 is another one."
AUTOFOCUS = re.compile(r"<(\w+)([^>]*)\sautofocus")


@pytest.fixture
def ada():
    return browser("ada", "sign")


@pytest.fixture
def ben():
    return browser("ben", "sign")


def told(answer):
    """The text of a page, without tags, each run of blanks as one."""
    page = answer.content.decode()
    main = page[page.index('id="content-main"') :]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


def focused(answer):
    """What has the focus when the page opens: the name of a field, or the name of an element."""
    found = [
        (name, re.search(r'name="(\w+)"', attributes))
        for name, attributes in AUTOFOCUS.findall(answer.content.decode())
    ]
    assert found, "nothing has the focus"
    name, field = found[0]
    return field[1] if field else name


def said(client, ceremony):
    """What the ceremony's page says on top after an act."""
    answer = client.get(url(ceremony, "change"))
    return [str(message) for message in answer.context["messages"]]


def test_decisions_say_what_comes_of_them(ada):
    page = opened(ada, url(scenes.scene()))
    for label, beside in (
        ("Comment only", "no decision, everybody sees it"),
        ("Approve", "I have read the SQL above and the rehearsal result"),
        ("Request changes", "goes back to lena; comment needed"),
        ("Reject", "it ends here; comment needed"),
    ):
        assert f"{label} {beside}" in told(page)
    assert page.content.decode().count("<legend>Your decision</legend>") == 1
    assert "Approving does not run anything." in told(page)


def test_earlier_sign_offs_stand_directly_above_the_decision(ada, ben):
    ceremony = scenes.scene(TWO)
    scenes.item(ceremony)
    send(ben, url(ceremony), decision="comment", comment="read; backfill is batched in #161")
    page = told(opened(ada, url(ceremony)))
    order = ["Worst lock", "What runs", "Pre-flight", "Earlier sign-offs", "read; backfill is"]
    places = [page.index(one) for one in [*order, "Your decision"]]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("risk", "asked"),
    [
        ("low", []),
        ("medium", ["read"]),
        ("high", ["read", "typed", "password"]),
        ("", ["read", "typed", "password"]),
    ],
)
def test_what_is_asked_for_grows_with_the_risk(ada, risk, asked):
    fields = opened(ada, url(scenes.scene(risk=risk))).context["form"].fields
    assert [name for name in ("read", "typed", "password") if name in fields] == asked


def test_who_has_no_password_is_not_asked_for_one(ada):
    user = get_user_model().objects.get(username="ada")
    user.set_unusable_password()
    user.save()
    ada.force_login(user)
    ceremony = scenes.scene(risk="high")
    page = opened(ada, url(ceremony))
    assert "password" not in page.context["form"].fields
    typed = first_of(ceremony.fingerprint)
    answer = send(ada, url(ceremony), page, decision="approve", read="on", typed=typed)
    assert (answer.status_code, signed()) == (302, [("ada", "approval", "approve")])


def test_everything_that_is_missing_is_told_at_once_and_the_first_has_the_focus(ada):
    ceremony = scenes.scene(risk="high")
    given = {"decision": "approve", "comment": "I have read it.", "warnings": "", "typed": "0"}
    answer = send(ada, url(ceremony), **given)
    page = told(answer)
    for sentence in (
        "Accept the warnings, or do not approve.",
        "Tick this to approve.",
        "These are not the first 8 characters.",
        "Type your password to approve: the risk is high.",
    ):
        assert page.count(sentence) == 2, sentence  # on top, and at its field
    assert page.index("Nothing was recorded.") < page.index("What runs")
    assert focused(answer) == "warnings"
    assert "I have read it." in page
    assert 'value="approve" required' not in answer.content.decode()
    assert re.search(r'value="approve"[^>]*checked', answer.content.decode())
    assert signed() == []


def test_fields_are_tied_to_what_is_said_about_them(ada):
    ceremony = scenes.scene(risk="high")
    page = send(ada, url(ceremony), decision="approve").content.decode()
    typed = re.search(r'<input[^>]*name="typed"[^>]*>', page)[0]
    assert 'aria-describedby="id_typed_helptext id_typed_error"' in typed
    assert 'aria-invalid="true"' in typed
    for named in ("id_typed_helptext", "id_typed_error", "id_typed_field"):
        assert f'id="{named}"' in page
    assert '<a href="#id_typed_field">' in page
    password = re.search(r'<input[^>]*name="password"[^>]*>', page)[0]
    assert 'autocomplete="current-password"' in password
    # A password manager is told whose it is; the name is not sent.
    name = '<input type="text" autocomplete="username" value="ada" readonly hidden>'
    assert name in page
    labels = re.findall(r'<label[^>]*for="([^"]+)"', page)
    inputs = re.findall(r'<(?:input|textarea|select)(?![^>]*hidden)[^>]*id="([^"]+)"', page)
    assert set(inputs) - {"nav-filter"} <= set(labels)


def test_what_should_change_is_said(ada):
    ceremony = scenes.scene()
    answer = send(ada, url(ceremony), decision="request changes")
    assert told(answer).count("Say what should change.") == 2
    assert (focused(answer), signed()) == ("comment", [])
    assert send(ada, url(ceremony), decision="request changes", comment="Batch it.")
    assert signed() == [("ada", "approval", "request changes")]
    digits = first_of(ceremony.fingerprint)
    assert said(ada, ceremony) == [
        f"Recorded: changes requested of {digits}. It goes back to lena.",
    ]


def test_a_comment_without_words_is_refused_at_its_field(ada):
    answer = send(ada, url(scenes.scene()), decision="comment")
    assert (refusal(answer), focused(answer)) == ("comment-missing", "comment")
    assert "Say why, in a comment." in told(answer)


def test_a_wrong_password_is_told_at_its_field(ada):
    ceremony = scenes.scene(risk="high")
    typed = first_of(ceremony.fingerprint)
    given = {"decision": "approve", "read": "on", "typed": typed, "password": "not-this"}
    answer = send(ada, url(ceremony), **given)
    assert (refusal(answer), focused(answer)) == ("password-wrong", "password")
    assert told(answer).count("That is not the password of this account") == 3
    assert "not-this" not in answer.content.decode()


def test_warnings_are_accepted_and_stand_in_the_event(ada):
    ceremony = scenes.scene()
    page = opened(ada, url(ceremony))
    assert "I accept 1 warning: checks-missing (0001_orders.sql)" in told(page)
    answer = send(ada, url(ceremony), page, decision="approve", warnings="")
    assert told(answer).count("Accept the warnings, or do not approve.") == 2
    assert (focused(answer), signed()) == ("warnings", [])
    assert send(ada, url(ceremony), answer, decision="approve").status_code == 302
    row = SignOff.objects.get()
    assert row.accepted == [WARNING]
    event = AuditEvent.objects.get(sequence=row.event)
    assert json.loads(event.payload)["detail"]["accepted"] == [WARNING]
    assert f"Accepted: {WARNING}" in told(ada.get(url(ceremony, "change")))


def test_a_comment_accepts_no_warning(ada):
    ceremony = scenes.scene()
    assert send(ada, url(ceremony), decision="comment", comment="Hm.").status_code == 302
    assert SignOff.objects.get().accepted == []


def test_who_wrote_it_is_told_that_a_second_person_signs():
    page = told(opened(browser("lena", "sign"), url(scenes.scene())))
    assert "You wrote this; a second person signs." in page
    assert "You can comment." in page


def test_a_form_sent_twice_says_that_it_was_signed_already(ada):
    ceremony = scenes.scene(TWO)
    page = opened(ada, url(ceremony))
    send(ada, url(ceremony), page, decision="approve")
    answer = send(ada, url(ceremony), page, decision="approve")
    at = SignOff.objects.get().signed_at.astimezone(UTC)
    sentence = f"Already signed by you at {at:%H:%M} UTC."
    assert f"✕ Refused page-stale {sentence}" in told(answer)
    assert focused(answer) == "section"
    # Opened anew, the page says it too, and where the signature is taken back.
    again = opened(ada, url(ceremony))
    assert f"{sentence} Withdraw my signature" in told(again)
    assert refusal(send(ada, url(ceremony), again, decision="approve")) == "approval-repeated"


def test_what_is_recorded_is_no_refusal_where_nothing_else_can_be_told(ada, monkeypatch):
    def damaged(*_):
        raise Tampered("manifest-damaged", TAMPERED, next_step="")

    ceremony = scenes.scene()
    monkeypatch.setattr("ceremony.admin.sign_words.gates_of", damaged)
    answer = send(ada, url(ceremony), decision="approve")
    assert (answer.status_code, signed()) == (302, [("ada", "approval", "approve")])
    monkeypatch.undo()
    assert said(ada, ceremony) == [
        f"Recorded: approved {first_of(ceremony.fingerprint)}. {TAMPERED}"
    ]


def test_what_runs_already_is_not_signed(ada):
    ceremony = scenes.scene(state=State.APPROVED)
    held = carried(opened(ada, url(ceremony)))
    move(ceremony, Act.START)
    assert "The ceremony is already running." in told(ada.get(url(ceremony)))
    answer = ada.post(url(ceremony), {**held, "decision": "approve"})
    assert "The ceremony is already running." in told(answer)
    assert signed() == []


def test_a_plan_that_changed_while_reading_is_told(ada):
    ceremony = scenes.scene()
    page = opened(ada, url(ceremony))
    renewed(ceremony, "CREATE TABLE other (id int);\n")
    ceremony.refresh_from_db()
    answer = send(ada, url(ceremony), page, decision="approve", comment="Read.")
    sentence = (
        f"The plan changed while you were reading ({first_of(ceremony.fingerprint)}…). "
        "Nothing was recorded. Read the new text."
    )
    assert sentence in told(answer)
    assert (refusal(answer), signed()) == ("page-stale", [])
    assert "Read." in told(answer)


def test_the_fingerprint_is_typed_as_it_is_shown(ada):
    ceremony = scenes.scene(risk="high")
    page = opened(ada, url(ceremony))
    shown = page.context["form"].fields["typed"].help_text.partition(" …")[0]
    assert re.fullmatch("[0-9a-f]{4} [0-9a-f]{4}", shown)
    given = {"read": "on", "typed": shown, "password": PASSWORD}
    assert send(ada, url(ceremony), page, decision="approve", **given).status_code == 302
    assert signed() == [("ada", "approval", "approve")]


def test_the_last_signature_says_that_it_can_run(ada):
    ceremony = scenes.scene()
    send(ada, url(ceremony), decision="approve")
    digits = first_of(ceremony.fingerprint)
    assert said(ada, ceremony) == [f"Recorded: approved {digits}. 0 more needed. It can run now."]


def test_the_last_signature_says_from_when_it_can_run(ada):
    at = timezone.now().astimezone(UTC) + timedelta(hours=2)
    opens = at.time().replace(second=0, microsecond=0)
    closes = (at + timedelta(hours=4)).time().replace(second=0, microsecond=0)
    window = Window(tuple(range(7)), opens, closes)
    ceremony = scenes.scene(replace(PROTECTED, name="at night", windows=(window,)))
    send(ada, url(ceremony), decision="approve")
    shown = f"{at:%H:%M}" if at.date() == timezone.now().date() else f"{at:%Y-%m-%d %H:%M}"
    digits = first_of(ceremony.fingerprint)
    assert said(ada, ceremony) == [
        f"Recorded: approved {digits}. 0 more needed. It can run from {shown} UTC."
    ]


def test_the_last_signature_says_what_is_still_in_the_way(ada):
    ceremony = scenes.scene()
    scenes.item(ceremony)
    scenes.item(ceremony, item="tests-pass")
    send(ada, url(ceremony), decision="approve")
    digits = first_of(ceremony.fingerprint)
    assert said(ada, ceremony) == [
        f"Recorded: approved {digits}. 0 more needed. It cannot run yet: 2 gates are not open."
    ]


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        ("comment", "Recorded: commented on {}. 2 more needed."),
        ("approve", "Recorded: approved {}. 1 more needed."),
        ("reject", "Recorded: rejected {}. It is rejected now."),
    ],
)
def test_what_was_recorded_is_said(ada, decision, sentence):
    ceremony = scenes.scene(TWO)
    send(ada, url(ceremony), decision=decision, comment="As it says.")
    assert said(ada, ceremony) == [sentence.format(first_of(ceremony.fingerprint))]


def test_a_withdrawal_and_an_acceptance_are_said(ada):
    ceremony = scenes.scene()
    send(ada, url(ceremony), decision="approve")
    assert len(said(ada, ceremony)) == 1
    send(ada, url(ceremony, "withdraw", "approval"), comment="I misread it.")
    digits = first_of(ceremony.fingerprint)
    assert said(ada, ceremony) == [f"Recorded: withdrew the signature of {digits}. 1 more needed."]
    waiting = scenes.scene(state=State.AWAITING_SIGN_OFF)
    page = opened(ada, url(waiting, "accept"))
    send(ada, url(waiting, "accept"), page, decision="approve")
    digits = first_of(page.context["subject"])
    assert said(ada, waiting) == [
        f"Recorded: accepted {digits}. 0 more needed. It is signed off now."
    ]
