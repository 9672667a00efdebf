"""A ceremony from request to sign-off, proved: by us, by an export, by another control."""

import io
import json

import pytest
from django.db import connection

from ceremony.models import Ceremony, Purpose, SignOff
from tests.acceptance.door import manage
from tests.acceptance.gatehouse import Gatehouse, environment, signed
from tests.acceptance.test_audit import bare, exported
from tests.acceptance.world import QUIET, WHOLE, point
from tests.django.ceremonies import PASSWORD, person


@pytest.fixture
def accepted(world, monkeypatch):
    """``anna`` approved it, ``olga`` ran it, ``bert`` accepted it."""
    world.write({**WHOLE, **QUIET})
    world.target()
    environment("production")
    house = Gatehouse(world, monkeypatch)
    house.approved(person("anna", "sign"))
    answer = house.apply()
    assert answer.status == 0, answer.told()
    ceremony = Ceremony.objects.get()
    signed(ceremony, person("bert", "sign"), Purpose.ACCEPTANCE)
    ceremony.refresh_from_db()
    assert ceremony.state == "signed off"
    return ceremony


def test_every_row_of_it_is_proved(accepted, tmp_path):
    answer = manage("verify_audit", "--targets", "--format", "json")
    assert answer.status == 0, answer.told()
    (report,) = json.loads(answer.out)["reports"]
    assert report["rows"]["ceremony_signoff"] == 2
    assert report["rows"]["ceremony_spending"] == 1
    assert report["rows"]["ceremony_transition"] == accepted.transitions
    folder = exported(tmp_path / "trail", "--targets")
    assert bare(folder).returncode == 0
    rows = [json.loads(line) for line in (folder / "rows.jsonl").read_text().splitlines()]
    signatures = [line["row"] for line in rows if line["table"] == "ceremony_signoff"]
    assert [(one["username"], one["purpose"]) for one in signatures] == [
        ("anna", "approval"), ("bert", "acceptance"),
    ]  # fmt: skip
    assert signatures[0]["subject"] == accepted.fingerprint


def test_a_signature_that_was_given_to_somebody_else_is_found(accepted, tmp_path):
    mallory = person("mallory", "sign")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_signoff DISABLE TRIGGER ALL")
    first = SignOff.objects.order_by("pk").first()
    SignOff.objects.filter(pk=first.pk).update(user=mallory, username="mallory")
    answer = manage("verify_audit")
    assert answer.status == 5
    assert (
        f"✕ Row {first.pk} of ceremony_signoff is as no event tells: it was changed, or put in by "
        "other hands.  [audit-row]\n"
        f"✕ Event {first.event} tells of a row of ceremony_signoff that is gone, or was changed.  "
        "[audit-row]\n" in answer.out
    )
    folder = tmp_path / "trail"
    assert manage("export_audit", "--output", str(folder)).status == 5
    done = bare(folder)
    assert done.returncode == 5
    assert "no event tells of this row of ceremony_signoff." in done.stdout


def test_the_trails_of_two_controls_are_told_apart(
    accepted, databases, control_template, control, monkeypatch
):
    """The ledger names the trail of whoever governed it then."""
    other = databases.create(control_template)
    turned_to(other.name)
    person("otto", "override")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    why = ("--adopt", "the old control burnt", "--user", "otto", "--password-stdin")
    adopted = manage("reconcile_sql", "--database", "shop", *why)
    second = manage("verify_audit", "--targets")
    turned_to(control.name)
    first = manage("verify_audit", "--targets")
    databases.drop(other.name)
    told = adopted.told() + second.told() + first.told()
    assert (adopted.status, second.status, first.status) == (0, 0, 0), told
    assert "Ledger of shop: 3 rows" in second.out
    assert "Ledger of shop: 3 rows" in first.out


def turned_to(name):
    """Control is another database from now on."""
    connection.close()
    connection.settings_dict["NAME"] = name
    point("default", NAME=name)
