"""Break-glass: who may, how loud it is, and what waits until two others have looked at it."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

from ceremony.errors import Refused
from ceremony.models import AuditEvent, Ceremony, CeremonyRun, Purpose
from tests.acceptance.door import Answer
from tests.acceptance.gatehouse import MORE, NOBODY, Gatehouse, environment, signed, told
from tests.acceptance.world import point
from tests.django.ceremonies import PASSWORD, person

WHY = ("--override", "--reason", "The shop is down.")


@pytest.fixture
def otto(house: Gatehouse) -> User:
    """Who may break the glass."""
    made: User = person("otto", "override", "sign")
    return made


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call with a password: the next command reads it from standard input."""

    def type_in(password: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))

    return type_in


def as_(name: str) -> tuple[str, ...]:
    return (*WHY, "--user", name, "--password-stdin")


def broken(house: Gatehouse, typed: Any) -> Answer:
    """The glass is broken, by otto."""
    typed(PASSWORD)
    answer = house.apply(*as_("otto"))
    assert answer.status == 0, answer.told()
    return answer


def test_it_runs_and_says_so_everywhere(house: Gatehouse, otto: User, typed: Any) -> None:
    answer = broken(house, typed)
    ceremony = Ceremony.objects.get()
    assert ceremony.overridden
    assert "This ran without an approval (The shop is down.)" in answer.out
    run = CeremonyRun.objects.get()
    assert (run.purpose, run.reason, run.run.actor) == ("override", "The shop is down.", "otto")
    event = AuditEvent.objects.get(action="ceremony overridden")
    assert event.actor == "otto"
    assert event.detail()["why"] == "The shop is down."
    assert event.detail()["account"] == "otto"
    [row] = house.world.ask(
        "SELECT manifest_digest, detail FROM ceremony_ledger WHERE event = 'applied'"
    )
    assert row == (ceremony.fingerprint, '{"override":"The shop is down."}')
    assert [one["code"] for one in run.run.outcome.findings] == ["override-run"]
    assert not ceremony.history.filter(act__in=("approve", "start")).exists()


def test_the_password_is_nowhere(house: Gatehouse, otto: User, typed: Any) -> None:
    broken(house, typed)
    for model in (AuditEvent,):
        assert not any(PASSWORD in str(row.__dict__) for row in model.objects.all())


def test_nothing_runs_until_two_others_have_looked(
    house: Gatehouse, otto: User, typed: Any
) -> None:
    broken(house, typed)
    ceremony = Ceremony.objects.get()
    house.world.write(MORE)
    anna = person("anna", "sign")
    second = house.asked()
    signed(second, anna)
    assert house.refused("override-unreviewed") == (
        f"✕ Ceremony {ceremony.pk} ran on 'shop' without an approval, and two others have to look "
        "at it before anything else runs there: 2 missing.  [override-unreviewed]\n"
        "State  Nothing was changed.\n"
        "Next   Two people who may sign and did not run it sign the review on the page of ceremony "
        f"{ceremony.pk} in the admin.\n"
    )
    typed(PASSWORD)
    house.refused("override-unreviewed", *as_("otto"))
    with pytest.raises(Refused) as own:
        signed(ceremony, otto, Purpose.REVIEW, comment="Seen.")
    assert own.value.code in {"operator-not-separate", "approval-own"}
    signed(ceremony, anna, Purpose.REVIEW, comment="Seen.")
    house.refused("override-unreviewed")
    dora = person("dora", "sign")
    signed(ceremony, dora, Purpose.REVIEW, comment="Seen.")
    ran = house.apply("--ceremony", str(second.pk))
    assert "approval-stale" in ran.err or ran.status == 0, ran.told()


def test_another_name_for_the_database_is_no_way_around(
    house: Gatehouse, otto: User, typed: Any
) -> None:
    broken(house, typed)
    house.world.target("twin")
    environment("production", "twin")
    point("twin", NAME=house.world.target().name)
    house.world.write(MORE)
    house.refused("override-unreviewed", "--database", "twin")


def test_a_reviewer_who_left_does_not_count(house: Gatehouse, otto: User, typed: Any) -> None:
    broken(house, typed)
    ceremony = Ceremony.objects.get()
    people = [person(name, "sign") for name in ("anna", "dora")]
    for one in people:
        signed(ceremony, one, Purpose.REVIEW, comment="Seen.")
    house.world.write(MORE)
    house.refused("approval-missing")
    people[0].is_active = False
    people[0].save()
    house.refused("override-unreviewed")


def test_without_the_right(house: Gatehouse, typed: Any) -> None:
    person("anna", "sign", "run")
    typed(PASSWORD)
    assert house.refused("right-missing", *as_("anna")) == (
        "✕ 'anna' may not run without an approval.  [right-missing]\n"
        "State  Nothing was changed.\n"
        "Next   Somebody with the permission ceremony.override_ceremony does it; being a superuser "
        "does not count.\n"
    )


def test_a_superuser_has_no_right_by_that(house: Gatehouse, typed: Any) -> None:
    person("boss", is_superuser=True)
    typed(PASSWORD)
    house.refused("right-missing", *as_("boss"))


def test_a_wrong_password(house: Gatehouse, otto: User, typed: Any) -> None:
    typed("guess")
    house.refused("password-wrong", *as_("otto"))


def test_the_shell_name_alone(house: Gatehouse, otto: User) -> None:
    said = house.refused("override-needs-user", *WHY, by="otto", status=2)
    assert "Add --user NAME" in said


def test_flags_that_do_not_go_together(house: Gatehouse) -> None:
    house.refused("reason-missing", "--override", status=2)
    house.refused("reason-without-override", "--reason", "I want to.", status=2)
    house.refused("ceremony-with-override", *WHY, "--ceremony", "1", status=2)


def test_where_nobody_is_asked_there_is_no_glass(house: Gatehouse, otto: User, typed: Any) -> None:
    environment("production", **NOBODY)
    typed(PASSWORD)
    house.refused("override-not-needed", *as_("otto"))


def test_the_mark_cannot_be_taken_off(house: Gatehouse, otto: User, typed: Any) -> None:
    broken(house, typed)
    with pytest.raises(DatabaseError), transaction.atomic():
        Ceremony.objects.update(overridden=False)
    with connection.cursor() as cursor, pytest.raises(DatabaseError):
        cursor.execute("UPDATE ceremony_ceremonyrun SET purpose = 'change'")


def test_a_halted_target_stays_halted(house: Gatehouse, otto: User, typed: Any) -> None:
    """Break-glass is for what nobody approved, not for what somebody stopped."""
    house.world.write({"0001_things.sql": "SELECT 1 / 0;\n"})
    typed(PASSWORD)
    failed = house.apply(*as_("otto"))
    assert failed.status == 1
    assert told(failed)
    typed(PASSWORD)
    house.refused("target-halted", *as_("otto"))
