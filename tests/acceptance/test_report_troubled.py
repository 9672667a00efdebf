"""Reports of ceremonies that did not go as planned: break-glass, a halt, a way back."""

import io
import json

from ceremony.models import AuditEvent, Ceremony, Purpose
from tests.acceptance.door import manage
from tests.acceptance.gatehouse import signed
from tests.django.ceremonies import PASSWORD, person

BROKEN = {"0002_more.sql": "CREATE TABLE more (id int PRIMARY KEY);\nSELECT 1/0;\n"}


def told(number, *flags):
    answer = manage("report_sql", f"{number}", "--format", "json", *flags)
    assert answer.status == 0, answer.told()
    return json.loads(answer.out)["reports"][0]["report"]


def group(report, name):
    (found,) = [one for one in report["groups"] if one["group"] == name]
    return found["verdict"], found["why"]


def population(status):
    answer = manage("report_sql", "--population", "--format", "json")
    assert answer.status == status, answer.told()
    return json.loads(answer.out)["reports"][0]["report"]


def test_break_glass_is_loud_until_two_others_have_looked_and_after(house, monkeypatch):
    person("otto", "override")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    flags = ("--override", "--reason", "The shop is down.", "--user", "otto", "--password-stdin")
    assert house.apply(*flags).status == 0
    ceremony = Ceremony.objects.get()

    report = told(ceremony.pk)
    assert report["overridden"] is True
    assert group(report, "Approval") == ("PARTIAL", "It ran without an approval (break-glass).")
    text = manage("report_sql", f"{ceremony.pk}").out
    assert "; it ran WITHOUT AN APPROVAL (break-glass)**" in text
    assert (
        "THIS CEREMONY RAN WITHOUT AN APPROVAL (break-glass). Reason: The shop is down. "
        "Reviewed by: nobody yet." in text
    )
    found = population(0)
    assert (found["verdict"], found["without_approval"]) == ("PARTIAL", 0)
    (change,) = found["changes"]
    assert (change["standing"], change["people"]) == ("break-glass", [])
    assert change["why"] == "Break-glass: The shop is down."

    for name in ("vera", "sam"):
        signed(ceremony, person(name, "sign"), Purpose.REVIEW)
    found = population(0)
    assert found["verdict"] == "PASS"
    assert found["changes"][0]["people"] == ["vera", "sam"]
    text = manage("report_sql", f"{ceremony.pk}").out
    assert "Reviewed by: vera, sam." in text


def resumes(monkeypatch, *flags):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    who = ("--user", "hanna", "--password-stdin")
    answer = manage("resume_sql", "--database", "shop", *flags, *who)
    assert answer.status == 0, answer.told()


def test_a_failure_its_halt_and_the_approved_way_back_are_all_in_the_report(house, monkeypatch):
    person("hanna", "halt")
    house.world.write(BROKEN | {"0002_more.rollback.sql": "DROP TABLE IF EXISTS more;\n"})
    ceremony = house.approved(person("vera", "sign"))
    assert house.apply("--ceremony", f"{ceremony.pk}").status == 1

    report = told(ceremony.pk)
    assert (report["verdict"], report["state"]) == ("FAIL", "halted")
    assert group(report, "Step 1: 0001_things")[0] == "PASS"
    verdict, why = group(report, "Step 2: 0002_more")
    assert (verdict, "[statement-failed]" in why) == ("FAIL", True)
    # CREATE TABLE succeeded, and was undone with the rest: nothing of the file is in.
    ran = [(one["statements_in"], one["statements"]) for one in report["runs"][0]["steps"]]
    assert ran == [(1, 1), (0, 2)]
    assert group(report, "Stop the world")[0] == "FAIL"
    (halt,) = report["halts"]
    assert (halt["station"], halt["condition"]) == ("stop", "halt-migration-failed")

    resumes(monkeypatch, "--assess", "Only the second file failed.")
    resumes(monkeypatch, "--decide", "roll-back", "--reason", "The file divides by zero.")
    back = house.roll_back("--to", "zero", "--ceremony", f"{ceremony.pk}")
    assert back.status == 0, back.told()
    resumes(monkeypatch, "--document", "The check of new files divides, too.")

    report = told(ceremony.pk)
    assert (report["verdict"], report["state"]) == ("FAIL", "rolled back")
    stations = [one["station"] for one in report["halts"]]
    assert stations == ["stop", "assess", "decide", "execute", "document", "lift"]
    assert [(run["purpose"], run["verdict"]) for run in report["runs"]] == [
        ("change", "FAIL"),
        ("way back", "PASS"),
    ]
    standings = [(one["event"], one["standing"]) for one in population(0)["changes"]]
    assert standings == [("applied", "approved"), ("rolled back", "approved way back")]


def test_a_report_is_an_act_of_its_own_and_says_nothing_of_itself(house):
    ceremony = house.asked()
    first = told(ceremony.pk)
    assert told(ceremony.pk) == first
    assert AuditEvent.objects.filter(action="report made").count() == 1
