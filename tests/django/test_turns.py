"""Turns: whom a ceremony waits for, and who of the people is one of them."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ceremony.actions.dossier import dossiers_of
from ceremony.actions.overview import LOOKED_THROUGH, overview
from ceremony.actions.sign import sign
from ceremony.actions.turns import Ask, Wait
from ceremony.admin.doors import doors_in
from ceremony.core.halting import Station
from ceremony.core.policies.window import NEVER
from ceremony.core.policy import OPEN, PROTECTED, Quorum, Window
from ceremony.core.states import Act, State
from ceremony.models import Ceremony, Decision, Purpose, StoredManifest
from tests.django import scenes
from tests.django.ceremonies import draft, move, person, sign_off
from tests.django.signing import asking

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
VERBS = ("request", "sign", "run", "halt")
LOOSE = replace(PROTECTED, separate=frozenset(), preflight=False)
TWO_GROUPS = replace(PROTECTED, approvals=(Quorum("dba", 2), Quorum("team", 1)))
PAGES = {"sign": "approval", "accept": "acceptance", "decision": "decision", "review": "review"}


WITHOUT_APPROVAL = {
    State.VERIFYING: (Act.FINISH,),
    State.AWAITING_SIGN_OFF: (Act.FINISH, Act.VERIFY),
    State.SIGNED_OFF: (Act.FINISH, Act.VERIFY, Act.SIGN_OFF),
    State.HALTED: (Act.HALT,),
}
"""What follows a run without an approval, up to a state."""


def overridden(policy, *acts):
    """A ceremony that ran without an approval."""
    ceremony = scenes.scene(policy)
    for act in (Act.OVERRIDE, *acts):
        move(ceremony, act)
    return ceremony


def asked(user, now=NOW):
    """What each ceremony asks of the person, by its number."""
    found = {}
    for turn in overview(user, now).turns:
        found.setdefault(turn.case.ceremony.pk, []).append(turn.wait.ask.value)
    return found


def waits(ceremony, now=NOW):
    """What the ceremony waits for, whoever looks."""
    row = Ceremony.objects.select_related("target").get(pk=ceremony.pk)
    nobody = person(f"nobody {uuid4()}")
    return overview(nobody, now, [row]).cases[ceremony.pk].waits


def approve(ceremony, user):
    sign(asking(ceremony), user)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("policy", [PROTECTED, TWO_GROUPS, LOOSE, OPEN])
def test_what_a_door_waits_for_is_a_turn_and_no_turn_is_without_its_door(state, policy):
    scenes.scene(policy, state)
    if state in WITHOUT_APPROVAL:
        overridden(policy, *WITHOUT_APPROVAL[state])
    for user in (
        person("ada", "sign", groups=("dba",)),
        person("ben", *VERBS, groups=("team", "dba")),
        person("lena", *VERBS, groups=("dba",)),
        person("eve", "halt"),
        person("root", is_superuser=True),
    ):
        mine = asked(user)
        for ceremony in Ceremony.objects.select_related("target"):
            (dossier,) = dossiers_of([ceremony], viewers=[user.pk])
            doors = doors_in(dossier, user)
            signing = {
                PAGES[page]
                for door in doors
                if door.waited_for and (page := door.url.rstrip("/").rpartition("/")[2]) in PAGES
            }
            found = set(mine.get(ceremony.pk, ())) & set(Purpose.values)
            assert found <= signing, (state, user, ceremony)
            if state not in {
                State.APPROVED,
                State.CHANGES_REQUESTED,
            }:  # then there is time to speak
                assert signing <= found, (state, user, ceremony)


def test_each_seat_is_waited_for_by_its_group():
    ceremony = scenes.scene(TWO_GROUPS)
    assert waits(ceremony) == (
        Wait(Ask.APPROVAL, "dba", 0, 2),
        Wait(Ask.APPROVAL, "team", 0, 1),
    )
    approve(ceremony, person("ada", "sign", groups=("dba",)))
    assert waits(ceremony) == (
        Wait(Ask.APPROVAL, "dba", 1, 2),
        Wait(Ask.APPROVAL, "team", 0, 1),
    )


def test_only_who_would_fill_a_seat_is_asked():
    ceremony = scenes.scene(TWO_GROUPS)
    people = {
        "ada": person("ada", "sign", groups=("dba",)),
        "ben": person("ben", "sign", groups=("dba", "team")),
        "cid": person("cid", "sign", groups=("dba",)),
        "tom": person("tom", "sign", groups=("team",)),
        "zoe": person("zoe", "sign"),
        "lena": person("lena", "sign", groups=("dba",)),
        "ida": person("ida", "sign", groups=("dba",), is_active=False),
        "root": person("root", groups=("dba",), is_superuser=True),
    }

    def who():
        return {name for name, user in people.items() if ceremony.pk in asked(user)}

    assert who() == {"ada", "ben", "cid", "tom"}
    approve(ceremony, people["ada"])
    assert who() == {"ben", "cid", "tom"}
    approve(ceremony, people["cid"])
    assert who() == {"ben", "tom"}
    approve(ceremony, people["ben"])
    ceremony.refresh_from_db()
    assert (ceremony.state, who()) == ("approved", set())


def test_who_sits_elsewhere_makes_room():
    ceremony = scenes.scene(replace(TWO_GROUPS, approvals=(Quorum("dba", 1), Quorum("team", 1))))
    approve(ceremony, person("ben", "sign", groups=("dba", "team")))
    assert ceremony.pk in asked(person("ada", "sign", groups=("dba",)))
    assert ceremony.pk in asked(person("tom", "sign", groups=("team",)))


def test_two_accounts_of_one_person_are_asked_once():
    ceremony = scenes.scene(replace(PROTECTED, approvals=(Quorum("", 2),)))
    approve(ceremony, person("ada", "sign", first_name="Ada", last_name="L"))
    assert asked(person("ada2", "sign", first_name="Ada", last_name="L")) == {}


def test_a_signature_that_counts_no_more_is_asked_for_again():
    ceremony = scenes.scene()
    ada = person("ada", "sign")
    approve(ceremony, ada)
    ada.user_permissions.clear()
    assert waits(ceremony) == (Wait(Ask.APPROVAL, "", 0, 1),)
    assert asked(person("ben", "sign")) == {ceremony.pk: ["approval"]}


def test_a_signature_that_the_trail_does_not_tell_of_is_none():
    ceremony = scenes.scene()
    sign_off(ceremony, person("ada", "sign"))
    assert waits(ceremony) == (Wait(Ask.APPROVAL, "", 0, 1),)


def test_changes_wait_for_the_author_alone():
    ceremony = scenes.scene(state=State.CHANGES_REQUESTED, requester="lena")
    assert waits(ceremony) == (Wait(Ask.CHANGE, "lena"),)
    assert asked(person("lena", "request")) == {ceremony.pk: ["change"]}
    assert asked(person("ben", *VERBS)) == {}
    assert asked(person("LENA", "sign")) == {}


def test_an_approved_one_waits_for_an_operator_who_is_neither_author_nor_approver():
    ceremony = scenes.scene(replace(PROTECTED, preflight=False))
    ada = person("ada", "sign", "run")
    approve(ceremony, ada)
    assert waits(ceremony) == (Wait(Ask.RUN),)
    assert asked(person("olga", "run")) == {ceremony.pk: ["run"]}
    assert asked(ada) == {}
    assert asked(person("lena", "run")) == {}
    assert asked(person("ben", "sign", "request", "halt")) == {}


def test_where_the_policy_keeps_nobody_apart_anybody_may_operate():
    ceremony = scenes.scene(LOOSE)
    ada = person("ada", "sign", "run")
    approve(ceremony, ada)
    assert asked(ada) == asked(person("lena", "run")) == {ceremony.pk: ["run"]}


@pytest.mark.parametrize(
    ("windows", "wait"),
    [
        ((Window((0,), time(10), time(14)),), Wait(Ask.RUN)),
        (
            (Window((1,), time(22), time(2)),),
            Wait(Ask.WINDOW, at=datetime(2026, 3, 3, 22, tzinfo=UTC)),
        ),
        ((NEVER,), Wait(Ask.WINDOW)),
    ],
)
def test_a_closed_window_is_waited_for_by_nobody(windows, wait):
    ceremony = scenes.scene(replace(LOOSE, windows=windows))
    approve(ceremony, person("ada", "sign"))
    assert waits(ceremony) == (wait,)
    assert asked(person("olga", "run")) == ({ceremony.pk: ["run"]} if wait.ask == "run" else {})


def test_open_items_come_before_the_run():
    ceremony = scenes.scene(replace(LOOSE, preflight=True))
    scenes.item(ceremony)
    scenes.item(ceremony, item="tool", kind="automatic", result="FAIL")
    scenes.item(ceremony, item="window", result="PASS")
    approve(ceremony, person("ada", "sign"))
    assert waits(ceremony) == (Wait(Ask.ANSWER, need=1),)
    assert asked(person("olga", "run")) == {ceremony.pk: ["answer"]}


def test_an_acceptance_waits_for_open_items_and_for_signers():
    ceremony = scenes.scene(state=State.AWAITING_SIGN_OFF)
    scenes.item(ceremony, phase="acceptance", item="told")
    assert waits(ceremony) == (Wait(Ask.ANSWER, need=1), Wait(Ask.ACCEPTANCE, "", 0, 1))
    assert asked(person("ada", "sign")) == {ceremony.pk: ["acceptance"]}
    assert asked(person("lena", "sign", "run")) == {}


def test_who_ran_it_does_not_accept_it():
    ceremony = scenes.scene(state=State.AWAITING_SIGN_OFF)
    scenes.run(ceremony, actor="olga")
    assert asked(person("Olga", "sign")) == {}
    assert asked(person("ada", "sign")) == {ceremony.pk: ["acceptance"]}


def test_break_glass_is_reviewed_by_two_others_even_after_its_end():
    ceremony = overridden(PROTECTED, *WITHOUT_APPROVAL[State.SIGNED_OFF])
    assert waits(ceremony) == (Wait(Ask.REVIEW, "", 0, 2),)
    assert asked(person("ada", "sign")) == {ceremony.pk: ["review"]}


def halted(course=None):
    ceremony = scenes.scene(state=State.HALTED)
    halt = scenes.halted(ceremony).halt
    if course:
        scenes.halted(ceremony, Station.ASSESS, halt)
        scenes.halted(ceremony, Station.DECIDE, halt, decision=course)
    return ceremony


@pytest.mark.parametrize(
    ("course", "wait", "right"),
    [
        (None, Wait(Ask.HALT), "halt"),
        ("roll back", Wait(Ask.RUN), "run"),
        ("fix forward", Wait(Ask.CHANGE, "lena"), "request"),
        ("accept", Wait(Ask.DECISION, "", 0, 1), "sign"),
    ],
)
def test_a_halt_waits_for_its_next_station(course, wait, right):
    ceremony = halted(course)
    assert waits(ceremony) == (wait,)
    name = "lena" if right == "request" else "ada"
    assert asked(person(name, right)) == {ceremony.pk: [wait.ask.value]}
    others = [verb for verb in VERBS if verb != right]
    assert asked(person(f"{name}x", *others)) == {}


def test_another_run_on_a_halted_database_waits_for_the_halt():
    stopped = halted()
    ceremony = scenes.scene(LOOSE, target=stopped.target)
    approve(ceremony, person("ada", "sign"))
    assert waits(ceremony) == (Wait(Ask.HALT),)
    assert asked(person("eve", "halt")) == {stopped.pk: ["halt"], ceremony.pk: ["halt"]}


def test_a_halt_that_met_no_ceremony_waits_for_whoever_may_halt():
    ceremony = scenes.scene(state=State.SIGNED_OFF)
    halt = scenes.halted(ceremony).halt
    for user, halts in ((person("eve", "halt"), [halt]), (person("ada", "sign", "run"), [])):
        assert [one.halt.id for one in overview(user, NOW).halts] == halts
    scenes.halted(ceremony, Station.LIFT, halt)
    assert overview(person("ida", "halt"), NOW).halts == ()


def test_a_halt_that_its_ceremony_tells_of_is_told_once():
    ceremony = halted()
    seen = overview(person("eve", "halt"), NOW)
    assert ([turn.case.ceremony.pk for turn in seen.turns], seen.halts) == ([ceremony.pk], ())


@pytest.mark.parametrize(
    "state", [one for one in State if one in {State.RUNNING, State.VERIFYING, State.CANCELLED}]
)
def test_what_goes_on_by_itself_or_has_ended_waits_for_nobody(state):
    assert waits_in(state) == ()


def waits_in(state):
    ceremony = scenes.scene(state=state)
    row = Ceremony.objects.select_related("target").get(pk=ceremony.pk)
    case = overview(person("nobody"), NOW, [row]).cases.get(ceremony.pk)
    return case.waits if case else ()


def test_a_draft_waits_for_its_request():
    ceremony = draft()
    assert waits(ceremony) == (Wait(Ask.REQUEST, "lena"),)


def test_what_is_over_waits_for_nobody():
    ceremony = scenes.scene()
    later = ceremony.expires_at + timedelta(seconds=1)
    assert waits(ceremony, later) == ()


def test_a_damaged_round_says_so_and_the_others_stand():
    damaged, fine = scenes.scene(), scenes.scene()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE ceremony_storedmanifest DISABLE TRIGGER USER")
        StoredManifest.objects.filter(ceremony=damaged).update(document="{}")
        cursor.execute("ALTER TABLE ceremony_storedmanifest ENABLE TRIGGER USER")
    ada = person("ada", "sign")
    seen = overview(ada, NOW)
    assert "is not the one with the fingerprint" in seen.cases[damaged.pk].fault
    assert asked(ada) == {fine.pk: ["approval"]}


def test_what_changed_first_comes_first():
    ada, ben = person("ada", "sign"), person("ben", "sign")
    first, second = scenes.scene(), scenes.scene()
    approve(first, ada)
    sign(asking(first, Decision.WITHDRAW, comment="Too early."), ada)
    assert list(asked(ben)) == [second.pk, first.pk]


def test_many_cost_what_few_cost():
    ada = person("ada", *VERBS)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            overview(ada, NOW)
        return len(queries)

    for state in State:
        scenes.scene(state=state)
    halted()
    few = cost()
    for state in set(State) - {State.DRAFT}:
        for _ in range(3):
            ceremony = scenes.scene(TWO_GROUPS, state)
            scenes.item(ceremony)
            scenes.run(ceremony)
    halted()
    assert cost() == few <= 6


def test_no_more_than_a_bounded_number_is_looked_through(monkeypatch):
    monkeypatch.setattr("ceremony.actions.overview.LOOKED_THROUGH", 2)
    ada = person("ada", "sign")
    for _ in range(3):
        scenes.scene()
    seen = overview(ada, NOW)
    assert (len(seen.turns), seen.complete) == (2, False)
    assert LOOKED_THROUGH == 200


def test_whoever_has_no_right_is_asked_for_nothing():
    scenes.scene()
    reader = person("reader")
    reader.user_permissions.add(Permission.objects.get(codename="view_ceremony"))
    seen = overview(reader, NOW)
    assert (seen.turns, seen.acts) == ((), False)


def test_no_ceremonies_no_turns():
    ada = person("ada", "sign")
    seen = overview(ada, NOW)
    assert (seen.turns, seen.halts, seen.complete, seen.acts) == ((), (), True, True)
