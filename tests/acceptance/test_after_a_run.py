"""What is looked at after a run, what stops the world then, and how it is taken up again."""

import sys

import pytest

from ceremony.actions import verifying
from ceremony.actions.answers import answer, waive
from ceremony.actions.verification_judges import After, judge_after
from ceremony.core.item import Item, ItemResult, Judged, Phase
from ceremony.errors import Failed
from ceremony.models import Ceremony, JudgedItem
from tests.acceptance.checking import ask_for, explanation, in_production, results, with_rows
from tests.acceptance.door import manage
from tests.acceptance.gatehouse import NOBODY, Gatehouse, configure, environment

pytestmark = pytest.mark.usefixtures("control")


@pytest.fixture
def shop(world):
    return in_production(world)


@pytest.fixture
def house(shop, monkeypatch):
    return Gatehouse(shop, monkeypatch)


def test_checks_that_nobody_runs_again_are_no_pass(shop, house, sam, olga):
    """The last step has none, and those of the step before it hold after that step alone."""
    shop.write({"0002_more.sql": "-- Reversible: no (a test)\nCREATE TABLE more (id int);\n"})
    house.approved(sam)
    done = house.apply()
    assert done.status == 0, done.told()
    assert "checks" not in results(Phase.VERIFICATION)


def test_a_check_that_no_longer_holds_stops_the_world(shop, house, sam, olga):
    """It holds inside its own step; what a later step does breaks it."""
    shop.write(
        {
            "0001_things.verify.sql": "-- check: none\n-- when: always\n-- expect: no rows\n"
            "SELECT * FROM things;\n",
            "0002_more.sql": "INSERT INTO things VALUES (1, 'a');\n",
            "0002_more.rollback.sql": "DELETE FROM things;\n",
            "0002_more.verify.sql": "-- check: one\n-- expect: 1 row\nSELECT * FROM things;\n",
        }
    )
    house.approved(sam)
    done = house.apply()
    assert done.status == 1, done.told()
    assert results(Phase.VERIFICATION)["checks"] == "FAIL"
    told = "1 check did not hold. “none”: "
    assert explanation("checks").startswith(told)


def after_run(*commands: list[str], timeout: str = "1min") -> None:
    keys = {"AFTER_RUN": list(commands), "AFTER_RUN_TIMEOUT": timeout}
    configure(TARGETS={"shop": {"ENVIRONMENT": "production", **keys}})


def test_an_application_that_does_not_start_stops_the_world(shop, house, sam, olga):
    fails = [sys.executable, "-c", "print('no such column'); raise SystemExit(3)"]
    after_run([sys.executable, "-c", ""], fails, [sys.executable, "-c", ""])
    ceremony = house.approved(sam)
    done = house.apply()
    assert done.status == 1, done.told()
    row = JudgedItem.objects.filter(item="application").latest("pk")
    assert row.result == "FAIL"
    assert row.explanation.endswith(" ended with 3. no such column")
    assert [one["status"] for one in row.evidence["commands"]] == [0, 3]
    ceremony.refresh_from_db()
    assert ceremony.state == "halted"
    halt = ceremony.halts.get(station="stop")
    assert halt.condition == "halt-application-failed"


def test_a_test_that_fails_after_the_run_stops_the_world(shop, house, sam, olga):
    ask_for(shop, '[acceptance]\nitems = [{ id = "tests", text = "Tests pass.", halt = true }]\n')
    ceremony = house.approved(sam)
    assert house.apply().status == 0
    assert explanation("tests") == "Nobody has answered it yet."
    answer(
        ceremony.pk,
        Phase.ACCEPTANCE,
        "tests",
        ItemResult.FAIL,
        {"note": "test_sync breaks."},
        None,
        olga,
    )
    ceremony.refresh_from_db()
    assert ceremony.state == "halted"
    halt = ceremony.halts.get(station="stop")
    assert halt.condition == "halt-test-failed"
    assert halt.text == "Tests pass. olga answered that it does not hold: test_sync breaks."
    assert len(shop.ask("SELECT 1 FROM ceremony_ledger WHERE event = 'halted'")) == 1


def test_a_test_that_fails_before_the_verification_is_over_stops_the_world(
    shop, house, sam, olga, monkeypatch
):
    ask_for(shop, '[acceptance]\nitems = [{ id = "tests", text = "Tests pass.", halt = true }]\n')
    ceremony = house.approved(sam)
    with monkeypatch.context() as patched:
        patched.setattr(verifying, "judge_after", _link_broke)
        assert house.apply().status == 1
    fail = (ceremony.pk, Phase.ACCEPTANCE, "tests", ItemResult.FAIL)
    answer(*fail, {"note": "test_sync breaks."}, None, olga)
    ceremony.refresh_from_db()
    assert ceremony.state == "halted"
    assert ceremony.halts.get(station="stop").condition == "halt-test-failed"
    assert len(shop.ask("SELECT 1 FROM ceremony_ledger WHERE event = 'halted'")) == 1
    again = manage("verify_sql", "shop", "--ceremony", str(ceremony.pk))
    assert (again.status, "[ceremony-not-verifying]" in again.err) == (3, True), again.told()


