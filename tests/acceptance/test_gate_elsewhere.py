"""Approved here and run elsewhere: another database, another control, another name for either."""

import io

import pytest
from django.contrib.auth.models import User
from django.db import connection

from ceremony.models import AuditEvent, AuditHead
from ceremony.models.audit import CONTROL_ROW
from tests.acceptance.door import Answer, manage
from tests.acceptance.gatehouse import (
    MORE,
    Gatehouse,
    environment,
    signed,
)
from tests.acceptance.world import point
from tests.conftest import Database, Databases
from tests.django.ceremonies import PASSWORD, person


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


def second_alias(house: Gatehouse, alias: str, called: str) -> None:
    """The same database by another name."""
    house.world.target(alias)
    point(alias, NAME=house.world.target().name)
    environment(called, alias)


@pytest.mark.parametrize("alias", ["dev", "shop"])
def test_another_word_for_a_database_without_a_ledger(house: Gatehouse, alias: str) -> None:
    """Somebody asked for an approval of it as production; then it is called local."""
    house.asked()
    if alias == "shop":
        environment("local")
    else:
        second_alias(house, "dev", "local")
    said = house.refused("environment-changed", "--database", alias)
    assert f"the database behind '{alias}' as 'shop', which is production" in said
    assert house.world.ask("SELECT to_regclass('ceremony_ledger')") == [(None,)]


def test_a_word_for_what_nobody_had_named(house: Gatehouse) -> None:
    """What was unknown may be named; that is what its refusals tell people to do."""
    environment("unknown")
    house.refused("approval-missing")
    environment("local")
    assert house.apply().status == 0


def adopted(*flags: str) -> Answer:
    return manage("reconcile_sql", "--database", "shop", "--adopt", "It is local now.", *flags)


@pytest.mark.parametrize("ledger", [True, False])
def test_adopting_is_no_way_to_an_open_policy(
    house: Gatehouse, anna: User, monkeypatch: pytest.MonkeyPatch, ledger: bool
) -> None:
    house.approved(anna)
    if ledger:
        assert house.apply().status == 0
    environment("local")
    house.refused("environment-changed")

    nobody = adopted()
    assert nobody.status == 2
    assert nobody.err == (
        "✕ The target 'shop' is production, and adopting it decides what its gate asks for from "
        "now on: a person answers for that.  [adopt-needs-user]\n"
        "State  Nothing was changed.\n"
        "Next   Add --user NAME: an account with the permission ceremony.override_ceremony; its "
        "password is asked for.\n"
    )
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    unable = adopted("--user", "anna", "--password-stdin")
    assert (unable.status, "[right-missing]" in unable.err) == (3, True), unable.told()
    house.refused("environment-changed")
    assert not AuditEvent.objects.filter(action="target adopted").exists()

    person("otto", "override")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    able = adopted("--user", "otto", "--password-stdin")
    assert able.status == 0, able.told()
    assert AuditEvent.objects.get(action="target adopted").detail()["account"] == "otto"
    house.world.write(MORE)
    assert house.apply().status == 0


def use_control(name: str) -> None:
    connection.close()
    point("default", NAME=name)
    connection.settings_dict["NAME"] = name


@pytest.mark.parametrize("older", ["the original", "the copy"])
def test_a_copy_of_the_control_database(
    house: Gatehouse, anna: User, databases: Databases, control: Database, older: str
) -> None:
    """A copy has the same identity, and whoever made it is its superuser. What was run with one of
    the two, the other one has no event of.
    """
    house.approved(anna)
    assert house.apply().status == 0
    house.world.write(MORE)
    connection.close()
    copied = databases.create(control.name).name
    first, second = (copied, control.name) if older == "the original" else (control.name, copied)
    use_control(first)
    house.approved(person("mallory", "sign"))
    assert house.apply().status == 0
    use_control(second)
    house.world.write({"0003_last.sql": "CREATE TABLE last ();\n"})
    said = house.refused("trail-went-back", status=5)
    assert "it was restored from an older backup, or a copy of it was used." in said
    use_control(control.name)


def test_a_control_database_that_says_it_is_the_first_one(
    house: Gatehouse,
    anna: User,
    databases: Databases,
    control: Database,
    control_template: str,
) -> None:
    """The identity stands in every ledger; the trail that the ledger witnesses does not."""
    house.approved(anna)
    assert house.apply().status == 0
    identity = AuditHead.current().control
    made = databases.create(control_template)
    use_control(made.name)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_audithead DISABLE TRIGGER ALL")
    AuditHead.objects.update_or_create(id=CONTROL_ROW, defaults={"control": identity})
    house.world.write(MORE)
    house.refused("trail-went-back", status=5)
    use_control(control.name)
