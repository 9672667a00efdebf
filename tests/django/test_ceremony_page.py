"""The page of a ceremony: what its banner says to whom, and what stands below it."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from ceremony.admin.ceremony_words import STANDS
from ceremony.core.gates import Gate, GateState
from ceremony.core.halting import Course, Station
from ceremony.core.manifest import ManifestInvalid
from ceremony.core.policy import PROTECTED, Quorum
from ceremony.core.states import Act, State
from ceremony.models import Purpose
from tests.django import factories, scenes
from tests.django.ceremonies import PASSWORD, draft, move, person, sign_off
from tests.django.signing import approve

pytestmark = pytest.mark.django_db

DBA = replace(PROTECTED, approvals=(Quorum("dba", 1),), rehearsal=False, preflight=False)


def page_for(user, ceremony):
    user.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client.get(reverse("admin:ceremony_ceremony_change", args=[ceremony.pk]))


def banner_for(user, ceremony):
    return page_for(user, ceremony).context["banner"]


def told(user, ceremony):
    """Title, sentences, and the one button."""
    banner = banner_for(user, ceremony)
    primary = banner.primary and (str(banner.primary.label), banner.primary.url)
    return str(banner.title), sentences_of(banner), primary


def sentences_of(banner):
    """Those beyond the one that every ceremony in this state has."""
    plain = {str(one) for one in STANDS.values()}
    return [str(one) for one in banner.told if str(one) not in plain]


def address(name, ceremony, *more):
    return reverse(f"admin:ceremony_ceremony_{name}", args=[ceremony.pk, *more])


@pytest.fixture
def ada(db):
    return person("ada", "sign", groups=("dba",))


@pytest.fixture
def waiting(db, settings):
    return scenes.scene(DBA, title="Orders get an email")


@pytest.fixture(autouse=True)
def unchanged(monkeypatch):
    """Files on the disk are those that were signed."""
    monkeypatch.setattr("ceremony.admin.ceremony_page.changes_between", lambda *_: ())


def test_whoever_may_sign_is_told_so_and_has_the_button(waiting, ada):
    assert told(ada, waiting) == (
        "Requested",
        ["0 of 1 signature.", "You can: you are in dba, and it is not your own."],
        ("Review and sign off", address("sign", waiting)),
    )


@pytest.mark.parametrize("rights", [("sign", "request"), ("request",), ()])
def test_its_author_has_a_link_for_somebody_else(waiting, rights):
    lena = person("lena", *rights, groups=("dba",))
    banner = banner_for(lena, waiting)
    assert str(banner.told[-1]) == "You wrote it: somebody else signs."
    assert (banner.primary, banner.share) == (None, address("sign", waiting))


def test_whoever_has_signed_may_take_it_back(waiting, ada):
    two = replace(DBA, approvals=(Quorum("dba", 2),))
    ceremony = scenes.scene(two)
    approve(ceremony, ada, password=PASSWORD)
    banner = banner_for(ada, ceremony)
    assert sentences_of(banner) == ["1 of 2 signatures.", "You signed"]
    assert banner.moment is not None
    assert banner.primary.url == address("withdraw", ceremony, "approval")


def test_whoever_is_in_no_group_that_is_asked_is_told_which_are(waiting):
    assert told(person("bob", "sign"), waiting) == (
        "Requested",
        ["0 of 1 signature.", "'bob' is in none of the groups that are asked: dba."],
        None,
    )


def test_who_may_only_look_is_told_who_may(waiting, ada):
    _, sentences, primary = told(person("reader"), waiting)
    assert sentences[-1] == "'reader' may not sign."
    assert primary is None
    page = page_for(person("reader 2"), waiting).content.decode()
    assert "Any of these signs on its page: ada." in page


def test_what_changed_makes_it_stale(waiting, monkeypatch):
    monkeypatch.setattr(
        "ceremony.admin.ceremony_page.changes_between", lambda *_: ("shop/0001 was changed.",)
    )
    lena = person("lena", "request")
    assert told(lena, waiting) == (
        "Approval stale",
        ["It changed: shop/0001 was changed.", "What is signed here will not run."],
        ("Ask again", address("again", waiting)),
    )
    reader = person("reader")
    assert told(reader, waiting)[2] is None
    assert str(banner_for(reader, waiting).next) == (
        f"The author asks again: manage.py request_sql shop --database {waiting.target.alias} "
        f"--again {waiting.pk}"
    )


def test_wanted_changes_are_a_new_version_for_whoever_may_ask(waiting):
    move(waiting, Act.REQUEST_CHANGES)
    assert told(person("lena", "request"), waiting)[2] == ("New version", address("again", waiting))
    assert told(person("reader"), waiting)[2] is None


def test_what_is_approved_is_run_by_an_operator(waiting, ada):
    approve(waiting, ada)
    assert waiting.state == State.APPROVED
    operator = person("olga", "run")
    alias = waiting.target.alias
    assert told(operator, waiting) == (
        "Approved",
        ["Approved by ada."],
        (f"Run on {alias}", address("run", waiting)),
    )
    assert told(person("reader"), waiting)[2] is None


def test_what_is_shut_is_said_in_place_of_the_button(waiting, ada, monkeypatch):
    approve(waiting, ada)
    shut = Gate("Window", GateState.WAITS, "It is closed.", "It opens Thu 22:00 UTC.")
    monkeypatch.setattr("ceremony.admin.ceremony_page.gates_in", lambda *_: (shut,))
    banner = banner_for(person("olga", "run"), waiting)
    assert (banner.primary, str(banner.next)) == (
        None,
        "Window. It is closed. It opens Thu 22:00 UTC.",
    )


def test_what_failed_says_where_and_what_is_left():
    ceremony = scenes.scene(DBA, state=State.HALTED)
    run = scenes.run(ceremony).run
    attempt = factories.AttemptFactory(run=run)
    factories.OutcomeFactory(
        attempt=attempt,
        state="failed",
        statements=[
            {"number": 1, "state": "done", "seconds": 0.1, "summary": "ALTER TABLE"},
            {"number": 2, "state": "failed", "seconds": 2.0, "summary": "UPDATE"},
        ],
        problem={
            "code": "migration-failed",
            "happened": "It failed.",
            "state": "Nothing of it is in the target.",
            "next_step": "Correct it.",
            "server": {"statement": 2, "sqlstate": "55P03", "message": "lock timeout"},
        },
    )
    scenes.halted(ceremony)
    title, sentences, primary = told(person("hal", "halt"), ceremony)
    assert title == "Stopped"
    assert sentences == [
        f"{attempt.label} stopped at statement 2: lock not available 55P03.",
        "Statements: 1 rolled back, 2 failed.",
        "Nothing of it is in the target.",
    ]
    assert primary == (
        "Go on with the halt",
        reverse("admin:ceremony_target_halt", args=[ceremony.target_id]),
    )


@pytest.mark.parametrize(
    ("state", "title"), [("partly", "Partly applied"), ("unknown", "Outcome unknown")]
)
def test_what_is_not_all_or_nothing_is_called_so(state, title):
    ceremony = scenes.scene(DBA, state=State.HALTED)
    attempt = factories.AttemptFactory(run=scenes.run(ceremony).run)
    factories.OutcomeFactory(attempt=attempt, state=state)
    assert told(person("reader"), ceremony)[0] == title


def test_a_check_that_did_not_pass_is_told_first():
    ceremony = scenes.scene(DBA, state=State.AWAITING_SIGN_OFF)
    run = scenes.run(ceremony).run
    broken = {
        "result": "FAIL",
        "severity": "block",
        "observed": {"columns": ["id"], "rows": [["17"]], "row_count": 1},
    }
    factories.CheckRecordFactory(run=run, attempt=None, name="one active", **broken)
    response = page_for(person("reader"), ceremony)
    assert str(response.context["banner"].title) == "Applied, but a check did not pass"
    assert "1 check did not pass." in [str(one) for one in response.context["banner"].told]
    page = response.content.decode()
    assert "one active" in page
    assert "<td>17</td>" in page


def test_what_an_earlier_run_broke_is_not_told_of_the_run_that_passed():
    ceremony = scenes.scene(DBA, state=State.AWAITING_SIGN_OFF)
    for result in ("FAIL", "PASS"):
        factories.CheckRecordFactory(
            run=scenes.run(ceremony).run, attempt=None, name="one active", result=result
        )
    response = page_for(person("reader"), ceremony)
    assert str(response.context["banner"].title) == "Awaiting sign-off"
    assert [one.result for one in response.context["checks"]] == ["FAIL", "PASS"]


def test_a_check_that_stopped_it_is_named_and_nothing_is_advised_that_the_halt_refuses():
    ceremony = scenes.scene(DBA, state=State.HALTED)
    attempt = factories.AttemptFactory(run=scenes.run(ceremony).run)
    problem = {
        "code": "check-failed",
        "happened": "A check did not hold.",
        "state": "Nothing of it is in the target.",
        "next_step": "Correct it; then: manage.py apply_sql shop",
    }
    factories.OutcomeFactory(attempt=attempt, state="failed", problem=problem)
    reader = person("reader")
    whole = ["A check did not hold.", "Nothing of it is in the target."]
    alone = "It was stopped. Its target is not halted."
    assert told(reader, ceremony)[1] == [alone, *whole, problem["next_step"]]
    scenes.halted(ceremony)
    assert told(reader, ceremony)[1] == whole


def test_without_a_halt_a_ceremony_that_stopped_waits_for_a_new_round():
    ceremony = scenes.scene(DBA, state=State.HALTED)
    scenes.run(ceremony)
    assert told(person("lena", "request"), ceremony)[2] == (
        "Open a new round",
        address("again", ceremony),
    )
    page = page_for(person("hal", "halt"), ceremony).content.decode()
    assert "Halt the target" in page
    assert "Go on with the halt" not in page


def test_what_is_over_leads_to_its_evidence():
    ceremony = scenes.scene(DBA, state=State.SIGNED_OFF)
    scenes.run(ceremony)
    title, sentences, primary = told(person("reader"), ceremony)
    assert (title, primary) == ("Signed off", ("Evidence", address("report", ceremony)))
    assert sentences[0].startswith("Run ")


@pytest.mark.parametrize("state", [State.CANCELLED, State.EXPIRED])
def test_what_never_ran_can_be_asked_for_anew(state):
    ceremony = scenes.scene(DBA, state=state)
    assert told(person("lena", "request"), ceremony)[2] == (
        "Copy as new",
        reverse("admin:ceremony_ceremony_request"),
    )
    assert told(person("reader"), ceremony)[2] is None


def test_who_called_it_off_and_why_is_told(waiting):
    move(waiting, Act.CANCEL, actor="t.silva", detail={"why": "not this week"})
    assert told(person("reader"), waiting)[1] == ["t.silva: “not this week”"]


def test_a_draft_asks_nobody(db):
    title, _, primary = told(person("lena", "request"), draft())
    assert (title, primary) == ("Draft", None)


def test_a_round_that_was_changed_by_other_hands_is_told_before_all_else(waiting, monkeypatch):
    def damaged(*_):
        raise ManifestInvalid("other bytes")

    monkeypatch.setattr("ceremony.actions.rounds.read_written", damaged)
    response = page_for(person("reader"), waiting)
    assert str(response.context["banner"].title) == "Tampered with"
    assert "is not the one with the fingerprint" in response.content.decode()


def test_break_glass_keeps_its_red_edge():
    ceremony = scenes.scene(DBA, state=State.SIGNED_OFF)
    scenes.run(ceremony, "override", reason="site down")
    page = page_for(person("reader"), ceremony).content.decode()
    assert "site down" in page


@pytest.mark.parametrize(
    ("state", "is_told"),
    [(State.REQUESTED, True), (State.APPROVED, True), (State.SIGNED_OFF, False)],
)
def test_files_on_the_disk_are_compared_until_it_runs(state, is_told):
    page = page_for(person("reader"), scenes.scene(DBA, state=state)).content.decode()
    assert ("On the disk it is otherwise now" in page) is is_told


def test_what_stands_on_the_page_of_a_waiting_one(waiting, ada):
    sign_off(waiting, ada, Purpose.APPROVAL, "comment", comment="read; batched")
    page = page_for(person("reader"), waiting).content.decode()
    for heading in ("Before it can run", "Sign-offs", "Where it sits", "Audit trail", "Evidence"):
        assert f">{heading}<" in page or f">{heading} <" in page or f"{heading}\n" in page
    assert "read; batched" in page
    assert f'<code title="{waiting.fingerprint}">' in page
    assert "All events of this ceremony" in page
    for form in ("markdown", "json"):
        assert f"{address('report', waiting)}?form={form}" in page


@pytest.mark.parametrize(
    ("form", "kind", "begins"),
    [
        ("html", "text/html; charset=utf-8", "<!"),
        ("markdown", "text/markdown; charset=utf-8", "# "),
        ("json", "application/json", "{"),
    ],
)
def test_the_report_has_three_forms(waiting, form, kind, begins):
    user = person("reader")
    page_for(user, waiting)
    client = Client()
    client.force_login(user)
    answer = client.get(address("report", waiting), {"form": form})
    assert (answer.status_code, answer["Content-Type"]) == (200, kind)
    assert answer.content.decode().startswith(begins)


def test_a_report_has_no_other_form(waiting):
    user = person("reader")
    page_for(user, waiting)
    client = Client()
    client.force_login(user)
    assert client.get(address("report", waiting), {"form": "docx"}).status_code == 404


def test_the_way_back_is_the_one_button_once_it_was_decided_and_not_before():
    ceremony = scenes.scene(DBA, state=State.HALTED)
    olga = person("olga", "run", "halt")
    halt = scenes.halted(ceremony).halt
    page = page_for(olga, ceremony)
    assert str(page.context["banner"].primary.label) == "Go on with the halt"
    assert "Nobody has decided to roll back." in page.content.decode()
    scenes.halted(ceremony, Station.ASSESS, halt)
    scenes.halted(ceremony, Station.DECIDE, halt, decision=Course.ROLL_BACK.value)
    assert told(olga, ceremony)[2] == ("Take it back", address("way_back", ceremony))


@pytest.mark.parametrize(
    ("state", "run", "verify"),
    [
        (State.APPROVED, "to come", "to come"),
        (State.CANCELLED, "will not come", "will not come"),
        (State.ROLLED_BACK, "taken back", "will not come"),
        (State.SIGNED_OFF, "done", "done"),
    ],
)
def test_what_ended_promises_nothing_more_and_what_was_taken_back_is_not_done(state, run, verify):
    ceremony = scenes.scene(DBA, state=state)
    if state in {State.ROLLED_BACK, State.SIGNED_OFF}:
        scenes.run(ceremony)
    stages = page_for(person("reader"), ceremony).context["progress"]
    assert [one.said for one in stages[-2:]] == [run, verify]


def test_steps_are_counted_once_one_is_known_to_be_in():
    ceremony = scenes.scene(DBA, state=State.RUNNING)
    run = scenes.run(ceremony).run
    first = factories.AttemptFactory(run=run)
    factories.AttemptFactory(run=run)
    reader = person("reader")
    assert told(reader, ceremony)[1] == []
    factories.OutcomeFactory(attempt=first, state="done")
    assert told(reader, ceremony)[1] == ["1 of 2 steps are in."]
