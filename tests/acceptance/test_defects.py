"""Broken ways back: each gets its exact verdict, and says object by object what is wrong."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.acceptance.defects import BASE, DEFECTS, SOUND, Defect
from tests.acceptance.door import manage
from tests.acceptance.world import World

Golden = Callable[[str, str], None]


def way_back(world: World, defect: Defect) -> dict[str, Any]:
    """What the rehearsal says of the second migration's way back."""
    world.write({**BASE, "0002_change.sql": defect.change})
    if defect.way_back:
        world.write({"0002_change.rollback.sql": defect.way_back})
    world.target()
    answer = manage("rehearse_sql", "shop", "--format", "json")
    certificate = json.loads(answer.out)["reports"][0]["certificate"]
    base, change = certificate["migrations"]
    assert base["ways_back"][0]["verdict"] == "restored", answer.told()
    assert world.ask("SELECT datname FROM pg_database WHERE datname LIKE 'ceremony_scratch%'") == []
    found: dict[str, Any]
    (found,) = change["ways_back"]
    return found


@pytest.mark.parametrize("name", DEFECTS)
def test_a_broken_way_back_gets_its_verdict(name: str, world: World, golden: Golden) -> None:
    found = way_back(world, DEFECTS[name])

    assert found["verdict"] == DEFECTS[name].verdict, found
    problem = found["problem"]
    said = [found["why"], *found["remains"], *([problem["happened"]] if problem else [])]
    said = [re.sub(r"ceremony_scratch_\w+", "<scratch>", line) for line in said]
    # Up to PostgreSQL 15 a view of one table names it before each column.
    said = [re.sub(r'"SELECT orders\.', '"SELECT ', line) for line in said]
    golden(f"defects/{name}", "".join(f"{line}\n" for line in (found["verdict"], *said) if line))


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_way_back_is_not_accused(name: str, world: World) -> None:
    found = way_back(world, SOUND[name])
    assert found["verdict"] == SOUND[name].verdict, found


NEVER_RUN = {
    "concurrently-in-a-transaction": "DROP INDEX CONCURRENTLY users_phone;",
    "no-sql": "DROP INDEX users_phone; DROP COLUMN phone FROM users;",
}


@pytest.mark.parametrize("name", NEVER_RUN)
def test_what_cannot_run_is_refused_before_it_is_tried(
    name: str, world: World, golden: Golden
) -> None:
    world.write(
        {
            **BASE,
            "0002_change.sql": "ALTER TABLE users ADD COLUMN phone text;\n"
            "CREATE INDEX users_phone ON users (phone);",
            "0002_change.rollback.sql": NEVER_RUN[name],
        }
    )
    world.target()
    answer = manage("rehearse_sql", "shop")
    assert answer.status == 3
    golden(f"defects/{name}", answer.told())