def _link_broke(*_: object) -> None:
    raise Failed("connection-lost", "The link broke.", next_step="Try again.")


def test_where_nobody_accepts_the_last_answer_signs_off(shop, house, sam, olga):
    environment("staging", **{**NOBODY, "VERIFY": True})
    ask_for(shop, '[acceptance]\nitems = ["Documentation is complete.", "It works."]\n')
    assert house.apply("--confirm", "staging").status == 0
    ceremony = Ceremony.objects.get()
    assert ceremony.state == "awaiting sign-off"
    for phase in (Phase.PREFLIGHT, Phase.ACCEPTANCE):
        for item, result in results(phase).items():
            if result == "NOT RUN" and item != "it-works":
                waive(ceremony.pk, phase, item, "Nobody needs it here.", sam)
    ceremony.refresh_from_db()
    assert ceremony.state == "awaiting sign-off"
    answer(ceremony.pk, Phase.ACCEPTANCE, "it-works", ItemResult.PASS, {"note": "y"}, None, olga)
    ceremony.refresh_from_db()
    assert ceremony.state == "signed off"


def test_what_was_cut_off_is_taken_up(shop, house, sam, olga, monkeypatch):
    """The runner is killed while it verifies: the ceremony waits, and a command goes on."""
    with_rows(shop)
    ceremony = house.approved(sam)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("ceremony.actions.verifying.judge_after", killed)
        stopped = house.apply()
    assert stopped.status == 130
    assert stopped.err.endswith(
        f"✕ Stopped on request while ceremony {ceremony.pk} was being verified; run 1 has the "
        "record of what ran.  [verification-interrupted]\n"
        "State  Every migration of the plan is in the database.\n"
        f"Next   To go on: manage.py verify_sql shop --ceremony {ceremony.pk}\n"
    )
    ceremony.refresh_from_db()
    assert ceremony.state == "verifying"
    assert results(Phase.VERIFICATION)["checks"] == "NOT RUN"
    again = manage("verify_sql", "shop", "--ceremony", str(ceremony.pk))
    assert again.status == 0, again.told()
    ceremony.refresh_from_db()
    assert ceremony.state == "awaiting sign-off"
    # What was counted before the run was kept for it.
    assert results(Phase.VERIFICATION) == dict.fromkeys(
        ("checks", "second-run", "rows", "invalid-indexes"), "PASS"
    )
    assert explanation("rows") == "No table of 2 has fewer rows."
    once_more = manage("verify_sql", "shop", "--ceremony", str(ceremony.pk))
    assert once_more.status == 3
    assert once_more.err == (
        f"✕ Ceremony {ceremony.pk} is awaiting sign-off: no verification of it is open.  "
        "[ceremony-not-verifying]\n"
        "State  Nothing was changed.\n"
        "Next   For the checks alone: manage.py verify_sql shop\n"
    )


def test_a_link_that_breaks_while_it_verifies(shop, house, sam, olga, monkeypatch):
    ceremony = house.approved(sam)
    with monkeypatch.context() as patched:
        patched.setattr("ceremony.actions.verifying.after", _link_broke)
        cut = house.apply()
    assert cut.status == 1
    assert cut.err.endswith(
        "✕ The migrations ran, and the verification after them could not be finished: The link "
        "broke. [connection-lost]  [verification-cut-off]\n"
        "State  Every migration of the plan is in the database.\n"
        f"Next   manage.py verify_sql shop --ceremony {ceremony.pk}\n"
    )
    ceremony.refresh_from_db()
    assert ceremony.state == "verifying"


def test_a_server_process_that_ends_while_it_verifies(shop, house, sam, olga, monkeypatch):
    """Every item after it could not be asked: none of that is recorded, and a command goes on."""
    ceremony = house.approved(sam)

    def terminated(item: Item, seen: After) -> Judged:
        pid = seen.here.access.session.identity.backend_pid
        shop.ask(f"SELECT pg_terminate_backend({pid}, 5000)")
        return judge_after(item, seen)

    with monkeypatch.context() as patched:
        patched.setattr(verifying, "judge_after", terminated)
        cut = house.apply()
    assert cut.status == 1
    assert "[verification-cut-off]" in cut.err
    ceremony.refresh_from_db()
    assert ceremony.state == "verifying"
    assert set(results(Phase.VERIFICATION).values()) == {"NOT RUN"}
    assert manage("verify_sql", "shop", "--ceremony", str(ceremony.pk)).status == 0
    ceremony.refresh_from_db()
    assert ceremony.state == "awaiting sign-off"
