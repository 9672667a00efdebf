"""From the page: the approved way back, and a verification that was cut off."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from ceremony.actions.rounds import manifest_of, newest_round
from ceremony.actions.signing import losses_of
from ceremony.actions.start_process import words_of
from ceremony.models import Ceremony, Run, RunStart
from tests.acceptance.gatehouse import Gatehouse, signed
from tests.acceptance.halting import BROKEN, by_mia, resumed
from tests.acceptance.pressing import Press, now, over, page_of, pressed, text_of
from tests.acceptance.world import QUIET, WHOLE, World
from tests.conftest import Database
from tests.django.ceremonies import person
from tests.django.pages_of_acts import opened, refusal, send
from tests.django.test_signing_pages import browser

LOSES = "-- Risk: high\n-- Data loss: rollback (drops things)\n"


@pytest.fixture
def house(
    world: World, control: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Gatehouse:
    world.write({**WHOLE, **QUIET})
    world.write({"0001_things.sql": LOSES + WHOLE["0001_things.sql"]})
    world.target()
    Press(world, control, tmp_path / "runs").set(monkeypatch)
    return Gatehouse(world, monkeypatch)


@pytest.fixture
def omar(house: Gatehouse) -> Client:
    found: Client = browser("omar", "run")
    return found


def accepted(ceremony: Ceremony) -> tuple[str, ...]:
    """The losses of the way back, as an approver accepts them."""
    return losses_of(manifest_of(newest_round(ceremony)))


def approve(house: Gatehouse, user: User) -> Ceremony:
    ceremony = house.asked()
    signed(ceremony, user, accepted=accepted(ceremony))
    ceremony.refresh_from_db()
    assert ceremony.state == "approved"
    return ceremony


def test_what_was_decided_to_go_back_goes_back_from_the_page(
    house: Gatehouse, anna: User, omar: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.world.write(BROKEN)
    person("mia", "halt")
    ceremony = approve(house, anna)
    assert house.apply().status == 1
    assert now(ceremony) == "halted"
    told = text_of(omar, ceremony, "way_back")
    assert "Nobody has decided to roll back: assess the halt, and decide." in told
    assert resumed("--assess", "0001 is in, 0002 is not.").status == 0
    decided = by_mia(monkeypatch, "--decide", "roll-back", "--reason", "It must go.")
    assert decided.status == 0, decided.told()
    form = opened(omar, page_of(ceremony, "way_back")).context["form"]
    assert set(form.fields) >= {"environment", "why_lost", "backup"}
    wrong = {"why_lost": "It is empty.", "backup": "None is needed.", "environment": "prod"}
    answer = send(omar, page_of(ceremony, "way_back"), **wrong)
    assert refusal(answer) == "environment-typed-wrong"
    assert "It is empty." in answer.content.decode()
    assert RunStart.objects.count() == 0
    pressed(omar, ceremony, "way_back", **{**wrong, "environment": "qa"})
    found = over(ceremony)
    words = words_of(found.row, found.steps)
    assert (words.status, now(ceremony)) == (0, "rolled back"), words.text
    assert Run.objects.latest("pk").actor == "omar"
    assert "--accept-data-loss=It is empty." in found.row.command
    assert "--confirm=qa" in found.row.command


def test_a_verification_that_was_cut_off_is_taken_up_from_the_page(
    house: Gatehouse, anna: User, omar: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ceremony = approve(house, anna)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("ceremony.actions.verifying.judge_after", killed)
        assert house.apply().status == 130
    assert now(ceremony) == "verifying"
    told = text_of(omar, ceremony, "verify_again")
    assert "The database is only read. The ceremony moves on." in told
    pressed(omar, ceremony, "verify_again")
    found = over(ceremony)
    words = words_of(found.row, found.steps)
    assert (words.status, now(ceremony)) == (0, "awaiting sign-off"), words.text
