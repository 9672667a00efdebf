"""Stop the world by hand: what runs is stopped, what a crash leaves is made up for."""

import json
import re
from typing import Any

import pytest
from django.conf import settings

from ceremony import conf
from ceremony.actions import gated as gated_module
from ceremony.actions import halt as halt_module
from ceremony.actions import resume as resume_module
from ceremony.actions.readiness import look
from ceremony.models import AuditEvent, Ceremony
from tests.acceptance.conftest import Golden
from tests.acceptance.door import manage, shell, started
from tests.acceptance.halting import (
    KilledError,
    close,
    events,
    halted,
    killed,
    monkeypatched,
    resumed,
    state,
    stations,
    trail_holds,
)
from tests.acceptance.test_concurrency import until, url
from tests.acceptance.world import QUIET, WHOLE, World, point
from tests.conftest import Database


@pytest.fixture
def shop(world: World) -> World:
    world.write({**WHOLE, **QUIET})
    world.target()
    world.applied()
    world.write({"0002_more.sql": "CREATE TABLE more (id int);\n",
                 "0002_more.rollback.sql": "DROP TABLE more;\n"})  # fmt: skip
    return world


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
