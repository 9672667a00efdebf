"""Approved here and run elsewhere: another database, another control, another name for either."""

import pytest
from django.contrib.auth.models import User
from django.db import connection

from tests.acceptance.gatehouse import (
    MORE,
    Gatehouse,
    environment,
    signed,
)
from tests.acceptance.world import point
from tests.conftest import Databases


def test_another_name_for_the_database(house: Gatehouse, anna: User) -> None:
    """An alias that settings call local, for a database whose ledger says otherwise."""
    house.approved(anna)
    house.apply()
    house.world.target("twin")
    point("twin", NAME=house.world.target().name)
    house.world.write(MORE)
    house.refused("environment-changed", "--database", "twin")


def test_approved_for_staging_run_on_production(house: Gatehouse, anna: User) -> None:
    house.world.target("stage")
    environment("staging", "stage")
    ceremony = house.asked("--database", "stage")
    signed(ceremony, anna)
    house.refused("approval-missing")
    house.refused(
        "ceremony-elsewhere",
        "--database",
        "shop",
        "--ceremony",
        str(ceremony.pk),
        status=2,
    )


def test_the_alias_of_staging_pointed_at_production(house: Gatehouse, anna: User) -> None:
    stage = house.world.target("stage")
    environment("staging", "stage")
    ceremony = house.asked("--database", "stage")
    signed(ceremony, anna)
    point("stage", NAME=house.world.target().name)
    said = house.refused("approval-stale", "--ceremony", str(ceremony.pk), "--database", "stage")
    assert f"The target's database was {stage.name}" in said


def test_a_second_control_database(
    house: Gatehouse, anna: User, databases: Databases, control_template: str
) -> None:
    house.approved(anna)
    assert house.apply().status == 0
    house.world.write(MORE)
    environment("local")
    connection.close()
    made = databases.create(control_template)
    point("default", NAME=made.name)
    connection.settings_dict["NAME"] = made.name
    answer = house.apply()
    assert (answer.status, "ledger-other-control" in answer.err) == (3, True), answer.told()


def test_a_production_address_without_an_environment(
    house: Gatehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody says what it is, so it is unknown, and unknown is protected."""
    environment(None)
    point("shop", HOST=f"{house.world.target().conninfo.split()[0].removeprefix('host=')}")
    monkeypatch.setattr("ceremony.conf._is_local", lambda host: False)
    said = house.refused("approval-missing", "--confirm", "unknown")
    assert "The target 'shop' is unknown" in said
