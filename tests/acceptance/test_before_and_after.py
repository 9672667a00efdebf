"""Pre-flight, verification, claims and acceptance of a ceremony, by the command line and by what
pages do.
"""

import io
import sys

import pytest
from django.conf import settings
from django.db import connection

from ceremony.actions import verifying
from ceremony.actions.answers import Attachment, answer, waive
from ceremony.actions.verification_judges import After, judge_after
from ceremony.core.item import Item, ItemResult, Judged, Phase
from ceremony.errors import Failed, Refused
from ceremony.models import AuditEvent, Ceremony, JudgedItem, Purpose
from tests.acceptance.door import manage
from tests.acceptance.gatehouse import NOBODY, OPERATOR, Gatehouse, configure, environment, signed
from tests.acceptance.world import QUIET, WHOLE, World
from tests.django.ceremonies import PASSWORD, person

pytestmark = pytest.mark.usefixtures("control")

ASKED = """
[preflight]
[[preflight.human]]
id = "backup"
text = "A backup was taken."
backup = true

[[preflight.human]]
id = "tests-pass"
text = "The tests pass."

[acceptance]
items = [
  "Documentation is complete.",
  { id = "queries", text = "Queries are clean.", automatic = "checks" },
]
"""


@pytest.fixture
def shop(world: World) -> World:
    world.write({**WHOLE, **QUIET})
    world.target()
    environment("production", APPROVALS=1, ACCEPTANCES=1)
    return world


@pytest.fixture
def house(shop: World, monkeypatch: pytest.MonkeyPatch) -> Gatehouse:
    return Gatehouse(shop, monkeypatch)


@pytest.fixture
def sam():
    return person("sam", "sign")


@pytest.fixture
def olga():
    return person(OPERATOR, "run")


def ask_for(shop: World, text: str) -> None:
    shop.write({"series.toml": QUIET["series.toml"] + text})


def results(phase: Phase) -> dict[str, str]:
    """The newest result of every item, as it stands in the record."""
    rows = JudgedItem.objects.filter(phase=phase.value).order_by("pk")
    return {row.item: row.result for row in rows}


def explanation(item: str) -> str:
    return JudgedItem.objects.filter(item=item).latest("pk").explanation


def test_what_nobody_answered_stops_the_run(shop, house, sam, olga):
    ask_for(shop, ASKED)
    house.approved(sam)
    assert results(Phase.PREFLIGHT) == {
        "reachable": "PASS",
        "files": "PASS",
        "long-transactions": "PASS",
        "other-sessions": "PASS",
        "prepared-transactions": "PASS",
        "invalid-indexes": "PASS",
        "backup": "NOT RUN",
        "tests-pass": "NOT RUN",
    }
    assert house.refused("preflight-failed") == (
        "✕ 2 items stand against the run of ceremony 1:  [preflight-failed]\n"
        "  NOT RUN  backup: Nobody has answered it yet.\n"
        "  NOT RUN  tests-pass: Nobody has answered it yet.\n\n"
        "State  Nothing was changed.\n"
        "Next   Put right what is wrong and type the command again, answer what people are asked "
        "(a backup: --backup DIR), or have an item waived with a reason; both on the page of "
        "ceremony 1 in the admin.\n"
    )


def test_a_backup_answers_what_asks_for_one(shop, house, sam, olga, tmp_path):
    ask_for(shop, ASKED)
    ceremony = house.approved(sam)
    # Nothing is dumped for a run that would be refused all the same.
    house.refused("preflight-failed", "--backup", str(tmp_path / "early"))
    assert not (tmp_path / "early").exists()
    answer(
        ceremony.pk, Phase.PREFLIGHT, "tests-pass", ItemResult.PASS, {"note": "CI 7"}, None, olga
    )
    done = house.apply("--backup", str(tmp_path / "backups"))
    assert done.status == 0, done.told()
    (dump,) = (tmp_path / "backups").iterdir()
    row = JudgedItem.objects.filter(item="backup").latest("pk")
    assert row.result == "PASS"
    assert row.by == OPERATOR
    assert row.evidence["path"] == str(dump)
    assert row.evidence["bytes"] == dump.stat().st_size
    assert len(row.evidence["sha256"]) == 64
    made = AuditEvent.objects.get(action="backup made")
    assert made.detail()["backup"] == row.evidence


