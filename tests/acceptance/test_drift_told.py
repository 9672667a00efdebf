"""Drift at its edges: an empty reason, a target without a ledger, a name of two lines."""

import json

import pytest

from tests.acceptance.door import manage
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


def test_a_name_of_two_lines_has_its_time_behind_the_second(world: World) -> None:
    world.write(WHOLE)
    world.target()
    world.applied()
    world.ask('CREATE TABLE "two\nlines" (id int)')
    lines = manage("verify_sql", "shop", "--drift").out.splitlines()
    at = lines.index('  Table public."two')
    assert lines[at + 1].startswith('    lines" appeared.  Last changed ')
