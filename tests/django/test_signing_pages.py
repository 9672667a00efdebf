"""Signing in the browser: two tabs, sent twice, old pages, and what a form asks for."""

import json
import re
from dataclasses import replace

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from ceremony.actions.signing import first_of
from ceremony.core.halting import Course, Station
from ceremony.core.policy import PROTECTED, Quorum
from ceremony.core.states import Act, State
from ceremony.models import AuditEvent, Ceremony, Purpose, RunPurpose, SignOff
from tests.django import scenes
from tests.django.ceremonies import PASSWORD, move, person
from tests.django.pages_of_acts import carried, opened, refusal, send

pytestmark = pytest.mark.django_db

TWO = replace(PROTECTED, name="two", approvals=(Quorum("", 2),))


def browser(username, *rights, **fields):
    """Somebody who may view ceremonies and has these rights, logged in."""
    user = person(username, *rights, **fields)
    user.user_permissions.add(Permission.objects.get(codename="view_ceremony"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def ada():
    return browser("ada", "sign")


@pytest.fixture
def ben():
    return browser("ben", "sign")


def url(ceremony, name="sign", *more):
    return reverse(f"admin:ceremony_ceremony_{name}", args=[ceremony.pk, *more])


def signed():
    return [(row.username, row.purpose, row.decision) for row in SignOff.objects.order_by("pk")]


def state(ceremony):
    return Ceremony.objects.get(pk=ceremony.pk).state


def test_a_signature_brings_the_person_back_and_says_what_was_recorded(ada):
    ceremony = scenes.scene(TWO)
    answer = send(ada, url(ceremony), decision="approve", comment="Read\r\nit.")
    page = reverse("admin:ceremony_ceremony_change", args=[ceremony.pk])
    assert (answer.status_code, answer.url) == (302, page)
    told = ada.get(page).content.decode()
    digits = ceremony.fingerprint.partition(":")[2][:8]
    assert f"Recorded: approved {digits}. 1 more needed." in told
    assert SignOff.objects.get().comment == "Read\nit."
    assert signed() == [("ada", "approval", "approve")]


def test_the_last_signature_approves(ada, ben):
    ceremony = scenes.scene(TWO)
    for client in (ada, ben):
        assert send(client, url(ceremony), decision="approve").status_code == 302
    assert state(ceremony) == State.APPROVED


def test_only_a_comment_is_preselected(ada):
    form = opened(ada, url(scenes.scene())).context["form"]
    assert form["decision"].value() == "comment"
    assert [value for value, _ in form.fields["decision"].choices] == [
        "comment",
        "approve",
        "request changes",
        "reject",
    ]


def test_what_is_signed_stands_on_the_page_in_full(ada):
    ceremony = scenes.scene(sql=scenes.HOSTILE_SQL)
    told = opened(ada, url(ceremony)).content.decode()
    assert ceremony.fingerprint in told
    sql = re.sub(r"</?span[^>]*>", "", told)
    assert "ALTER TABLE orders ADD COLUMN email text; -- " + scenes.SHOWN in sql
    assert "ALTER TABLE orders DROP COLUMN email;" in sql
    assert told.count("<details") == told.count('<details class="cer-check" open')
    assert "Approving does not run anything." in told


@pytest.mark.parametrize("decision", ["approve", "comment", "reject", "request changes"])
def test_a_post_that_is_sent_again_changes_nothing(ada, decision):
    ceremony = scenes.scene(TWO)
    page = opened(ada, url(ceremony))
    given = {"decision": decision, "comment": "As it says."}
    assert send(ada, url(ceremony), page, **given).status_code == 302
    before = (signed(), state(ceremony), AuditEvent.objects.count())
    again = send(ada, url(ceremony), page, **given)
    assert (again.status_code, signed(), state(ceremony), AuditEvent.objects.count()) == (
        200,
        *before,
    )
    assert refusal(again) in {"page-stale", "approval-late"}


def test_two_tabs_of_one_person_sign_once(ada):
    ceremony = scenes.scene(TWO)
    first, second = opened(ada, url(ceremony)), opened(ada, url(ceremony))
    send(ada, url(ceremony), first, decision="approve")
    answer = send(ada, url(ceremony), second, decision="approve")
    assert (refusal(answer), len(signed())) == ("page-stale", 1)
    # Read anew and sent again, it is still one signature.
    assert refusal(send(ada, url(ceremony), answer, decision="approve")) == "approval-repeated"
    assert len(signed()) == 1


def test_two_people_at_once_read_each_other(ada, ben):
    ceremony = scenes.scene(TWO)
    page = opened(ben, url(ceremony))
    send(ada, url(ceremony), decision="comment", comment="The lock is long.")
    answer = send(ben, url(ceremony), page, decision="approve", comment="Fine with me.")
    told = answer.content.decode()
    assert refusal(answer) == "page-stale"
    assert "The lock is long." in told
    assert "Fine with me." in told
    assert signed() == [("ada", "approval", "comment")]
    assert send(ben, url(ceremony), answer, decision="approve").status_code == 302


def test_a_page_of_an_earlier_round_signs_nothing(ada):
    ceremony = scenes.scene()
    page = opened(ada, url(ceremony))
    old = ceremony.fingerprint
    newer = scenes.scene()  # its manifest's document, under other numbers
    move(ceremony, Act.REQUEST, document=_document(newer))
    answer = send(ada, url(ceremony), page, decision="approve", comment="I had read it.")
    assert refusal(answer) == "page-stale"
    assert (signed(), state(ceremony)) == ([], "requested")
    ceremony.refresh_from_db()
    assert old != ceremony.fingerprint
    assert carried(answer)["fingerprint"] == ceremony.fingerprint
    assert "I had read it." in answer.content.decode()


def _document(ceremony):

    told = json.loads(ceremony.manifests.get().document)
    return {key: value for key, value in told.items() if key not in {"ceremony", "round"}}


def test_a_forged_fingerprint_signs_nothing(ada):
    ceremony = scenes.scene()
    answer = send(ada, url(ceremony), decision="approve", fingerprint="manifest1:" + "0" * 64)
    assert (refusal(answer), signed()) == ("approval-stale", [])


def test_a_form_without_what_the_page_carried_is_told_so(ada):
    ceremony = scenes.scene()
    answer = ada.post(url(ceremony), {"decision": "approve", "comment": "Yes."})
    told = answer.content.decode()
    assert "This form was not sent as the page gave it." in told
    assert "Yes." in told
    assert signed() == []


def test_an_author_may_comment_and_is_told_why_not_more():
    lena = browser("lena", "sign")
    ceremony = scenes.scene()
    page = opened(lena, url(ceremony))
    assert "&#x27;lena&#x27; is one of the authors" in page.content.decode()
    choices = [value for value, _ in page.context["form"].fields["decision"].choices]
    assert choices == ["comment", "request changes", "reject"]
    answer = send(lena, url(ceremony), page, decision="approve")
    assert (answer.status_code, signed()) == (200, [])
    assert send(lena, url(ceremony), decision="comment", comment="It is mine.").status_code == 302


def test_who_gains_an_objection_while_reading_is_refused(ada):
    ceremony = scenes.scene(replace(TWO, name="dba", approvals=(Quorum("dba", 1),)))
    page = opened(ada, url(ceremony))
    answer = send(ada, url(ceremony), page, decision="approve")
    assert (answer.status_code, signed()) == (200, [])
    assert "approve is not one of the available choices" in answer.content.decode()


@pytest.mark.parametrize(
    ("risk", "given", "wrong"),
    [
        ("medium", {}, "Tick this to approve."),
        ("high", {"read": "on"}, "These are not the first 8 characters."),
        ("", {"read": "on", "typed": "01234567"}, "These are not the first 8 characters."),
        ("high", {"read": "on"}, "Type your password to approve: the risk is high."),
    ],
)
def test_friction_grows_with_risk(ada, risk, given, wrong):
    ceremony = scenes.scene(risk=risk)
    answer = send(ada, url(ceremony), decision="approve", **given)
    assert wrong in answer.content.decode()
    assert signed() == []
    full = {"read": "on", "typed": first_of(ceremony.fingerprint), "password": PASSWORD}
    assert send(ada, url(ceremony), decision="approve", **full).status_code == 302
    assert state(ceremony) == State.APPROVED


def test_a_comment_needs_no_tick(ada):
    ceremony = scenes.scene(risk="high")
    assert send(ada, url(ceremony), decision="comment", comment="Hm.").status_code == 302


def test_every_loss_is_accepted_by_itself(ada):
    ceremony = scenes.scene(step_facts={"data_loss": f"drops orders.note {scenes.EVIL}"})
    page = opened(ada, url(ceremony))
    assert page.content.decode().count(f"drops orders.note {scenes.SHOWN}") >= 2
    answer = send(ada, url(ceremony), page, decision="approve")
    assert (refusal(answer), signed()) == ("data-loss-unaccepted", [])
    assert send(ada, url(ceremony), decision="approve", accepted=["0"]).status_code == 302
    loss, *warnings = SignOff.objects.get().accepted
    assert loss == f"0001_orders: drops orders.note {scenes.EVIL}"
    assert warnings == ["checks-missing, shop/0001_orders.sql: Nothing verifies this migration."]


def test_the_password_is_asked_for_and_never_shown_again(ada):
    ceremony = scenes.scene(replace(PROTECTED, name="re", reauthenticate=True))
    answer = send(ada, url(ceremony), decision="approve")
    assert refusal(answer) == "password-missing"
    answer = send(ada, url(ceremony), decision="approve", password="not-my-password")
    assert refusal(answer) == "password-wrong"
    assert "not-my-password" not in answer.content.decode()
    assert not AuditEvent.objects.filter(payload__contains="not-my-password").exists()
    assert send(ada, url(ceremony), decision="approve", password=PASSWORD).status_code == 302
    assert SignOff.objects.get().reauthenticated


def test_a_signature_is_taken_back_with_a_reason(ada, ben):
    ceremony = scenes.scene()
    send(ada, url(ceremony), decision="approve")
    withdraw = url(ceremony, "withdraw", "approval")
    assert send(ada, withdraw).status_code == 200
    page = opened(ada, withdraw)
    assert send(ada, withdraw, page, comment="I misread it.").status_code == 302
    assert (state(ceremony), signed()[-1]) == ("requested", ("ada", "approval", "withdraw"))
    again = send(ada, withdraw, page, comment="I misread it.")
    assert (refusal(again), len(signed())) == ("page-stale", 2)
    assert "You have not signed" in ben.get(withdraw).content.decode()
    forged = {**carried(page), "comment": "Not mine."}
    assert (refusal(ben.post(withdraw, forged)), len(signed())) == ("page-stale", 2)


def test_nobody_signs_for_an_unknown_purpose(ada):
    ceremony = scenes.scene()
    assert ada.get(url(ceremony, "withdraw", "nonsense")).status_code == 404


def test_what_came_of_it_is_accepted(ada):
    ceremony = scenes.scene(state=State.AWAITING_SIGN_OFF)
    scenes.run(ceremony)
    row = scenes.item(ceremony, "acceptance", text="The figures are right.")
    accept = url(ceremony, "accept")
    answer = send(ada, accept, decision="approve")
    assert (refusal(answer), signed()) == ("items-open", [])
    page = ada.get(reverse("admin:ceremony_ceremony_change", args=[ceremony.pk])).context
    assert [(gate.name, gate.state) for gate in page["gates"]] == [
        ("Acceptance: The figures are right", "shut"),
        ("Acceptance: 1 of those who may sign", "waits"),
    ]
    assert page["standing"].next == (
        "Acceptance: The figures are right. NOT RUN. Answer it with evidence, or waive it."
    )
    answered = reverse("admin:ceremony_ceremony_answer", args=[ceremony.pk, row.pk])
    assert send(ada, answered, result="PASS", note="Counted.").status_code == 302
    assert send(ada, accept, decision="approve").status_code == 302
    assert (state(ceremony), signed()) == ("signed off", [("ada", "acceptance", "approve")])


def test_break_glass_is_reviewed_by_two_others(ada, ben):
    ceremony = move(scenes.scene(), Act.OVERRIDE)
    scenes.run(ceremony, RunPurpose.OVERRIDE, actor="olga", reason="The site is down.")
    move(ceremony, Act.FINISH)
    review = url(ceremony, "review")
    olga = browser("olga", "sign")
    page = opened(olga, review)
    assert "&#x27;olga&#x27; ran it" in page.content.decode()
    for client in (ada, ben):
        told = opened(client, review).content.decode()
        assert "The site is down." in told
        assert send(client, review, decision="approve").status_code == 302
    assert [row[:2] for row in signed()] == [("ada", "review"), ("ben", "review")]


def test_a_halt_is_left_as_it_is_by_a_quorum(ada):
    ceremony = scenes.scene(state=State.HALTED)
    decision = url(ceremony, "decision")
    stop = scenes.halted(ceremony)
    scenes.halted(ceremony, Station.ASSESS, stop.halt)
    assert "is not asked for now" in ada.get(decision).content.decode()
    scenes.halted(ceremony, Station.DECIDE, stop.halt, decision=Course.ACCEPT.value)
    assert send(ada, decision, decision="approve").status_code == 302
    assert signed() == [("ada", "decision", "approve")]


@pytest.mark.parametrize("purpose", [one for one in Purpose if one is not Purpose.APPROVAL])
def test_what_is_not_asked_for_is_not_signed(ada, purpose):
    name = {"acceptance": "accept"}.get(purpose.value, purpose.value)
    ceremony = scenes.scene()
    page = ada.get(url(ceremony, name))
    assert "is not asked for now" in page.content.decode()
    held = {"fingerprint": ceremony.fingerprint, "round": 1, "seen": "1.1.0.0.0.0"}
    answer = ada.post(url(ceremony, name), {**held, "decision": "approve"})
    assert (answer.status_code, signed()) == (200, [])


def test_a_damaged_round_is_told_and_not_signed(ada):
    ceremony = scenes.scene()
    ceremony = move(ceremony, Act.REQUEST, document={"steps": []})
    page = reverse("admin:ceremony_ceremony_change", args=[ceremony.pk])
    for one in (page, url(ceremony)):
        told = ada.get(one)
        assert (told.status_code, "manifest-damaged" in told.content.decode()) == (200, True)
    held = {"fingerprint": ceremony.fingerprint, "round": 2, "seen": "2.2.0.0.0.0"}
    answer = ada.post(url(ceremony), {**held, "decision": "approve"})
    assert (refusal(answer), signed()) == ("manifest-damaged", [])
    digest = scenes.frozen("x").digest
    file = ada.get(reverse("admin:ceremony_ceremony_file", args=[ceremony.pk, digest]))
    assert (file.status_code, file["Content-Type"]) == (409, "text/plain; charset=utf-8")
    assert "[manifest-damaged]" in file.content.decode()


def test_the_page_says_what_one_can_do_and_why_not_the_rest(ada):
    lena = browser("lena", "sign", "request")
    ceremony = scenes.scene()
    page = reverse("admin:ceremony_ceremony_change", args=[ceremony.pk])
    hers = [(door.label, bool(door.url)) for door in lena.get(page).context["doors"]]
    assert hers == [
        ("Comment", True),
        ("Open a new round", True),
        ("Call it off", True),
        ("Write a remark", True),
        ("Halt the target", False),
    ]
    assert ada.get(page).context["banner"].primary.label == "Review and sign off"
    send(ada, url(ceremony), decision="approve")
    shown = ada.get(page).context
    assert "Withdraw my signature" in [
        one.label for one in (shown["banner"].primary, *shown["doors"]) if one
    ]


def test_a_halt_is_on_the_page_of_the_target_and_takes_the_right_to_see_it():
    ceremony = scenes.scene()
    page = reverse("admin:ceremony_ceremony_change", args=[ceremony.pk])
    (door,) = (
        one for one in browser("olga", "halt").get(page).context["doors"] if "alt" in one.label
    )
    told = (door.label, door.url, door.why_not)
    assert told == (
        "Halt the target",
        "",
        "It takes the permission ceremony.view_target, too.",
    )