def test_a_whole_ceremony(shop, house, sam, olga):
    ask_for(shop, ASKED + "[summary]\nnon_breaking = true\nreversible = true\n")
    ceremony = house.approved(sam)
    for item in ("backup", "tests-pass"):
        answer(ceremony.pk, Phase.PREFLIGHT, item, ItemResult.PASS, {"note": "done"}, None, olga)
    assert house.apply().status == 0
    ceremony.refresh_from_db()
    assert ceremony.state == "awaiting sign-off"
    assert results(Phase.VERIFICATION) == {
        "checks": "PASS",
        "second-run": "PASS",
        "rows": "PASS",
        "invalid-indexes": "PASS",
    }
    assert results(Phase.ACCEPTANCE) == {
        "claim-non-breaking": "PASS",
        "claim-reversible": "NOT RUN",
        "documentation-is-complete": "NOT RUN",
        "queries": "PASS",
    }
    assert explanation("claim-reversible") == (
        "No rehearsal of exactly these files is recorded: 0001_things."
    )
    with pytest.raises(Refused) as refused:
        signed(ceremony, sam, Purpose.ACCEPTANCE)
    assert refused.value.code == "items-open"
    olga.user_permissions.set(sam.user_permissions.all())
    with pytest.raises(Refused) as refused:
        waive(ceremony.pk, Phase.ACCEPTANCE, "claim-reversible", "I saw it.", olga)
    assert refused.value.happened == (
        "'olga' ran it, and the policy keeps operator and approver apart."
    )
    answer(
        ceremony.pk,
        Phase.ACCEPTANCE,
        "documentation-is-complete",
        ItemResult.PASS,
        {"link": "https://wiki.example/things"},
        Attachment("page.txt", b"It is complete."),
        olga,
    )
    waive(ceremony.pk, Phase.ACCEPTANCE, "claim-reversible", "Tried on a copy by hand.", sam)
    signed(ceremony, sam, Purpose.ACCEPTANCE)
    ceremony.refresh_from_db()
    assert ceremony.state == "signed off"
    row = JudgedItem.objects.get(item="documentation-is-complete", result="PASS")
    assert bytes(row.blob.data) == b"It is complete."
    assert row.evidence["file"]["name"] == "page.txt"
    audit = manage("verify_audit")
    assert audit.status == 0, audit.told()


def test_what_the_target_says_counts_not_what_it_said(shop, house, sam, olga):
    """It was clean when the change was asked for; now it is not."""
    ask_for(shop, '[preflight]\nabsent_or_empty = ["things"]\nrequires_objects = ["stock"]\n')
    shop.ask("CREATE TABLE stock (id int)")
    house.approved(sam)
    assert results(Phase.PREFLIGHT)["clean-state"] == "PASS"
    shop.ask("CREATE TABLE things (id int)")
    shop.ask("INSERT INTO things VALUES (1)")
    shop.ask("DROP TABLE stock")
    told = house.refused("preflight-failed")
    assert "  FAIL     clean-state: Rows stand in things.\n" in told
    assert "  FAIL     required-objects: Not there: stock.\n" in told


def test_a_waiver_stands_for_the_round(shop, house, sam, olga):
    ask_for(shop, '[preflight]\nrequires_objects = ["stock"]\n')
    ceremony = house.approved(sam)
    waive(ceremony.pk, Phase.PREFLIGHT, "required-objects", "It comes tomorrow.", sam)
    done = house.apply()
    assert done.status == 0, done.told()
    row = JudgedItem.objects.filter(item="required-objects").latest("pk")
    assert (row.result, row.by) == ("WAIVED", "sam")
    assert row.explanation == "It comes tomorrow.\nFound then: FAIL: Not there: stock."


