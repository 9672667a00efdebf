"""The approved way back: by night, without another quorum; and nothing else by the same door."""

import io
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from ceremony.core.states import State
from ceremony.models import AuditEvent, Ceremony, CeremonyRun
from tests.acceptance.door import Answer, manage
from tests.acceptance.gatehouse import Gatehouse, environment
from tests.acceptance.world import QUIET, WHOLE, World
from tests.django.ceremonies import PASSWORD, person

TWO = {
    **WHOLE,
    "0002_more.sql": "CREATE TABLE more (id int PRIMARY KEY);\n",
    "0002_more.rollback.sql": "DROP TABLE more;\n",
    "0003_wrong.sql": "SELECT 1 / 0;\n",
    "0003_wrong.rollback.sql": "SELECT 1;\n",
}


@pytest.fixture
def house(world: World, monkeypatch: pytest.MonkeyPatch) -> Gatehouse:
    world.write({**TWO, **QUIET})
    world.target()
    environment("production")
    return Gatehouse(world, monkeypatch)


@pytest.fixture
def halted(house: Gatehouse) -> Ceremony:
    """Two of three migrations are in; the third one failed."""
    ceremony = house.approved(person("anna", "sign"))
    assert house.apply().status == 1
    ceremony.refresh_from_db()
    assert ceremony.state == State.HALTED
    return ceremony


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What dora, who may, decides about the halt."""
    person("dora", "halt")

    def resume(*flags: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
        who = ("--user", "dora", "--password-stdin")
        answer = manage("resume_sql", "--database", "shop", *flags, *who)
        assert answer.status == 0, answer.told()

    def decide(course: str = "roll-back") -> None:
        resume("--assess", "The third one divides by zero.")
        resume("--decide", course, "--reason", "Back to where we were.")

    return decide


def applied(house: Gatehouse) -> list[str]:
    return house.world.applied_versions()


def ran(answer: Answer) -> Answer:
    assert answer.status == 0, answer.told()
    return answer


def test_a_halt_is_taken_back_by_what_was_approved(
    house: Gatehouse, halted: Ceremony, decided: Callable[..., None]
) -> None:
    assert applied(house) == ["0001", "0002"]
    decided()
    ran(house.roll_back("--ceremony", str(halted.pk)))
    assert applied(house) == []
    halted.refresh_from_db()
    assert halted.state == State.ROLLED_BACK
    assert list(CeremonyRun.objects.order_by("pk").values_list("purpose", flat=True)) == [
        "change",
        "way back",
    ]
    event = AuditEvent.objects.get(action="way back started")
    assert event.actor == "olga"
    digests = house.world.ask("SELECT DISTINCT manifest_digest FROM ceremony_ledger"
                              " WHERE event IN ('applied', 'rolled back')")  # fmt: skip
    assert digests == [(halted.fingerprint,)]


def test_one_step_at_a_time(
    house: Gatehouse, halted: Ceremony, decided: Callable[..., None]
) -> None:
    decided()
    ran(house.roll_back())
    assert applied(house) == ["0001"]
    halted.refresh_from_db()
    assert halted.state == State.HALTED
    ran(house.roll_back())
    halted.refresh_from_db()
    assert (applied(house), halted.state) == ([], State.ROLLED_BACK)


def test_not_before_it_is_decided(
    house: Gatehouse, halted: Ceremony, decided: Callable[..., None]
) -> None:
    answer = house.roll_back("--ceremony", str(halted.pk))
    assert (answer.status, "[target-halted]" in answer.err) == (3, True), answer.told()
    decided("fix-forward")
    answer = house.roll_back("--ceremony", str(halted.pk))
    assert (answer.status, "[target-halted]" in answer.err) == (3, True), answer.told()
    assert applied(house) == ["0001", "0002"]


def test_another_way_back_is_not_the_approved_one(
    house: Gatehouse, halted: Ceremony, decided: Callable[..., None]
) -> None:
    decided()
    house.world.write({"0002_more.rollback.sql": "DROP TABLE more CASCADE;\n"})
    answer = house.roll_back("--ceremony", str(halted.pk))
    assert answer.status == 3
    assert answer.err == (
        f"✕ This is not the way back that was approved with ceremony {halted.pk}:  "
        "[way-back-differs]\n"
        "  The way back of 0002_more is not the one that was approved.\n"
        "\n"
        "State  Nothing was changed.\n"
        "Next   Take that one, or ask for another: manage.py request_sql shop --database shop "
        "--rollback\n"
    )
    plain = house.roll_back()
    assert plain.status == 3
    assert applied(house) == ["0001", "0002"]


def test_what_another_ceremony_brought_in_stays(house: Gatehouse) -> None:
    """The way back of a ceremony ends where the ceremony began."""
    house.world.path("0003_wrong.sql").unlink()
    house.world.path("0003_wrong.rollback.sql").unlink()
    anna = person("anna", "sign")
    house.approved(anna)
    ran(house.apply())
    house.world.write({"0003_wrong.sql": TWO["0003_wrong.sql"]})
    halted = house.approved(anna)
    assert house.apply().status == 1
    halted.refresh_from_db()
    assert halted.state == State.HALTED
    answer = house.roll_back("--ceremony", str(halted.pk), "--to", "zero")
    assert (answer.status, "[way-back-differs]" in answer.err) == (3, True), answer.told()
    assert "0002_more was not brought in by ceremony" in answer.err
    assert applied(house) == ["0001", "0002"]


def test_from_no_halt_there_is_no_way_back(house: Gatehouse) -> None:
    house.world.path("0003_wrong.sql").unlink()
    house.world.path("0003_wrong.rollback.sql").unlink()
    ceremony = house.approved(person("anna", "sign"))
    ran(house.apply())
    answer = house.roll_back("--ceremony", str(ceremony.pk))
    assert (answer.status, "[ceremony-state]" in answer.err) == (3, True)
    assert "Halt it first: manage.py halt_sql --database shop" in answer.err
    plain = house.roll_back()
    assert (plain.status, "[approval-missing]" in plain.err) == (3, True)


def test_a_rollback_of_its_own_is_approved_like_a_change(house: Gatehouse) -> None:
    house.world.path("0003_wrong.sql").unlink()
    house.world.path("0003_wrong.rollback.sql").unlink()
    anna: User = person("anna", "sign")
    house.approved(anna)
    ran(house.apply())
    back = house.approved(anna, flags=("--rollback", "--to", "zero"))
    assert house.roll_back().status == 3
    ran(house.roll_back("--ceremony", str(back.pk)))
    assert applied(house) == []
