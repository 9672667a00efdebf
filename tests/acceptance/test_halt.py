"""Stop the world: halting by hand, the stations, and what a halt lets through."""

import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model

from ceremony import conf
from ceremony.actions import gated as gated_module
from ceremony.actions import halt as halt_module
from ceremony.actions import resume as resume_module
from ceremony.actions.readiness import look
from ceremony.actions.sign import sign
from ceremony.actions.signing import SignRequest
from ceremony.actions.subjects import subject_of
from ceremony.models import AuditEvent, Ceremony, Decision, HaltStep, Purpose, Target
from tests.acceptance.conftest import Golden
from tests.acceptance.door import Answer, manage, shell, started
from tests.acceptance.test_concurrency import until, url
from tests.acceptance.world import QUIET, WHOLE, World, point
from tests.conftest import Database
from tests.django.ceremonies import PASSWORD, person


class KilledError(BaseException):
    """The end of a process, as far as a test can have one."""


def killed(*_: Any, **__: Any) -> Any:
    raise KilledError


@contextmanager
def monkeypatched(module: Any, name: str, value: Any) -> Iterator[None]:
    """Something of a module is another thing for as long as a block lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, value)
        yield


def halted(*flags: str) -> Answer:
    return manage("halt_sql", "--database", "shop", "--reason", "Wrong figures.", *flags)


def resumed(*flags: str) -> Answer:
    return manage("resume_sql", "--database", "shop", *flags)


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
    again(monkeypatch)
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


SLOW = "-- Timeout: lock 60s\nCREATE TABLE slow (id int);\nSELECT pg_sleep(60);\n"


@pytest.fixture
def terminals(world: World, control: Database) -> dict[str, str]:
    """What every terminal has in its environment."""
    world.write({**WHOLE, **QUIET, "0002_slow.sql": SLOW, "0003_last.sql": "CREATE TABLE z ();\n"})
    return {
        "DATABASE_URL": url(control),
        "CEREMONY_ROOT": str(world.root),
        "CEREMONY_EXTRA_ALIASES": "shop",
        "SHOP_DATABASE_URL": url(world.target()),
    }


def sleeping(world: World) -> bool:
    found = world.ask(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
        " AND state = 'active' AND datname = current_database() AND pid <> pg_backend_pid()"
    )
    return bool(found[0][0])


def test_a_run_in_another_terminal_is_stopped(world: World, terminals: dict[str, str]) -> None:
    run = started("apply_sql", "shop", **terminals)
    until(lambda: sleeping(world), run)
    answer = shell("halt_sql", "--database", "shop", "--reason", "Wrong figures.", **terminals)
    out, err = run.communicate(timeout=30)
    assert (answer.status, run.returncode) == (0, 1), (answer.told(), out, err)
    assert re.search(r"^Process \d+ was cancelled; its run has ended\.$", answer.out, re.MULTILINE)
    told = re.sub(r"by \S+@\S+:", "by <somebody>:", err)
    assert "✕ The target was halted by <somebody>: Wrong figures.  [run-halted]" in told, err
    assert "Next   manage.py resume_sql --database shop\n" in told
    assert world.applied_versions() == ["0001"]
    assert events(world) == ["opened", "applied", "halted"]
    found = Ceremony.objects.get()
    assert (found.state, found.halts.count()) == ("halted", 1)
    trail_holds()


def test_a_halted_target_is_free_again_where_nobody_is_asked(
    world: World, terminals: dict[str, str]
) -> None:
    run = started("apply_sql", "shop", **terminals)
    until(lambda: sleeping(world), run)
    shell("halt_sql", "--database", "shop", "--reason", "Wrong figures.", **terminals)
    run.communicate(timeout=30)
    world.write({"0002_slow.sql": "CREATE TABLE slow (id int);\n"})
    answer = resumed(
        *("--assess", "It was slow."),
        *("--decide", "fix-forward", "--reason", "It need not sleep."),
        *("--document", "No sleeping."),
    )
    assert answer.status == 0, answer.told()
    world.applied()
    assert world.applied_versions() == ["0001", "0002", "0003"]
    assert state() == "signed off"
    trail_holds()


def test_what_a_crash_left_between_target_and_control_is_made_up_for(shop: World) -> None:
    """The row is in the ledger and nothing in control: whoever comes next tells control."""
    with monkeypatched(halt_module, "recording", killed), pytest.raises(KilledError):
        halted()
    assert events(shop)[-1] == "halted"
    assert stations() == []
    answer = shop.apply()
    assert "[target-halted]" in answer.err, answer.told()
    assert [one[0] for one in stations()] == ["stop"]
    resumed("--assess", "Fine.", "--decide", "accept", "--reason", "Fine.")
    with monkeypatched(resume_module, "ledger_seen", killed), pytest.raises(KilledError):
        resumed("--document", "Fine.")
    assert events(shop)[-1] == "resumed"
    assert [one[0] for one in stations()][-1] == "document"
    shop.applied()
    assert [one[0] for one in stations()][-1] == "lift"
    trail_holds()


def test_a_run_that_was_killed_before_it_could_halt(live: World) -> None:
    with monkeypatched(gated_module, "halt_after", killed), pytest.raises(KilledError):
        live.apply("--ceremony", "1")
    assert (state(), events(live)) == ("halted", ["opened", "applied"])
    answer = live.apply()
    assert "[target-halted]" in answer.err, answer.told()
    assert events(live) == ["opened", "applied", "halted"]
    assert stations() == [("stop", "tom", "halt-migration-failed")]
    trail_holds()


def test_a_target_out_of_reach_is_halted_in_control(shop: World) -> None:
    before = dict(settings.DATABASES["shop"])
    point("shop", HOST="/nowhere-at-all")
    answer = halted()
    assert answer.status == 0, answer.told()
    assert "The target does not answer; only this control side knows." in answer.out
    settings.DATABASES["shop"] = before
    refused = shop.apply()
    assert "[target-halted]" in refused.err, refused.told()
    assert events(shop) == ["opened", "applied", "halted"]
    trail_holds()


def test_halting_twice_says_so_and_keeps_both_reasons(shop: World) -> None:
    assert halted().status == 0
    again = halted()
    assert "It was halted before; what you said is kept." in again.out, again.told()
    assert events(shop) == ["opened", "applied", "halted"]
    assert [one[0] for one in stations()] == ["stop"]
    assert AuditEvent.objects.filter(action="halt repeated").count() == 1


def test_a_target_that_was_never_touched_can_be_halted(world: World) -> None:
    world.write({**WHOLE, **QUIET})
    world.target()
    assert halted().status == 0
    assert events(world) == ["opened", "halted"]
    refused = world.apply()
    assert "[target-halted]" in refused.err, refused.told()


def test_the_condition_and_the_ceremony_can_be_named(live: World) -> None:
    live.write({"0002_more.sql": "CREATE TABLE more (id int);\n"})
    answer = halted("--condition", "test-failed", "--ceremony", "7")
    assert (answer.status, "[ceremony-unknown]" in answer.err) == (2, True), answer.told()
    answer = halted("--condition", "test-failed", "--ceremony", "1")
    assert answer.status == 0, answer.told()
    assert stations() == [("stop", "tom", "halt-test-failed")]
    assert state() == "approved"


def test_resuming_what_is_not_halted(shop: World) -> None:
    answer = resumed("--assess", "Fine.")
    assert (answer.status, "[halt-none]" in answer.err) == (2, True), answer.told()
    for flags, code in (
        (("--decide", "accept"), "why-missing"),
        (("--reason", "Fine."), "decision-missing"),
    ):
        answer = resumed(*flags)
        assert (answer.status, f"[{code}]" in answer.err) == (2, True), answer.told()


def test_there_is_nothing_to_roll_back_without_a_ceremony(shop: World) -> None:
    halted()
    resumed("--assess", "Fine.")
    answer = resumed("--decide", "roll-back", "--reason", "It must go.")
    assert (answer.status, "[decision-impossible]" in answer.err) == (3, True), answer.told()
    assert [one[0] for one in stations()] == ["stop", "assess"]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "a\x1b[31mb", "nul\\x00", "é" * 5000]
)
def test_what_people_say_is_kept_and_shown_harmless(shop: World, text: str) -> None:
    answer = manage("halt_sql", "--database", "shop", "--reason", text)
    assert answer.status == 0, answer.told()
    assert "\x1b" not in answer.out
    trail_holds()


def test_nothing_is_recorded_on_a_halted_target_either(shop: World) -> None:
    """A baseline or a retired file would be a row behind the halt."""
    halted()
    shop.write({"0003_gone.sql": "CREATE TABLE gone ();\n"})
    for command in (
        ("retire_sql", "shop", "0003", "--reason", "Not wanted.", "--not-needed", "shop",
         "--database", "shop"),
        ("baseline_sql", "shop", "whole", "--supersedes", "0001"),
    ):  # fmt: skip
        answer = manage(*command)
        assert "[target-halted]" in answer.err, answer.told()
    assert events(shop) == ["opened", "applied", "halted"]
    assert sorted(path.name for path in (shop.root / "shop").glob("000[3-9]*")) == ["0003_gone.sql"]


SERIES = """
[[compensation]]
migration = "0001"
when = "Somebody wrote things."
state = "They exist nowhere else."
export = "COPY (SELECT * FROM things ORDER BY id) TO STDOUT; SELECT name FROM things"
affected = "SELECT count(*) FROM things"
restoration = "Load the things again."
downtime = "minutes"
"""


def test_compensations_are_offered_and_rows_written_out(
    live: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fails(live)
    live.write({"series.toml": QUIET["series.toml"] + SERIES})
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
    text = QUIET["series.toml"] + SERIES.replace("SELECT count(*) FROM things", "SELECT sly()")
    live.write({"series.toml": text})
    shown = resumed()
    assert "(25006)" in shown.out, shown.told()
    assert live.ask("SELECT count(*) FROM things") == [(0,)]


def test_a_folder_that_cannot_be_written_to(
    live: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fails(live)
    live.write({"series.toml": QUIET["series.toml"] + SERIES})
    (tmp_path / "file").write_text("")
    answer = by_mia(monkeypatch, "--export", str(tmp_path / "file"))
    assert (answer.status, "[export-failed]" in answer.err) == (3, True), answer.told()


def test_status_and_probes_say_that_a_target_is_halted(shop: World, golden: Golden) -> None:
    halted()
    answer = manage("status_sql", "shop")
    told = re.sub(r"(?m)^PostgreSQL .*$", "PostgreSQL <version>", close(answer))
    golden("halt/status", told)
    found = json.loads(manage("status_sql", "shop", "--format", "json").out)["reports"][0]
    assert {key: found["halted"][key] for key in ("condition", "ceremony", "text")} == {
        "condition": "halt-by-hand",
        "ceremony": 0,
        "text": "Wrong figures.",
    }
    settings.CEREMONY = {**settings.CEREMONY, "TARGETS": {}, "GATE": {"SERIES": ["shop"]}}
    (one,) = look(conf.load(), conf.load().gate)
    assert (one.state.value, one.halted) == ("behind", True)
    assert one.next_step == "manage.py resume_sql --database shop"


def test_a_halt_that_comes_between_the_look_and_the_run(shop: World) -> None:
    """The lock is held and the ledger was read: nobody looks again, and still nothing starts."""
    run: Any = vars(gated_module)["execute"]

    def late(*arguments: Any) -> Any:
        with shop.target().connect() as other:
            other.execute(BEHIND_OUR_BACK)
        return run(*arguments)

    with monkeypatched(gated_module, "execute", late):
        answer = shop.apply()
    assert (answer.status, "[ledger-moved]" in answer.err) == (1, True), answer.told()
    assert shop.applied_versions() == ["0001"]


BEHIND_OUR_BACK = """
INSERT INTO ceremony_ledger
SELECT sequence + 1, '', '', '', 'failed', '', '', '', '', NULL, '', 0, '{}', 'mia', now(), '0', 1,
       repeat('a', 64), hash, repeat('b', 64)
FROM ceremony_ledger ORDER BY sequence DESC LIMIT 1
"""


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


def test_a_halt_hides_no_drift(shop: World) -> None:
    """Rows of a halt move the ledger's end, and no catalog."""
    settings.CEREMONY = {**settings.CEREMONY, "TARGETS": {"shop": {"DRIFT": "block"}}}
    shop.ask("ALTER TABLE things ADD COLUMN by_hand int")
    halted()
    resumed("--assess", "Fine.", "--decide", "accept", "--reason", "Fine.", "--document", "Fine.")
    assert events(shop)[-2:] == ["halted", "resumed"]
    answer = shop.apply()
    assert (answer.status, "[drift-found]" in answer.err) == (5, True), answer.told()
    answer = manage("verify_sql", "shop", "--drift")
    assert (answer.status, "by_hand" in answer.out) == (5, True), answer.told()
    accepted = manage("reconcile_sql", "--database", "shop", "--accept-drift", "It is wanted.")
    assert "by_hand" in accepted.out, accepted.told()
    shop.applied()


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