def test_a_policy_that_asks_nobody_may_still_ask_for_pre_flight(shop, house, sam, olga, tmp_path):
    environment("staging", **{**NOBODY, "PREFLIGHT": True})
    ask_for(shop, ASKED)
    confirmed = ("--confirm", "staging", "--backup", str(tmp_path / "backups"))
    told = house.refused("preflight-failed", *confirmed)
    assert told == (
        "✕ 1 item stands against the run:  [preflight-failed]\n"
        "  NOT RUN  tests-pass: Nobody has answered it yet.\n\n"
        "State  Nothing was changed.\n"
        "Next   Put right what is wrong and type the command again; or open a ceremony, in which "
        "people answer and waive: manage.py request_sql shop --database shop\n"
    )
    assert not (tmp_path / "backups").exists()
    ceremony = house.asked()
    answer(ceremony.pk, Phase.PREFLIGHT, "tests-pass", ItemResult.PASS, {"note": "a"}, None, olga)
    done = house.apply(*confirmed)
    assert done.status == 0, done.told()
    assert results(Phase.PREFLIGHT)["backup"] == "PASS"


def test_flags_that_are_on(shop, house, sam, olga, monkeypatch):
    ask_for(shop, '[preflight]\nflags_off = ["SHOP_ON", "SHOP_LATE"]\n')
    monkeypatch.setenv("SHOP_LATE", "false")
    house.approved(sam)
    monkeypatch.setenv("SHOP_ON", "1")
    told = house.refused("preflight-failed")
    assert "  FAIL     flags-off: Switch off: SHOP_ON (in environment).\n" in told


def test_an_item_that_other_hands_put_there_counts_for_nothing(shop, house, sam, olga):
    ask_for(shop, ASKED)
    ceremony = house.approved(sam)
    template = JudgedItem.objects.get(item="backup")
    for item in ("backup", "tests-pass"):
        template.pk, template.item, template.result, template.by = None, item, "PASS", "olga"
        template.save(force_insert=True)
    assert "NOT RUN  backup" in house.refused("preflight-failed")
    assert Ceremony.objects.get(pk=ceremony.pk).state == "approved"
    assert manage("verify_audit").status == 5
    with connection.cursor() as cursor:
        # What comes after this test is not to prove the record once more.
        cursor.execute("ALTER TABLE ceremony_judgeditem DISABLE TRIGGER USER")


LOSES = {
    "0002_less.sql": "DELETE FROM stock WHERE id > 1;\nDROP TABLE old;\n",
    "0002_less.verify.sql": "-- check: some stay\n-- expect: rows\nSELECT 1 FROM stock;\n",
    "0002_less.rollback.sql": "CREATE TABLE old (id int);\n",
}


def with_rows(shop: World) -> None:
    shop.ask("CREATE TABLE stock AS SELECT generate_series(1, 5) AS id")
    shop.ask("CREATE TABLE old AS SELECT 1 AS id")


def test_rows_that_are_gone_stop_the_world(shop, house, sam, olga):
    with_rows(shop)
    shop.write(LOSES)
    ceremony = house.approved(sam)
    done = house.apply()
    assert done.status == 1, done.told()
    assert "[verification-failed]" in done.err
    lost = "Rows are gone that no header said would go: public.old (1 rows, now 0), public.stock "
    lost += "(5 rows, now 1)."
    assert f"rows: {lost}" in done.err
    ceremony.refresh_from_db()
    assert ceremony.state == "halted"
    assert results(Phase.VERIFICATION)["rows"] == "FAIL"
    assert results(Phase.VERIFICATION)["checks"] == "PASS"
    halted = shop.ask("SELECT detail FROM ceremony_ledger WHERE event = 'halted'")
    assert len(halted) == 1
    assert "halt-data-lost" in halted[0][0]
    shop.write({"0003_more.sql": "-- Reversible: no (a test)\nCREATE TABLE more (id int);\n"})
    house.refused("target-halted")


def test_what_stopped_the_world_is_accepted_and_waived(shop, house, sam, olga, monkeypatch):
    """By decision, each step recorded: the loss stands in the record, and is nobody's PASS."""
    with_rows(shop)
    shop.write(LOSES)
    ceremony = house.approved(sam)
    assert house.apply().status == 1
    person("pat", "halt")
    resumed(monkeypatch, "--assess", "The rows were of no use.")
    resumed(monkeypatch, "--decide", "accept", "--reason", "They are in the backup.")
    signed(ceremony, sam, Purpose.DECISION)
    resumed(monkeypatch, "--document", "See the minutes.")
    ceremony.refresh_from_db()
    assert ceremony.state == "awaiting sign-off"
    with pytest.raises(Refused) as refused:
        signed(ceremony, sam, Purpose.ACCEPTANCE)
    assert refused.value.code == "items-open"
    waive(ceremony.pk, Phase.VERIFICATION, "rows", "They are in the backup.", sam)
    signed(ceremony, sam, Purpose.ACCEPTANCE)
    ceremony.refresh_from_db()
    assert ceremony.state == "signed off"
    assert results(Phase.VERIFICATION)["rows"] == "WAIVED"


