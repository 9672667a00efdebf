"""Promotion: production takes what was signed off on staging, byte by byte, and nothing else."""

import pytest
from django.contrib.auth.models import User

from ceremony.core.states import State
from ceremony.models import Ceremony, Purpose
from tests.acceptance.door import Answer, manage
from tests.acceptance.gatehouse import Gatehouse, environment, signed, told
from tests.acceptance.world import QUIET, WHOLE, World
from tests.django.ceremonies import person

PRODUCTION = {"PROMOTION": "staging"}
STAGING = {"APPROVALS": 0, "SEPARATE": False}
MISSING = "Not signed off there as they are: 0001_things."


@pytest.fixture
def house(world: World, monkeypatch: pytest.MonkeyPatch) -> Gatehouse:
    """One series on two targets: on staging nobody approves, and somebody accepts."""
    world.write({**WHOLE, **QUIET})
    for alias, policy in (("staging", STAGING), ("production", PRODUCTION)):
        world.target(alias)
        environment(alias, alias, **policy)
    return Gatehouse(world, monkeypatch)


@pytest.fixture
def anna(house: Gatehouse) -> User:
    found: User = person("anna", "sign")
    return found


def on(house: Gatehouse, alias: str, *flags: str) -> Answer:
    return house.apply("--database", alias, *flags)


def run_on_staging(house: Gatehouse) -> Ceremony:
    answer = on(house, "staging", "--confirm", "staging")
    assert answer.status == 0, answer.told()
    return Ceremony.objects.get(environment="staging", state=State.AWAITING_SIGN_OFF)


def accepted_on_staging(house: Gatehouse, anna: User) -> None:
    ceremony = run_on_staging(house)
    signed(ceremony, anna, Purpose.ACCEPTANCE)
    ceremony.refresh_from_db()
    assert ceremony.state == State.SIGNED_OFF


def refused_on_production(house: Gatehouse) -> str:
    answer = on(house, "production")
    assert answer.status == 3, answer.told()
    assert house.world.ask("SELECT to_regclass('things')", "production") == [(None,)]
    return told(answer)


def test_what_was_never_on_staging(house: Gatehouse, anna: User) -> None:
    ceremony = house.approved(anna, flags=("--database", "production"))

    assert refused_on_production(house) == (
        f"✕ Ceremony {ceremony.pk} cannot run: Promotion from staging. {MISSING}"
        "  [promotion-missing]\n"
        "State  Nothing was changed.\n"
        "Next   Take the same files through a ceremony on a target of staging first.\n"
    )


def test_what_is_asked_for_says_so_at_once(house: Gatehouse) -> None:
    house.at_the_shell("rita")

    asked = manage("request_sql", "shop", "--database", "production")

    assert f"✕ Promotion from staging: {MISSING}" in asked.out, asked.told()


def test_what_ran_on_staging_and_was_not_accepted_yet(house: Gatehouse, anna: User) -> None:
    house.approved(anna, flags=("--database", "production"))
    run_on_staging(house)

    assert MISSING in refused_on_production(house)


def test_what_was_accepted_on_staging(house: Gatehouse, anna: User) -> None:
    house.approved(anna, flags=("--database", "production"))
    accepted_on_staging(house, anna)

    answer = on(house, "production")

    assert answer.status == 0, answer.told()
    assert house.world.applied_versions(alias="production") == ["0001"]


@pytest.mark.parametrize(
    "file", ["0001_things.sql", "0001_things.verify.sql", "0001_things.rollback.sql"]
)
def test_one_byte_more_than_on_staging(house: Gatehouse, anna: User, file: str) -> None:
    accepted_on_staging(house, anna)
    house.world.write({file: WHOLE[file] + "\n"})
    house.approved(anna, flags=("--database", "production"))

    assert MISSING in refused_on_production(house)


def test_a_file_more_than_on_staging(house: Gatehouse, anna: User) -> None:
    accepted_on_staging(house, anna)
    house.world.write(
        {
            "0002_more.sql": "CREATE TABLE more (id int PRIMARY KEY);\n",
            "0002_more.rollback.sql": "DROP TABLE more;\n",
        }
    )
    house.approved(anna, flags=("--database", "production"))

    assert "Not signed off there as they are: 0002_more." in refused_on_production(house)
