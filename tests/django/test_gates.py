"""Gates: what a run would be refused for, told before anybody tries."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest

from ceremony.actions.ceremonies import acting, note
from ceremony.actions.gates import gates_of
from ceremony.actions.quorum_gates import NAMED
from ceremony.actions.sign import sign
from ceremony.actions.signing import SignRequest
from ceremony.actions.subjects import subject_of
from ceremony.core.gates import Gate, GateState
from ceremony.core.item import ItemKind, ItemResult, Phase
from ceremony.core.policies.window import NEVER
from ceremony.core.policy import OPEN, PROTECTED, Policy, Quorum, Window
from ceremony.core.states import Act, State
from ceremony.models import (
    CeremonyRun,
    Decision,
    HaltStep,
    JudgedItem,
    Purpose,
    Rehearsal,
    RunPurpose,
)
from ceremony.models.audit import Action
from tests.django.ceremonies import move, person
from tests.django.factories import NOON, RunFactory, digest
from tests.django.manifests import document, step, under

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
ASKS_NOTHING = Policy("nothing")


def gates(ceremony, now=MONDAY):
    return gates_of(ceremony, now)


def only(ceremony, name, now=MONDAY):
    """The one gate whose name begins so."""
    (found,) = [one for one in gates_of(ceremony, now) if one.name.startswith(name)]
    return found


def approve(ceremony, user, **fields):
    subject = subject_of(ceremony, Purpose.APPROVAL)
    sign(SignRequest(ceremony.pk, subject, Purpose.APPROVAL, Decision.APPROVE, **fields), user)


def test_the_open_policy_has_no_gate():
    ceremony = under(OPEN)

    assert [one.name for one in gates(ceremony)] == ["Expiry"]


def test_who_signed_and_who_may_still():
    policy = replace(PROTECTED, approvals=(Quorum("dba", 1), Quorum("", 1)))
    for name in ("ada", "ben"):
        person(name, "sign", groups=("dba",))
    person("zoe", groups=("dba",))
    person("eve", "sign")
    person("lena", "sign")
    person("ida", "sign", is_active=False)
    person("root", is_superuser=True)
    ceremony = under(policy)

    nobody = [one for one in gates(ceremony) if one.code == "approval-quorum"]
    assert nobody == [
        Gate(
            "Approval: 1 of those who may sign",
            GateState.WAITS,
            "Nobody has signed. 1 more needed.",
            "Any of these signs on its page: ada, ben, eve.",
            "approval-quorum",
        ),
        Gate(
            "Approval: 1 of dba",
            GateState.WAITS,
            "Nobody has signed. 1 more needed.",
            "Any of these signs on its page: ada, ben.",
            "approval-quorum",
        ),
    ]


def test_a_signature_that_counts_no_longer_is_told():
    ada = person("ada", "sign", groups=("dba",))
    ceremony = under(replace(PROTECTED, approvals=(Quorum("dba", 1),)))
    approve(ceremony, ada)
    assert only(ceremony, "Approval") == Gate(
        "Approval: 1 of dba", GateState.OPEN, "Signed by ada."
    )

    ada.groups.clear()

    assert only(ceremony, "Approval") == Gate(
        "Approval: 1 of dba",
        GateState.SHUT,
        "Nobody has signed. 1 more needed. Void: ada. 'ada' is in none of the groups that are "
        "asked: dba.",
        "Nobody is left who may: give somebody the permission ceremony.sign_ceremony, and the "
        "group dba.",
        "approval-quorum",
    )


def test_not_everybody_is_named():
    for number in range(NAMED + 3):
        person(f"p{number:02}", "sign")

    assert only(under(), "Approval").fix == (
        "Any of these signs on its page: p00, p01, p02, p03, p04, p05, p06, p07, p08, p09 and 3 "
        "more."
    )


WINDOW = replace(ASKS_NOTHING, windows=(Window((0,), time(22), time(2)),))


@pytest.mark.parametrize(
    ("windows", "now", "gate"),
    [
        (
            WINDOW.windows,
            MONDAY,
            Gate(
                "Window: mon 22:00-02:00 UTC",
                GateState.WAITS,
                "It is closed.",
                "It opens Mon 2026-03-02 22:00 UTC.",
                "approval-window",
            ),
        ),
        (
            WINDOW.windows,
            MONDAY + timedelta(hours=11),
            Gate("Window: mon 22:00-02:00 UTC", GateState.OPEN, "It is open."),
        ),
        (
            (NEVER,),
            MONDAY,
            Gate(
                "Window: never",
                GateState.SHUT,
                "It never opens.",
                "The policy has to name a time: settings and series have none in common.",
                "approval-window",
            ),
        ),
    ],
)
def test_the_window(windows, now, gate):
    assert only(under(replace(WINDOW, windows=windows)), "Window", now) == gate


def test_the_expiry():
    ceremony = under(ASKS_NOTHING)
    end = ceremony.expires_at

    assert only(ceremony, "Expiry", end - timedelta(seconds=1)).state is GateState.OPEN
    assert only(ceremony, "Expiry", end) == Gate(
        "Expiry",
        GateState.SHUT,
        f"It expired {end:%Y-%m-%d %H:%M} UTC.",
        f"Ask for another one: manage.py request_sql shop --database {ceremony.target.alias}",
        "approval-expired",
    )


LOSS = "0001_orders: apply (drops orders)"


def test_a_loss_of_data_waits_for_whoever_approves():
    steps = (step(data_loss="apply (drops orders)"),)
    ceremony = under(replace(PROTECTED, preflight=False), of={"steps": steps})

    assert only(ceremony, "Data loss") == Gate(
        "Data loss",
        GateState.WAITS,
        LOSS,
        "Whoever approves accepts each loss.",
        "data-loss-unaccepted",
    )
    approve(ceremony, person("ada", "sign"), accepted=(LOSS,))
    assert only(ceremony, "Data loss") == Gate("Data loss", GateState.OPEN, f"Accepted: {LOSS}")


def in_ceremony(ceremony, purpose):
    CeremonyRun.objects.create(
        run=RunFactory(target=ceremony.target, actor="olga"),
        ceremony=ceremony,
        manifest=ceremony.manifests.latest("round"),
        purpose=purpose,
    )


REHEARSED = replace(ASKS_NOTHING, rehearsal=True, rehearsal_days=7)


def rehearsal(mark, *, clean=True):
    return Rehearsal.objects.create(
        series="shop",
        alias="shop",
        source="empty",
        is_clean=clean,
        migrations=1,
        faults=0,
        server_version=180004,
        actor="lena",
        host="build-1",
        tool_version="0.1.0",
        seconds=1.0,
        recorded_at=NOON,
        digest=digest(mark, "rehearsal1"),
        certificate={},
    )


@pytest.mark.parametrize(
    ("versions", "clean", "now", "why", "code"),
    [
        (("0001",), True, NOON, "Rehearsed without faults.", ""),
        (("0001",), True, NOON + timedelta(days=7), "Rehearsed without faults.", ""),
        (
            ("0001",),
            True,
            NOON + timedelta(days=7, seconds=1),
            "It is of 2026-03-01, and counts for 7 days.",
            "rehearsal-old",
        ),
        (("0001",), False, NOON, "It found faults.", "rehearsal-faulty"),
        ((), True, NOON, "Not rehearsed: 0001.", "rehearsal-missing"),
        (("0002",), True, NOON, "Not rehearsed: 0001.", "rehearsal-missing"),
    ],
)
def test_the_rehearsal(versions, clean, now, why, code):
    found = {version: rehearsal("a", clean=clean).digest for version in versions}
    ceremony = under(REHEARSED, of={"rehearsals": found})

    gate = only(ceremony, "Rehearsal", now)

    assert (gate.why, gate.code, gate.is_open) == (why, code, not code)
    assert gate.fix == (
        "manage.py rehearse_sql shop --database shop --confirm production, then: "
        f"manage.py request_sql shop --database shop --again {ceremony.pk}"
        if code
        else ""
    )


def test_a_rehearsal_that_is_not_there_any_more():
    """Its digest stands in the manifest, and nothing stands behind it."""
    ceremony = under(REHEARSED, of={"rehearsals": {"0001": digest("a", "rehearsal1")}})
    (gate,) = [one for one in gates_of(ceremony, NOON) if one.name == "Rehearsal"]
    assert (gate.why, gate.code) == ("Not rehearsed: 0001.", "rehearsal-missing")


def judged(ceremony, kind=ItemKind.HUMAN, result=ItemResult.NOT_RUN, item="backup"):
    row = JudgedItem(
        manifest=ceremony.manifests.latest("round"),
        phase=Phase.PREFLIGHT.value,
        item=item,
        text=f"{item} was made",
        kind=kind.value,
        result=result.value,
        explanation="Nobody has answered.",
        at=NOON,
    )
    with acting(ceremony.pk) as (head, locked):
        note(head, locked, Action.ITEMS_JUDGED, "ada", {}, (row,))
        row.save(force_insert=True)


def test_items_that_people_answer():
    ceremony = under(replace(ASKS_NOTHING, preflight=True))
    judged(ceremony)
    judged(ceremony, ItemKind.AUTOMATIC, ItemResult.FAIL, "files")

    assert only(ceremony, "Pre-flight") == Gate(
        "Pre-flight: backup was made",
        GateState.SHUT,
        "NOT RUN. Nobody has answered.",
        "Answer it on its page, with evidence.",
        "preflight-failed",
    )
    judged(ceremony, result=ItemResult.WAIVED)
    assert only(ceremony, "Pre-flight").is_open


def test_items_stop_nothing_where_the_policy_does_not_ask():
    ceremony = under(ASKS_NOTHING)
    judged(ceremony)

    assert [one.name for one in gates(ceremony)] == ["Expiry"]


def halt(target, station, number):
    step_ = HaltStep(
        halt=number, target=target, station=station, text="Wrong figures.", by="olga", at=NOON
    )
    step_.save(force_insert=True)


def test_a_halted_target():
    ceremony, number = under(ASKS_NOTHING), uuid4()
    halt(ceremony.target, "stop", number)

    assert only(ceremony, "Halt") == Gate(
        "Halt",
        GateState.SHUT,
        "The target is halted: Wrong figures.",
        f"manage.py resume_sql --database {ceremony.target.alias}",
        "target-halted",
    )
    halt(ceremony.target, "lift", number)
    assert [one.name for one in gates(ceremony)] == ["Expiry"]


def test_break_glass_on_the_target_that_nobody_has_looked_at():
    ceremony = under(ASKS_NOTHING)
    broken = move(
        under(state=State.DRAFT, target=ceremony.target), Act.OVERRIDE, document=document()
    )
    in_ceremony(broken, RunPurpose.OVERRIDE)
    move(broken, Act.FINISH)

    assert only(ceremony, "Review") == Gate(
        "Review",
        GateState.WAITS,
        f"Ceremony {broken.pk} ran without an approval; 2 more have to look at it.",
        f"Two others sign the review on the page of ceremony {broken.pk}.",
        "override-unreviewed",
    )
    for name in ("ada", "ben"):
        subject = subject_of(broken, Purpose.REVIEW)
        user = person(name, "sign")
        sign(SignRequest(broken.pk, subject, Purpose.REVIEW, Decision.APPROVE), user)
    assert [one.name for one in gates(ceremony)] == ["Expiry"]


def test_what_is_shut_comes_first():
    ceremony = under(replace(WINDOW, promotion="staging", approvals=(Quorum("", 1),)))
    person("ada", "sign")

    assert [(one.name.partition(":")[0], one.state) for one in gates(ceremony)] == [
        ("Promotion from staging", GateState.SHUT),
        ("Approval", GateState.WAITS),
        ("Window", GateState.WAITS),
        ("Expiry", GateState.OPEN),
    ]