def resumed(monkeypatch: pytest.MonkeyPatch, *flags: str) -> None:
    """One station of the halt, taken by pat with a password."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    who = ("--user", "pat", "--password-stdin")
    answered = manage("resume_sql", "--database", "shop", *who, *flags)
    assert answered.status == 0, answered.told()


def test_a_header_says_that_they_go(shop, house, sam, olga):
    with_rows(shop)
    header = "-- Data loss: apply (drops old, most of stock)\n"
    shop.write({**LOSES, "0002_less.sql": header + LOSES["0002_less.sql"]})
    ceremony = house.asked()
    signed(ceremony, sam, accepted=("0002_less: apply (drops old, most of stock)",))
    done = house.apply()
    assert done.status == 0, done.told()
    told = "Fewer rows in public.old (1 rows, now 0), public.stock (5 rows, now 1). Headers say: "
    assert explanation("rows") == f"{told}0002_less: apply (drops old, most of stock)."


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            "CREATE TABLE new AS TABLE stock; DROP TABLE stock; ALTER TABLE new RENAME TO stock",
            "No table of 2 has fewer rows.",
        ),
        (
            "CREATE TABLE whole (id int) PARTITION BY RANGE (id); "
            "ALTER TABLE whole ATTACH PARTITION stock FOR VALUES FROM (0) TO (9)",
            "No table of 2 has fewer rows.",
        ),
        ("ALTER TABLE stock RENAME TO goods", "No table of 2 has fewer rows."),
    ],
)
def test_rows_that_only_moved_are_no_loss(shop, house, sam, olga, change, told):
    with_rows(shop)
    shop.write({"0002_less.sql": f"-- Reversible: no (a test)\n{change};\n"})
    house.approved(sam)
    done = house.apply()
    assert done.status == 0, done.told()
    assert explanation("rows") == told


def test_a_table_that_cannot_be_counted_any_more_is_not_taken_for_whole(shop, house, sam, olga):
    with_rows(shop)
    settings.CEREMONY["TARGETS"]["shop"]["COUNT_UP_TO"] = "1MB"
    change = "DELETE FROM stock; INSERT INTO stock SELECT generate_series(1, 50000)"
    shop.write({"0002_less.sql": f"-- Reversible: no (a test)\n{change};\n"})
    house.approved(sam)
    done = house.apply()
    assert done.status == 0, done.told()
    assert results(Phase.VERIFICATION)["rows"] == "NOT RUN"
    told = "Not counted: public.stock (it has 1 MB). "
    assert explanation("rows").startswith(told)


def test_a_table_that_somebody_holds_is_not_counted_and_said(shop, house, sam, olga):
    with_rows(shop)
    configure(LOCK_TIMEOUT="200ms")
    house.approved(sam)
    with shop.target().connect() as other, other.transaction():
        other.execute("LOCK TABLE stock")
        done = house.apply()
    assert done.status == 0, done.told()
    assert results(Phase.VERIFICATION)["rows"] == "NOT RUN"
    assert explanation("rows").startswith("The rows before the run are not known: ")
    assert explanation("rows").endswith("[lock-timeout]")


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


def test_a_local_target_is_not_asked_and_says_so(world):
    world.write({**WHOLE, **QUIET, "series.toml": QUIET["series.toml"] + ASKED})
    world.target()
    world.applied()
    assert Ceremony.objects.get().state == "signed off"
    assert results(Phase.PREFLIGHT) == {
        "reachable": "PASS",
        "files": "PASS",
        "long-transactions": "NOT RUN",
        "other-sessions": "NOT RUN",
        "prepared-transactions": "NOT RUN",
        "invalid-indexes": "NOT RUN",
        "backup": "NOT RUN",
        "tests-pass": "NOT RUN",
    }
    assert set(results(Phase.VERIFICATION).values()) == {"NOT RUN"}
    assert set(results(Phase.ACCEPTANCE).values()) == {"NOT RUN"}
