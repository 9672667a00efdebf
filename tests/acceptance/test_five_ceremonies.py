"""The five series as ceremonies, each under a policy of its own: from the request to a report whose
every line is on the record.
"""

import json

import pytest
from django.conf import settings

from ceremony.actions.answers import answer
from ceremony.core.item import ItemKind, ItemResult, Phase
from ceremony.models import (
    Ceremony,
    CheckRecord,
    JudgedItem,
    Outcome,
    Purpose,
    Rehearsal,
    Run,
    Transition,
)
from tests.acceptance.door import ROOT, manage
from tests.acceptance.gatehouse import Gatehouse, environment, signed
from tests.django.ceremonies import PASSWORD, person

POLICIES = {
    "calendar": {"APPROVALS": {"dba": 1, "team": 1}, "ACCEPTANCES": 1, "REHEARSAL": True},
    "content": {"APPROVALS": 1, "ACCEPTANCES": 1, "DATA_LOSS": True},
    "listings": {"APPROVALS": 2, "ACCEPTANCES": {"dba": 1}, "EXPIRES_HOURS": 24},
    "outbox": {"APPROVALS": {"dba": 1}, "ACCEPTANCES": {"team": 1}, "REAUTHENTICATE": True},
    "rebalancing": {"APPROVALS": 1, "ACCEPTANCES": 2, "REHEARSAL": True, "REHEARSAL_DAYS": 7},
}
WHO_APPROVES = {"calendar": 2, "content": 1, "listings": 2, "outbox": 1, "rebalancing": 1}
WHO_ACCEPTS = {
    "calendar": ("vera",),
    "content": ("vera",),
    "listings": ("vera",),
    "outbox": ("sam",),
    "rebalancing": ("vera", "sam"),
}
STEPS = {"calendar": 5, "content": 9, "listings": 5, "outbox": 3, "rebalancing": 4}


@pytest.fixture
def house(world, monkeypatch):
    world.root = ROOT / "migrations_sql"
    settings.CEREMONY = {**settings.CEREMONY, "ROOT": world.root}
    return Gatehouse(world, monkeypatch)


def answer_what_people_answer(ceremony, phase, by):
    rows = JudgedItem.objects.filter(
        manifest__ceremony=ceremony,
        phase=phase.value,
        kind=ItemKind.HUMAN.value,
        result=ItemResult.NOT_RUN.value,
    )
    for item in rows.values_list("item", flat=True).distinct():
        told = {"note": "Looked at.", "path": "/backups/1.dump", "size": "12 kB"}
        answer(ceremony.pk, phase, item, ItemResult.PASS, told, None, by)


def whole_ceremony(house, series):
    """Applied locally, rehearsed, requested, approved, run and accepted; by people of their own."""
    alias = f"{series}_live"
    house.world.target(series)
    house.world.target(alias)
    environment("production", alias, **POLICIES[series])
    rights = ("sign", "request", "run")
    people = [person("vera", *rights, groups=("dba",)), person("sam", *rights, groups=("team",))]
    house.at_the_shell("rita")
    house.world.applied(series=series)
    rehearsed = manage("rehearse_sql", series, "--database", alias, "--confirm", "production")
    assert rehearsed.status == 0, rehearsed.told()
    ceremony = house.asked("--database", alias, series=series)
    answer_what_people_answer(ceremony, Phase.PREFLIGHT, people[1])
    for one in people[: WHO_APPROVES[series]]:
        signed(ceremony, one, password=PASSWORD)
    house.at_the_shell("olga")
    house.world.applied("--database", alias, series=series)
    answer_what_people_answer(ceremony, Phase.ACCEPTANCE, people[1])
    for one in people:
        if one.username in WHO_ACCEPTS[series]:
            signed(ceremony, one, Purpose.ACCEPTANCE, password=PASSWORD)
    return Ceremony.objects.get(pk=ceremony.pk)


