"""Ways around the gate that need somebody inside: who types commands, edits files, sets variables,
or keeps a second account.
"""

import pytest

from ceremony.models import Ceremony
from tests.acceptance.gatehouse import NOBODY, Gatehouse, configure, environment
from tests.acceptance.world import QUIET, WHOLE, World

MORE = {
    "0002_more.sql": "CREATE TABLE more (id int PRIMARY KEY);\n",
    "0002_more.rollback.sql": "DROP TABLE more;\n",
}


@pytest.fixture
def house(world: World, monkeypatch: pytest.MonkeyPatch) -> Gatehouse:
    world.write({**WHOLE, **QUIET})
    world.target()
    environment("production")
    return Gatehouse(world, monkeypatch)


def applied(house: Gatehouse) -> list[str]:
    if house.world.ask("SELECT to_regclass('ceremony_ledger')") == [(None,)]:
        return []
    return house.world.applied_versions()


def test_what_ran_when_nobody_was_asked_has_no_approved_way_back(house: Gatehouse) -> None:
    environment("production", **NOBODY)
    house.world.write({**MORE, "0003_wrong.sql": "SELECT 1 / 0;\n"})
    assert house.apply("--confirm", "production").status == 1
    configure(POLICIES={})
    plain = house.roll_back()
    assert (plain.status, "[approval-missing]" in plain.err) == (3, True), plain.told()
    named = house.roll_back("--ceremony", str(Ceremony.objects.get().pk))
    assert (named.status, "[way-back-differs]" in named.err) == (3, True), named.told()
    assert "0002_more ran when nobody was asked: nobody approved its way back." in named.err
    assert applied(house) == ["0001", "0002"]


def test_a_request_that_nobody_has_to_approve_is_not_the_name_typed(house: Gatehouse) -> None:
    environment("production", **NOBODY)
    ceremony = house.asked()
    assert ceremony.state == "approved"
    house.refused("environment-protected")
    house.refused("environment-protected", "--ceremony", str(ceremony.pk))
    assert house.apply("--confirm", "production").status == 0
