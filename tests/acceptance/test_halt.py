"""Stop the world: halting by hand, the stations, and what a halt lets through."""

import io
import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model

from ceremony.actions.sign import sign
from ceremony.actions.signing import SignRequest
from ceremony.actions.subjects import subject_of
from ceremony.models import AuditEvent, Ceremony, Decision, HaltStep, Purpose
from tests.acceptance.conftest import Golden
from tests.acceptance.door import Answer, manage, shell, started
from tests.acceptance.test_concurrency import until, url
from tests.acceptance.world import QUIET, WHOLE, World
from tests.conftest import Database
from tests.django.ceremonies import PASSWORD, person



def halted(*flags: str) -> Answer:
    return manage("halt_sql", "--database", "shop", "--reason", "Wrong figures.", *flags)


def resumed(*flags: str) -> Answer:
    return manage("resume_sql", "--database", "shop", *flags)


def report(answer: Answer) -> dict[str, Any]:
    assert answer.status == 0, answer.told()
    found: dict[str, Any] = json.loads(answer.out)["reports"][0]
    return found


def events(world: World) -> list[str]:
    return [row[0] for row in world.ask("SELECT event FROM ceremony_ledger ORDER BY sequence")]


@pytest.fixture
def shop(world: World) -> World:
    world.write({**WHOLE, **QUIET})
    world.target()
    world.applied()
    world.write({"0002_more.sql": "CREATE TABLE more (id int);\n",
                 "0002_more.rollback.sql": "DROP TABLE more;\n"})  # fmt: skip
    return world


def close(*answers: Answer) -> str:
    """Answers without the width of columns, which depends on who runs the tests."""
    return re.sub(" {3,}", "   ", "\n".join(one.told() for one in answers))


def test_by_hand_and_back(shop: World, golden: Golden) -> None:
    stopped = halted()
    assert events(shop) == ["opened", "applied", "halted"]
    refused = shop.apply()
    assert refused.status == 3
    assert shop.applied_versions() == ["0001"]
    answers = [
        stopped,
        refused,
        resumed(),
        resumed("--assess", "The report counted rows twice."),
        resumed("--decide", "accept", "--reason", "The data is right."),
        resumed("--document", "Count in the view."),
        resumed(),
    ]
    golden("halt/by-hand", close(*answers))
    assert [one.status for one in answers] == [0, 3, 0, 0, 0, 0, 0]
    assert events(shop) == ["opened", "applied", "halted", "resumed"]
    shop.applied()
    assert shop.applied_versions() == ["0001", "0002"]
    told = AuditEvent.objects.filter(action__startswith="halt ") | AuditEvent.objects.filter(
        action="target halted"
    )
    assert list(told.order_by("sequence").values_list("action", flat=True)) == [
        "target halted",
        "halt assessed",
        "halt decided",
        "halt executed",
        "halt documented",
        "halt lifted",
    ]
    audit = manage("verify_audit")
    assert audit.status == 0, audit.told()


BROKEN = {
    "0002_more.sql": "CREATE TABLE more (id int);\nSELECT 1/0;\n",
    "0002_more.rollback.sql": "DROP TABLE more;\n",
}


