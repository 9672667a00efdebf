"""Every change of a period, and what was applied without approval: which must be nothing."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.conf import settings

from ceremony.core.ledger_hash import sealed
from ceremony.core.ledger_row import Event, LedgerRow
from ceremony.models import AuditEvent, Target
from tests.acceptance.door import manage
from tests.acceptance.world import QUIET, WHOLE, point

COLUMNS = tuple(LedgerRow.__dataclass_fields__)


@pytest.fixture
def shop(world):
    """One migration, applied to a local target under the open policy."""
    world.write({**WHOLE, **QUIET})
    world.target()
    world.applied()
    return world


def population(*flags, status=0):
    answer = manage("report_sql", "--population", "--format", "json", *flags)
    assert answer.status == status, answer.told()
    told = json.loads(answer.out)
    return told["reports"][0]["report"], told["error"]


def standings(report):
    names = ("label", "event", "standing", "people")
    return [tuple(one[name] for name in names) for one in report["changes"]]


def test_what_the_open_policy_let_through_is_no_change_without_approval(shop):
    report, error = population()
    assert standings(report) == [("0001_things", "applied", "open policy", [])]
    assert (report["verdict"], report["without_approval"], error) == ("PASS", 0, None)
    text = manage("report_sql", "--population").out
    assert "\n## Applied without approval\n\nNone. This must be empty, and is.\n" in text
    assert AuditEvent.objects.filter(action="report made").count() == 2  # until now: two periods


def test_ways_back_are_told_with_what_let_them_through(shop):
    shop.rolled_back("--to", "zero")
    report, _ = population()
    assert [one[1:3] for one in standings(report)] == [
        ("applied", "open policy"),
        ("rolled back", "open policy"),
    ]


def test_a_row_that_somebody_else_wrote_into_the_ledger_is_found(shop):
    _write_row(shop, event="rolled back")
    report, error = population(status=5)
    assert standings(report)[1] == ("0001_things", "rolled back", "no approval", [])
    assert (report["verdict"], report["without_approval"]) == ("FAIL", 1)
    assert error == {
        "code": "applied-without-approval",
        "happened": "1 change applied without approval; the first: 0001_things on 'shop', rolled "
        "back. Control knows no such attempt.",
        "next": "Find out who ran it, and how; the report names run and ledger row of each.",
        "path": "",
        "server": None,
        "state": "The ledgers were only read; the report is kept.",
    }
    assert "This must be empty, and is not:" in manage("report_sql", "--population").out


def test_a_row_that_borrows_an_attempt_names_another_manifest(shop):
    _write_row(shop, event="rolled back", manifest_digest="manifest1:" + "0" * 64, borrow=True)
    report, _ = population(status=5)
    (change,) = report["changes"]
    assert change["why"] == "The row in the ledger names another manifest."


def _write_row(shop, *, event, manifest_digest="", borrow=False):
    """A row that follows the last one as it should, by somebody with the right to write."""
    names = ", ".join(COLUMNS)
    (found,) = shop.ask(f"SELECT {names} FROM ceremony_ledger ORDER BY sequence DESC LIMIT 1")
    last = LedgerRow(*found)
    row = sealed(
        replace(
            last,
            sequence=last.sequence + 1,
            event=Event(event),
            attempt=last.attempt if borrow else uuid4(),
            manifest_digest=manifest_digest,
            previous_hash=last.hash,
        )
    )
    with shop.target().connect() as connection:
        connection.execute(
            f"INSERT INTO ceremony_ledger ({names}) VALUES ({', '.join(['%s'] * len(COLUMNS))})",
            [getattr(row, name) for name in COLUMNS],
        )


def test_a_ledger_that_was_changed_is_no_witness(shop):
    with shop.target().connect() as connection:
        connection.execute("ALTER TABLE ceremony_ledger DISABLE TRIGGER ALL")
        connection.execute("UPDATE ceremony_ledger SET name = 'others' WHERE sequence = 2")
    report, error = population(status=5)
    assert report["asked"][0]["broken"] is True
    assert (report["verdict"], error["code"]) == ("FAIL", "population-incomplete")
    # What control knows is told all the same.
    assert standings(report) == [("0001_things", "applied", "open policy", [])]


@pytest.mark.parametrize(
    ("damage", "trouble"),
    [
        ("DELETE FROM ceremony_ledger WHERE sequence = 2", "it lacks row 2 as control knows it."),
        ("DELETE FROM ceremony_ledger", "there is none, and control knows one of 2 rows."),
        ("DROP TABLE ceremony_ledger", "there is none, and control knows one of 2 rows."),
    ],
)
def test_a_ledger_that_lost_what_control_knows_is_no_witness(shop, damage, trouble):
    """The rest of it agrees with itself, and says nothing of what is gone."""
    Target.objects.update(environment="production")
    with shop.target().connect() as connection:
        connection.execute("ALTER TABLE ceremony_ledger DISABLE TRIGGER ALL")
        connection.execute(damage)
    report, error = population(status=5)
    assert (report["asked"][0]["trouble"], report["asked"][0]["broken"]) == (trouble, True)
    assert (report["verdict"], error["code"]) == ("FAIL", "population-incomplete")
    assert standings(report) == [("0001_things", "applied", "open policy", [])]


def test_another_ledger_is_no_witness(shop):
    Target.objects.update(ledger_id=uuid4(), environment="production")
    report, _ = population(status=5)
    assert report["asked"][0]["trouble"] == "it is not the one that control knows."


def test_a_local_database_may_be_made_anew(shop):
    with shop.target().connect() as connection:
        connection.execute("DROP TABLE ceremony_ledger")
    report, error = population(status=1)
    assert (report["verdict"], error["code"]) == ("PARTIAL", "population-incomplete")


def test_where_nothing_was_asked_nothing_is_shown(world):
    world.target()
    report, error = population()
    assert (report["verdict"], report["asked"], error) == ("NOT RUN", [], None)
    text = manage("report_sql", "--population").out
    assert "NOT RUN: no target is known, and no ledger was read." in text
    assert "\n**NOT RUN: no target is known**\n" in text
    report, error = population("--database", "shop", status=1)
    assert (report["verdict"], error["code"]) == ("PARTIAL", "population-incomplete")
    assert report["asked"][0]["trouble"] == "Control knows no ledger of it."


def test_a_target_that_does_not_answer_is_told_from_control_and_said_to_be(shop):
    point("shop", HOST="/nowhere-at-all")
    report, error = population(status=1)
    assert (report["verdict"], error["code"]) == ("PARTIAL", "population-incomplete")
    assert standings(report) == [("0001_things", "applied", "open policy", [])]
    text = manage("report_sql", "--population").out
    assert "**PARTIAL: 1 change, none without approval that is known of**" in text
    assert "None that is known of; but not every ledger could be counted on." in text
    assert "- shop: told from the record of control alone." in text


def test_only_the_period_and_the_target_that_were_asked_for_are_told(shop):
    today = datetime.now(UTC).date()
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    assert population("--to", f"{yesterday}")[0]["changes"] == []
    assert population("--from", f"{tomorrow}", "--to", f"{tomorrow}")[0]["changes"] == []
    report, _ = population("--from", f"{yesterday}", "--to", f"{tomorrow}", "--database", "shop")
    assert len(report["changes"]) == 1


def test_the_same_ledger_by_two_names_is_told_once(shop):
    settings.DATABASES["mirror"] = dict(settings.DATABASES["shop"])
    first = Target.objects.get()
    Target.objects.create(
        alias="mirror",
        database_name=first.database_name,
        ledger_id=first.ledger_id,
        first_seen_at=first.first_seen_at,
        last_seen_at=first.last_seen_at,
    )
    report, error = population()
    assert len(report["changes"]) == 1
    assert [one["same_as"] for one in report["asked"]] == ["", "mirror"]
    assert (report["verdict"], error) == ("PASS", None)
