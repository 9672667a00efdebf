"""The rows of tables that were there before a run, counted again after it."""

import io

import pytest
from django.conf import settings

from ceremony.actions.answers import waive
from ceremony.core.item import Phase
from ceremony.errors import Refused
from ceremony.models import Purpose
from tests.acceptance.checking import explanation, in_production, results, with_rows
from tests.acceptance.door import manage
from tests.acceptance.gatehouse import Gatehouse, configure, environment, signed
from tests.django.ceremonies import PASSWORD, person

pytestmark = pytest.mark.usefixtures("control")


@pytest.fixture
def shop(world):
    return in_production(world)


@pytest.fixture
def house(shop, monkeypatch):
    return Gatehouse(shop, monkeypatch)


LOSES = {
    "0002_less.sql": "DELETE FROM stock WHERE id > 1;\nDROP TABLE old;\n",
    "0002_less.verify.sql": "-- check: some stay\n-- expect: rows\nSELECT 1 FROM stock;\n",
    "0002_less.rollback.sql": "CREATE TABLE old (id int);\n",
}


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


def test_without_halts_the_ceremony_stops_and_the_target_does_not(shop, house, sam):
    with_rows(shop)
    environment("production", VERIFY=True, HALT=False)
    shop.write(LOSES)
    ceremony = house.approved(sam)
    done = house.apply()
    assert done.status == 1, done.told()
    number = ceremony.pk
    assert done.err.endswith(
        f"""
State  Every migration of the plan is in the database. Ceremony {number} is halted; the target is not.
Next   manage.py report_sql {number} shows what was found. With files that mend it: manage.py request_sql shop --database shop --again {number}
"""  # noqa: E501
    ), done.err
    assert shop.ask("SELECT count(*) FROM ceremony_ledger WHERE event = 'halted'") == [(0,)]
    ceremony.refresh_from_db()
    assert ceremony.state == "halted"
    assert not ceremony.halts.exists()
    shop.write({"0003_back.sql": "-- Reversible: no (a test)\nCREATE TABLE old (id int);\n"})
    again = house.asked("--database", "shop", "--again", str(number))
    assert (again.pk, again.round, again.state) == (number, 2, "requested")


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
