"""Who made a change does not sign for it, also where nobody was asked before it ran."""

import io
import subprocess

import pytest
from django.contrib.auth.models import User

from ceremony.errors import Refused
from ceremony.models import Ceremony, Purpose
from tests.acceptance.gatehouse import Gatehouse, environment, signed
from tests.acceptance.world import QUIET, WHOLE, World
from tests.django.ceremonies import PASSWORD, person


@pytest.fixture
def house(world: World, monkeypatch: pytest.MonkeyPatch) -> Gatehouse:
    """``anna`` is named in the file, ``carl`` committed it."""
    world.write(
        {**WHOLE, **QUIET, "0001_things.sql": f"-- Author: Anna\n{WHOLE['0001_things.sql']}"}
    )
    world.target()
    for words in (
        ("init", "--quiet"),
        ("add", "."),
        ("-c", "user.name=Carl C", "-c", "user.email=carl@example.org", "commit", "-qm", "x"),
    ):
        subprocess.run(["git", "-C", str(world.root), *words], check=True)
    return Gatehouse(world, monkeypatch)


@pytest.fixture
def people(house: Gatehouse) -> dict[str, User]:
    return {name: person(name, "sign") for name in ("anna", "carl", "rita", "olga", "zoe")}


def refused(ceremony: Ceremony, user: User, purpose: Purpose) -> str:
    with pytest.raises(Refused) as caught:
        signed(ceremony, user, purpose)
    return caught.value.code


def test_before_a_run(house: Gatehouse, people: dict[str, User]) -> None:
    environment("production")
    ceremony = house.asked()

    for name in ("anna", "carl", "rita"):
        assert refused(ceremony, people[name], Purpose.APPROVAL) == "approval-own"
    assert signed(ceremony, people["olga"]).username == "olga"


def test_after_a_run_that_nobody_approved(house: Gatehouse, people: dict[str, User]) -> None:
    environment("staging", APPROVALS=0)
    answer = house.apply("--confirm", "staging")
    assert answer.status == 0, answer.told()
    ceremony = Ceremony.objects.get()

    for name in ("anna", "carl"):
        assert refused(ceremony, people[name], Purpose.ACCEPTANCE) == "approval-own"
    assert refused(ceremony, people["olga"], Purpose.ACCEPTANCE) == "approval-own"
    assert signed(ceremony, people["zoe"], Purpose.ACCEPTANCE).username == "zoe"


def test_after_break_glass(
    house: Gatehouse, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment("production")
    person("otto", "override", "sign")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    answer = house.apply(
        "--override", "--reason", "The shop is down.", "--user", "otto", "--password-stdin"
    )
    assert answer.status == 0, answer.told()
    ceremony = Ceremony.objects.get()

    for name in ("anna", "carl"):
        assert refused(ceremony, people[name], Purpose.REVIEW) == "approval-own"
    assert signed(ceremony, people["zoe"], Purpose.REVIEW).username == "zoe"
