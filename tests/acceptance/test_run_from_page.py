"""Runs that are started from the page: real processes, which act for the person who pressed."""

import threading
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from ceremony.actions.seen import seen_now
from ceremony.actions.start_process import words_of
from ceremony.models import AuditEvent, Ceremony, Outcome, Run, RunStart
from tests.acceptance.door import manage
from tests.acceptance.gatehouse import MORE, Gatehouse, signed
from tests.acceptance.pressing import Press, now, over, page_of, pressed, text_of
from tests.acceptance.world import QUIET, TABLE, WHOLE, World
from tests.conftest import Database
from tests.django.pages_of_acts import carried, opened, refusal
from tests.django.test_signing_pages import browser


@pytest.fixture
def house(
    world: World, control: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Gatehouse:
    world.write({**WHOLE, **QUIET})
    world.write({"0001_things.sql": f"-- Risk: low\n{TABLE}"})
    world.target()
    press = Press(world, control, tmp_path / "runs")
    press.set(monkeypatch)
    return Gatehouse(world, monkeypatch)


@pytest.fixture
def approved(house: Gatehouse, anna: User) -> Ceremony:
    return house.approved(anna)


@pytest.fixture
def olga(house: Gatehouse) -> Client:
    found: Client = browser("olga", "run")
    return found


def test_the_process_runs_as_the_person_who_pressed(approved: Ceremony, olga: Client) -> None:
    told = text_of(olga, approved)
    assert "This changes the database." in told
    assert f"manage.py apply_sql shop --database=shop --ceremony={approved.pk}" in told
    pressed(olga, approved)
    found = over(approved)
    words = words_of(found.row, found.steps)
    assert (words.status, now(approved)) == (0, "awaiting sign-off"), words.text
    run = Run.objects.get(kind="apply")
    assert (run.actor, run.series) == ("olga", "shop")
    assert run.command_line.endswith(f"--ceremony={approved.pk} --wait=60 --started={found.row.pk}")
    assert "password" not in run.command_line
    events = AuditEvent.objects.filter(action__startswith="start ").order_by("sequence")
    assert [(one.action, one.actor) for one in events] == [
        ("start ordered", "olga"),
        ("start taken up", "olga"),
        ("start ended", "olga"),
    ]
    assert [one.pid for one in found.steps] == [run.pid, run.pid]
    shown = text_of(olga, approved)
    assert "ended well" in shown
    assert "✓ Applied 1 migration of shop on shop (qa)" in shown
    assert "It is awaiting sign-off: this is not started now." in shown


def test_what_to_type_next_is_what_a_person_can_type(
    house: Gatehouse, olga: Client, anna: User
) -> None:
    house.world.write({"0002_wrong.sql": "-- Risk: low\n-- Reversible: no (a test)\nSELECT 1/0;\n"})
    approved = house.approved(anna)
    pressed(olga, approved)
    found = over(approved)
    assert words_of(found.row, found.steps).status == 1
    (problem,) = Outcome.objects.filter(state="failed").values_list("problem", flat=True)
    command = f"apply_sql shop --database=shop --ceremony={approved.pk} --wait=60"
    assert problem is not None
    assert problem["next_step"].endswith(f"manage.py {command}"), problem["next_step"]


def test_two_that_press_at_once_start_it_once(approved: Ceremony, olga: Client) -> None:
    form = carried(opened(olga, page_of(approved)))
    answers: list[int] = []
    both = threading.Barrier(2)

    def press() -> None:
        both.wait()
        answers.append(olga.post(page_of(approved), form).status_code)
        connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert over(approved).ended is not None
    assert RunStart.objects.count() == 1
    assert Run.objects.filter(kind="apply").count() == 1
    assert 302 in answers


def test_pressed_again_it_is_followed_and_nothing_else(approved: Ceremony, olga: Client) -> None:
    page = opened(olga, page_of(approved))
    assert olga.post(page_of(approved), carried(page)).status_code == 302
    again = olga.post(page_of(approved), carried(page), follow=True)
    assert over(approved).ended is not None
    assert RunStart.objects.count() == 1
    assert "It was started already, and once." in again.content.decode()


def test_another_person_is_told_that_it_is_under_way(approved: Ceremony, olga: Client) -> None:
    omar = browser("omar", "run")
    page = opened(omar, page_of(approved))
    pressed(olga, approved)
    answer = omar.post(page_of(approved), carried(page))
    assert refusal(answer) in {"start-under-way", "page-stale"}
    over(approved)
    assert RunStart.objects.count() == 1


def test_whom_the_policy_keeps_apart_starts_nothing(house: Gatehouse, anna: User) -> None:
    rita, ada = browser("rita", "run"), browser("ada", "sign")
    approved = house.approved(anna)
    told = text_of(rita, approved)
    assert (
        "&#x27;rita&#x27; is one of its authors, and the policy keeps author and operator" in told
    )
    form = {"fingerprint": approved.fingerprint, "round": 1, "seen": _seen(approved)}
    assert refusal(rita.post(page_of(approved), form)) == "operator-not-separate"
    assert ada.get(page_of(approved)).status_code == 403
    assert ada.post(page_of(approved), form).status_code == 403
    assert RunStart.objects.count() == 0


def test_a_page_that_showed_another_round_starts_nothing(
    house: Gatehouse, approved: Ceremony, anna: User, olga: Client
) -> None:
    old = carried(opened(olga, page_of(approved)))
    house.world.write(MORE)
    house.at_the_shell("rita")
    asked = manage("request_sql", "shop", "--again", str(approved.pk))
    assert asked.status == 0, asked.told()
    signed(approved, anna)
    assert refusal(olga.post(page_of(approved), old)) == "page-stale"
    approved.refresh_from_db()
    forged = {**old, "round": approved.round, "seen": _seen(approved)}
    assert refusal(olga.post(page_of(approved), forged)) == "approval-stale"
    assert RunStart.objects.count() == 0


def _seen(ceremony: Ceremony) -> str:
    ceremony.refresh_from_db()
    return seen_now(ceremony)
