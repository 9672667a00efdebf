"""Pre-flight, claims and acceptance of a ceremony, by the command line and by what pages do."""

import pytest
from django.db import connection

from ceremony.actions.answers import Attachment, answer, waive
from ceremony.core.item import ItemResult, Phase
from ceremony.errors import Refused
from ceremony.models import AuditEvent, Ceremony, JudgedItem, Purpose
from tests.acceptance.checking import ask_for, explanation, in_production, results
from tests.acceptance.door import manage
from tests.acceptance.gatehouse import NOBODY, OPERATOR, Gatehouse, environment, signed
from tests.acceptance.world import QUIET, WHOLE

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
def shop(world):
    return in_production(world)


@pytest.fixture
def house(shop, monkeypatch):
    return Gatehouse(shop, monkeypatch)


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
