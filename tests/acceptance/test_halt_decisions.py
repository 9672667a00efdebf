"""Decisions about a halt where people are asked: each is shown by the run that takes it."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model

from ceremony.actions import gated as gated_module
from ceremony.models import AuditEvent, HaltStep, Purpose, Target
from tests.acceptance.door import manage
from tests.acceptance.halting import (
    BROKEN,
    COMPENSATION,
    KilledError,
    again,
    approved,
    by_mia,
    events,
    fails,
    halted,
    killed,
    monkeypatched,
    resumed,
    signed,
    state,
    stations,
    trail_holds,
)
from tests.acceptance.world import QUIET, WHOLE, World
from tests.django.ceremonies import person


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


def test_a_run_that_fails_stops_the_world(live: World) -> None:
    fails(live)
    assert live.applied_versions() == ["0001"]
    assert events(live) == ["opened", "applied", "halted"]
    assert stations() == [("stop", "tom", "halt-migration-failed")]
    assert Target.objects.get().ledger_sequence == 3
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
    assert stations()[-1] == ("execute", "tom", "")
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
    told = again(monkeypatch)
    # What is in already is left out of the round; its text would only hide what changed.
    assert "  shop/0001_things.sql takes no part any more (sha256:" in told
    assert "--- shop/0001_things.sql" not in told
    assert "\n  --- shop/0002_more.sql (signed)\n" in told
    early = live.apply("--ceremony", "1")
    assert (early.status, "[approval-" in early.err) == (3, True), early.told()
    approved()
    answer = live.apply("--ceremony", "1")
    assert answer.status == 0, answer.told()
    assert state() == "awaiting sign-off"
    assert stations()[-1] == ("execute", "tom", "")
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
    assert state() == "awaiting sign-off"
    assert stations()[-1] == ("execute", "sam", "")
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


def test_a_run_that_was_killed_before_it_could_halt(live: World) -> None:
    with monkeypatched(gated_module, "halt_after", killed), pytest.raises(KilledError):
        live.apply("--ceremony", "1")
    assert (state(), events(live)) == ("halted", ["opened", "applied"])
    answer = live.apply()
    assert "[target-halted]" in answer.err, answer.told()
    assert events(live) == ["opened", "applied", "halted"]
    assert stations() == [("stop", "tom", "halt-migration-failed")]
    trail_holds()


def test_the_condition_and_the_ceremony_can_be_named(live: World) -> None:
    live.write({"0002_more.sql": "CREATE TABLE more (id int);\n"})
    answer = halted("--condition", "test-failed", "--ceremony", "7")
    assert (answer.status, "[ceremony-unknown]" in answer.err) == (2, True), answer.told()
    answer = halted("--condition", "test-failed", "--ceremony", "1")
    assert answer.status == 0, answer.told()
    assert stations() == [("stop", "tom", "halt-test-failed")]
    assert state() == "approved"


def test_compensations_are_offered_and_rows_written_out(
    live: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fails(live)
    live.write({"series.toml": QUIET["series.toml"] + COMPENSATION})
    live.ask("INSERT INTO things VALUES (1, 'chair'), (2, 'table')")
    shown = resumed()
    assert (
        "  Because   Somebody wrote things.\n"
        "  When      Somebody wrote things.\n"
        "  State     They exist nowhere else.\n"
        "  Affected  2 (SELECT count(*) FROM things)\n"
        "  Restore   Load the things again.\n"
        "  Export    COPY (SELECT * FROM things ORDER BY id) TO STDOUT; SELECT name FROM things\n"
        "  Downtime  minutes\n"
    ) in shown.out, shown.told()
    nobody = resumed("--export", str(tmp_path / "rows"))
    assert "[halt-person]" in nobody.err, nobody.told()
    answer = by_mia(monkeypatch, "--export", str(tmp_path / "rows"))
    assert answer.status == 0, answer.told()
    first, second = sorted((tmp_path / "rows").iterdir())
    assert first.read_text() == "1\tchair\n2\ttable\n"
    assert second.read_text() == "chair\ntable\n"
    assert {path.stat().st_mode & 0o777 for path in (first, second)} == {0o600}
    assert f"Exported  {first}\n" in answer.out
    event = AuditEvent.objects.get(action="compensation exported")
    detail: Any = event.detail()
    assert [(one["bytes"], one["rows"]) for one in detail["files"]] == [(16, 2), (12, 2)]
    trail_holds()


def test_a_question_that_fails_or_writes_is_told(live: World) -> None:
    fails(live)
    live.ask("CREATE FUNCTION sly() RETURNS int LANGUAGE sql AS"
             " $$ INSERT INTO things VALUES (9, 'sly') RETURNING id $$")  # fmt: skip
    text = QUIET["series.toml"] + COMPENSATION.replace(
        "SELECT count(*) FROM things", "SELECT sly()"
    )
    live.write({"series.toml": text})
    shown = resumed()
    assert "(25006)" in shown.out, shown.told()
    assert live.ask("SELECT count(*) FROM things") == [(0,)]


def test_a_folder_that_cannot_be_written_to(
    live: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fails(live)
    live.write({"series.toml": QUIET["series.toml"] + COMPENSATION})
    (tmp_path / "file").write_text("")
    answer = by_mia(monkeypatch, "--export", str(tmp_path / "file"))
    assert (answer.status, "[export-failed]" in answer.err) == (3, True), answer.told()


def test_what_waits_for_its_acceptance_can_still_be_halted(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails(live)
    resumed("--assess", "0001 is in, 0002 is not.")
    by_mia(monkeypatch, "--decide", "fix-forward", "--reason", "The rest is wanted.")
    live.write({"0002_more.sql": "CREATE TABLE more (id int);\n"})
    again(monkeypatch)
    approved()
    live.applied("--ceremony", "1")
    by_mia(monkeypatch, "--document", "Try it on data next time.")
    answer = halted("--condition", "test-failed", "--ceremony", "1")
    assert answer.status == 0, answer.told()
    assert (state(), stations()[-1]) == ("halted", ("stop", "tom", "halt-test-failed"))
    resumed("--assess", "Smoke test 4 fails.")
    by_mia(monkeypatch, "--decide", "roll-back", "--reason", "It must go.")
    answer = manage("rollback_sql", "shop", "--to", "zero", "--ceremony", "1")
    assert answer.status == 0, answer.told()
    assert (state(), live.applied_versions()) == ("rolled back", [])
    answer = by_mia(monkeypatch, "--document", "Run smoke test 4 in CI.")
    assert answer.status == 0, answer.told()
    assert HaltStep.objects.filter(station="lift").count() == 2
    trail_holds()


def test_what_was_approved_before_a_halt_is_stale_after_it(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    halted()
    resumed("--assess", "Fine.")
    by_mia(monkeypatch, "--decide", "accept", "--reason", "Fine.")
    answer = by_mia(monkeypatch, "--document", "Fine.")
    assert answer.status == 0, answer.told()
    answer = live.apply("--ceremony", "1")
    assert (answer.status, "[approval-stale]" in answer.err) == (3, True), answer.told()
    assert events(live) == ["opened", "halted", "resumed"]