@pytest.mark.slow
@pytest.mark.parametrize("series", POLICIES)
def test_a_whole_ceremony_ends_in_a_report_that_is_on_the_record(series, house):
    ceremony = whole_ceremony(house, series)
    told = report(ceremony)
    short = [one for one in told["groups"] if one["verdict"] != "PASS"]
    assert (told["verdict"], told["state"]) == ("PASS", "signed off"), short
    assert {one["verdict"] for one in told["groups"] if one["counts"]} == {"PASS"}
    assert len(told["inventory"]) == STEPS[series]
    assert_people(told, ceremony, series)
    assert_run(told, ceremony)
    assert_items(told, ceremony)
    assert_texts(told, series)
    assert_elsewhere(told, series)
    population = manage("report_sql", "--population", "--format", "json")
    found = json.loads(population.out)["reports"][0]["report"]
    assert (population.status, found["verdict"], found["without_approval"]) == (0, "PASS", 0)
    assert {(one["alias"], one["standing"]) for one in found["changes"]} == {
        (series, "open policy"),
        (f"{series}_live", "approved"),
    }


def report(ceremony):
    answered = manage("report_sql", f"{ceremony.pk}", "--format", "json")
    assert answered.status == 0, answered.told()
    return json.loads(answered.out)["reports"][0]["report"]


def assert_people(told, ceremony, series):
    approved = [one["username"] for one in told["signed"] if one["purpose"] == "approval"]
    accepted = [one["username"] for one in told["signed"] if one["purpose"] == "acceptance"]
    assert approved == ["vera", "sam"][: WHO_APPROVES[series]]
    assert tuple(accepted) == WHO_ACCEPTS[series]
    assert {one["subject"] for one in told["signed"] if one["purpose"] == "approval"} == {
        ceremony.fingerprint
    }
    assert all(one["told"] for one in told["signed"])
    assert all(one["reauthenticated"] for one in told["signed"])
    moves = Transition.objects.filter(ceremony=ceremony).order_by("number")
    assert [(one["act"], one["actor"], one["event"]) for one in told["history"]] == list(
        moves.values_list("act", "actor", "event")
    )


def assert_run(told, ceremony):
    run = Run.objects.get(in_ceremony__ceremony=ceremony)
    (ran,) = told["runs"]
    assert (ran["number"], ran["operator"], ran["verdict"]) == (run.pk, "olga", "PASS")
    outcomes = Outcome.objects.filter(attempt__run=run).order_by("attempt__number")
    assert [(one["attempt"], one["ledger_hash"]) for one in ran["steps"]] == [
        (str(one.attempt_id), one.ledger_hash) for one in outcomes
    ]
    checks = [(check["name"], check["result"]) for one in ran["steps"] for check in one["checks"]]
    recorded = CheckRecord.objects.filter(attempt__run=run).order_by("attempt__number", "pk")
    assert checks == list(recorded.values_list("name", "result"))
    rehearsal = Rehearsal.objects.get()
    assert {one["digest"] for one in told["drills"]} == {rehearsal.digest}


def assert_items(told, ceremony):
    for phase, name in (
        (Phase.PREFLIGHT, "preflight"),
        (Phase.VERIFICATION, "verification"),
        (Phase.ACCEPTANCE, "acceptance"),
    ):
        rows = JudgedItem.objects.filter(manifest__ceremony=ceremony, phase=phase.value)
        newest = {row.item: (row.result, row.explanation) for row in rows.order_by("pk")}
        shown = {one["item"]["id"]: (one["result"], one["explanation"]) for one in told[name]}
        assert shown == newest
        assert {result for result, _ in shown.values()} == {"PASS"}


def assert_texts(told, series):
    text = (ROOT / "migrations_sql" / series / "series.toml").read_text(encoding="utf-8")
    risks = [one["text"] for one in told["risks"]]
    assert len(risks) == text.count("[[risks]]")
    assert all(risk in text for risk in risks)
    assert len(told["notes"]) == text.count("[[notes]]")
    assert len(told["compensation"]) == text.count("[[compensation]]")


def assert_elsewhere(told, series):
    found = {one["alias"]: (one["environment"], one["missing"]) for one in told["elsewhere"]}
    assert found == {series: ("local", []), f"{series}_live": ("production", [])}
    assert len(told["holds"]["tables"]) > 1
