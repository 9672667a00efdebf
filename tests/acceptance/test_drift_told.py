"""Drift at its edges: an empty reason, a target without a ledger, a name of two lines."""

import json

import pytest
from django.conf import settings

from tests.acceptance.door import manage
from tests.acceptance.test_drift import MORE
from tests.acceptance.world import WHOLE, World


@pytest.mark.parametrize("flag", ["--accept-drift", "--adopt"])
def test_nothing_is_taken_as_it_is_without_a_reason(flag: str, capsys) -> None:
    assert manage("reconcile_sql", "--database", "shop", flag, " ").status == 2
    told = capsys.readouterr().err
    assert f"argument {flag}: say why, in words: the reason is recorded" in told


def test_where_nothing_was_ever_applied_nothing_can_be_accepted(world: World) -> None:
    world.write(WHOLE)
    world.target()
    told = manage("verify_sql", "shop", "--drift", "--format", "json").out
    (note,) = json.loads(told)["reports"][0]["drift"]["notes"]
    assert (note["code"], note["hint"]) == ("snapshot-missing", "Every run stores one at its end.")


def test_another_alias_of_the_same_database_is_no_way_around(world: World) -> None:
    world.write(WHOLE)
    world.target()
    settings.DATABASES["twin"] = settings.DATABASES["shop"]
    settings.CEREMONY = {
        **settings.CEREMONY,
        "TARGETS": {"shop": {"DRIFT": "block"}, "twin": {"DRIFT": "block"}},
    }
    world.applied()
    assert manage("apply_sql", "shop", "--database", "twin").status == 0  # control knows it now
    world.ask("CREATE TABLE handmade (id int)")
    world.write(MORE)
    for flags in ((), ("--database", "twin")):
        answer = world.apply(*flags)
        assert ("[drift-found]" in answer.err, answer.status) == (True, 5), answer.told()
    accept = ("reconcile_sql", "--database", "twin", "--accept-drift", "it was me")
    assert manage(*accept).status == 0
    assert "✓ No drift" in manage("verify_sql", "shop", "--drift").out


def test_a_name_of_two_lines_has_its_time_behind_the_second(world: World) -> None:
    world.write(WHOLE)
    world.target()
    world.applied()
    world.ask('CREATE TABLE "two\nlines" (id int)')
    lines = manage("verify_sql", "shop", "--drift").out.splitlines()
    at = lines.index('  Table public."two')
    assert lines[at + 1].startswith('    lines" appeared.  Last changed ')