@pytest.fixture
def live(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Production, where sam signs, tom operates and mia may halt; the change has two migrations,
    and the second one fails.
    """
    world.write({**WHOLE, **QUIET, **BROKEN})
    world.target()
    settings.CEREMONY = {**settings.CEREMONY, "TARGETS": {"shop": {"ENVIRONMENT": "production"}}}
    person("sam", "sign")
    person("mia", "halt")
    person("tom", "run")
    monkeypatch.setenv("LOGNAME", "lena")
    manage("request_sql", "shop", "--why", "The things come.")
    approved()
    monkeypatch.setenv("LOGNAME", "tom")
    return world


def signed(purpose: Purpose) -> None:
    found = Ceremony.objects.get()
    subject = subject_of(found, purpose)
    user = get_user_model().objects.get(username="sam")
    typed = subject.partition(":")[2][:8]
    sign(SignRequest(found.pk, subject, purpose, Decision.APPROVE, typed=typed), user)


def approved() -> None:
    signed(Purpose.APPROVAL)


def by_mia(monkeypatch: pytest.MonkeyPatch, *flags: str) -> Answer:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    return resumed("--user", "mia", "--password-stdin", *flags)


def again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new round, asked for by lena: whoever asks does not operate."""
    with monkeypatch.context() as asking:
        asking.setenv("LOGNAME", "lena")
        answer = manage("request_sql", "shop", "--again", "1", "--why", "Another number.")
    assert answer.status == 0, answer.told()


def state() -> str:
    return Ceremony.objects.get().state


def stations() -> list[tuple[str, str, str]]:
    rows = HaltStep.objects.order_by("pk")
    return [(one.station, one.by.partition("@")[0], one.condition) for one in rows]


def trail_holds() -> None:
    audit = manage("verify_audit")
    assert audit.status == 0, audit.told()


def fails(world: World) -> None:
    answer = world.apply("--ceremony", "1")
    assert answer.status == 1, answer.told()
    assert "The target is halted: nothing runs there until it is decided." in answer.err
    assert state() == "halted"


def test_a_run_that_fails_stops_the_world(live: World) -> None:
    fails(live)
    assert live.applied_versions() == ["0001"]
    assert events(live) == ["opened", "applied", "halted"]
    assert stations() == [("stop", "tom", "halt-migration-failed")]
    for command in (("apply_sql", "shop"), ("apply_sql", "shop", "--ceremony", "1")):
        answer = manage(*command)
        assert answer.status == 3
        assert "[target-halted]" in answer.err, answer.told()
    answer = manage("rollback_sql", "shop", "--ceremony", "1")
    assert "[target-halted]" in answer.err, answer.told()
    assert live.applied_versions() == ["0001"]
    trail_holds()


def test_rolling_back_needs_a_decision_and_no_new_quorum(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(live)
    assert resumed("--assess", "0001 is in, 0002 is not.").status == 0
    nobody = resumed("--decide", "roll-back", "--reason", "It must go.")
    assert (nobody.status, "[halt-person]" in nobody.err) == (3, True), nobody.told()
    answer = by_mia(monkeypatch, "--decide", "roll-back", "--reason", "It must go.")
    assert answer.status == 0, answer.told()
    assert "Next   manage.py rollback_sql shop --database shop --ceremony 1\n" in answer.out
    refused = live.apply()
    assert "[target-halted]" in refused.err
    answer = manage("rollback_sql", "shop", "--to", "zero", "--ceremony", "1")
    assert answer.status == 0, answer.told()
    assert state() == "rolled back"
    answer = by_mia(monkeypatch, "--document", "Divide by something.")
    assert answer.status == 0, answer.told()
    assert events(live) == ["opened", "applied", "halted", "rolled back", "resumed"]
    assert stations() == [
        ("stop", "tom", "halt-migration-failed"),
        ("assess", "tom", ""),
        ("decide", "mia", ""),
        ("execute", "tom", ""),
        ("document", "mia", ""),
        ("lift", "mia", ""),
    ]
    trail_holds()


def test_fixing_forward_needs_a_new_round_and_its_approval(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(live)
    resumed("--assess", "0001 is in, 0002 is not.")
    answer = by_mia(monkeypatch, "--decide", "fix-forward", "--reason", "The rest is wanted.")
    assert answer.status == 0, answer.told()
    live.write({"0002_more.sql": "CREATE TABLE more (id int);\n"})
    early = live.apply("--ceremony", "1")
    assert early.status == 3, early.told()
    again(monkeypatch)
    early = live.apply("--ceremony", "1")
    assert (early.status, "[approval-" in early.err) == (3, True), early.told()
    approved()
    answer = live.apply("--ceremony", "1")
    assert answer.status == 0, answer.told()
    assert state() == "awaiting sign-off"
    shown = resumed()
    assert "The next station is DOCUMENT." in shown.out, shown.told()
    answer = by_mia(monkeypatch, "--document", "Try it on data next time.")
    assert answer.status == 0, answer.told()
    assert state() == "awaiting sign-off"
    assert events(live) == ["opened", "applied", "halted", "applied", "resumed"]
    trail_holds()


def test_a_fix_that_fails_is_assessed_and_decided_anew(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(live)
    resumed("--assess", "0001 is in, 0002 is not.")
    by_mia(monkeypatch, "--decide", "fix-forward", "--reason", "The rest is wanted.")
    live.write({"0002_more.sql": "CREATE TABLE more (id int);\nSELECT 2/0;\n"})
    again(monkeypatch)
    approved()
    fails(live)
    assert stations()[-1] == ("execute", "tom", "halt-migration-failed")
    answer = by_mia(monkeypatch, "--document", "Enough.")
    assert (answer.status, "[halt-station]" in answer.err) == (3, True), answer.told()
    assert "its next station is ASSESS" in answer.err
    assert events(live) == ["opened", "applied", "halted"]
    trail_holds()


def test_accepting_it_as_it_is_needs_a_quorum(live: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fails(live)
    resumed("--assess", "0001 is in, 0002 is not.")
    answer = by_mia(monkeypatch, "--decide", "accept", "--reason", "0001 is enough.")
    assert "1 person has to sign the decision on the ceremony's page" in answer.out, answer.told()
    answer = by_mia(monkeypatch, "--document", "Enough.")
    assert (answer.status, "[decision-unsigned]" in answer.err) == (3, True), answer.told()
    signed(Purpose.DECISION)
    answer = by_mia(monkeypatch, "--document", "Enough.")
    assert answer.status == 0, answer.told()
    assert state() == "awaiting sign-off"
    assert events(live) == ["opened", "applied", "halted", "resumed"]
    trail_holds()


def test_who_decides_has_the_right(live: World, monkeypatch: pytest.MonkeyPatch) -> None:
    fails(live)
    user = get_user_model().objects.get(username="mia")
    user.user_permissions.clear()
    user.is_superuser = True
    user.save()
    answer = by_mia(monkeypatch, "--assess", "Nothing is known.")
    assert (answer.status, "[right-missing]" in answer.err) == (3, True), answer.told()
    assert stations() == [("stop", "tom", "halt-migration-failed")]
