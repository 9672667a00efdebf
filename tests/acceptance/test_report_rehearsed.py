"""What a report says of rehearsals: only what was shown of the very files that ran."""

import json

import pytest

from tests.acceptance.door import manage
from tests.acceptance.world import QUIET, WHOLE


@pytest.fixture
def rehearsed(world):
    world.write({**WHOLE, **QUIET})
    world.target()
    answer = manage("rehearse_sql", "shop")
    assert answer.status == 0, answer.told()
    return world


def groups():
    answer = manage("report_sql", "1", "--format", "json")
    assert answer.status == 0, answer.told()
    (made,) = json.loads(answer.out)["reports"]
    return {one["group"]: one["verdict"] for one in made["report"]["groups"]}


def test_what_was_rehearsed_is_told(rehearsed):
    rehearsed.applied()
    told = groups()
    assert (told["Rehearsal"], told["Way back"]) == ("PASS", "PASS")


@pytest.mark.parametrize("name", ["0001_things.rollback.sql", "0001_things.verify.sql"])
def test_another_way_back_or_check_was_not_rehearsed(rehearsed, name):
    text = WHOLE[name].replace("things;", "public.things;")
    rehearsed.write({name: text})
    rehearsed.applied()
    told = groups()
    assert (told["Rehearsal"], told["Way back"]) == ("NOT RUN", "NOT RUN")


def test_a_plan_that_takes_back_is_told_with_the_way_that_it_takes(rehearsed):
    rehearsed.write({"0001_things.rollback.keep.sql": "ALTER TABLE things RENAME TO kept;\n"})
    rehearsed.applied()
    back = manage("rollback_sql", "shop", "--to", "zero")
    assert back.status == 0, back.told()
    answer = manage("report_sql", "2", "--format", "json")
    assert answer.status == 0, answer.told()
    (made,) = json.loads(answer.out)["reports"]
    assert [one["label"] for one in made["report"]["drills"]] == ["0001_things"]


def test_a_version_with_a_fraction_is_told_by_its_own_file(world):
    numbering = "fractions = true\n" + QUIET["series.toml"]
    fraction = {name.replace("0001", "0001_5"): text for name, text in WHOLE.items()}
    fraction["0001_5_things.sql"] = f"-- Purpose: the things\n{WHOLE['0001_things.sql']}"
    world.write({**fraction, "series.toml": numbering})
    world.target()
    assert manage("rehearse_sql", "shop").status == 0
    world.applied()
    answer = manage("report_sql", "1", "--format", "json")
    (made,) = json.loads(answer.out)["reports"]
    (line,) = made["report"]["inventory"]
    assert (line["version"], line["purpose"]) == ("0001_5", "the things")
    assert line["objects"] == ["table things"]
    assert groups()["Way back"] == "PASS"
