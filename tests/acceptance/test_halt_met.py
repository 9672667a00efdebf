"""What a halt meets: first runs, runs at their end, other aliases of the same database."""

from functools import partial
from typing import Any

import pytest
from django.conf import settings

from ceremony.actions import execute as execute_module
from ceremony.actions import gated as gated_module
from ceremony.actions import halt as halt_module
from ceremony.models import AuditEvent, Purpose, Target
from tests.acceptance.door import Answer, manage
from tests.acceptance.halting import (
    BROKEN,
    again,
    approved,
    by_mia,
    events,
    fails,
    halted,
    monkeypatched,
    resumed,
    signed,
    state,
    stations,
    trail_holds,
)
from tests.acceptance.world import QUIET, WHOLE, World, point
from tests.django.ceremonies import person


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run that is met waits for the halt: nobody need watch it end."""
    monkeypatch.setattr(halt_module, "ENDING", 0.1)


def test_the_first_run_on_a_target_is_stopped_before_it_has_made_the_ledger(world: World) -> None:
    world.write({**WHOLE, **QUIET})
    world.target()
    run: Any = vars(gated_module)["execute"]
    answers = []

    def late(*arguments: Any) -> Any:
        answers.append(halted())
        return run(*arguments)

    with monkeypatched(gated_module, "execute", late):
        met = world.apply()
    assert "[halt-unfinished]" in answers[0].err, answers[0].told()
    assert (met.status, "Wrong figures.  [run-halted]" in met.err) == (1, True), met.told()
    assert "Next   manage.py resume_sql --database shop\n" in met.err
    assert events(world) == ["opened", "halted"]
    refused = world.apply()
    assert "[target-halted]" in refused.err, refused.told()
    assert state() == "halted"
    trail_holds()


ALL = ("--assess", "Fine.", "--decide", "accept", "--reason", "Fine.", "--document", "Fine.")


@pytest.fixture
def twins(world: World) -> World:
    """``shop`` and ``twin`` lead to the same database."""
    world.write({**WHOLE, **QUIET})
    world.target()
    settings.DATABASES["twin"] = settings.DATABASES["shop"]
    return world


def twin(command: str, *flags: str) -> Answer:
    return manage(command, "--database", "twin", *flags)


def test_a_halt_that_is_lifted_by_another_alias_is_lifted(twins: World) -> None:
    twins.applied()
    halted()
    answer = twin("resume_sql", *ALL)
    assert answer.status == 0, answer.told()
    assert events(twins)[-2:] == ["halted", "resumed"]
    twins.applied()
    assert "No halt" in resumed().out
    assert [one[0] for one in stations()].count("lift") == 1
    trail_holds()


def in_production(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ceremony 1 is approved by sam; tom is about to run it, and mia may halt."""
    live = {"ENVIRONMENT": "production"}
    settings.CEREMONY = {**settings.CEREMONY, "TARGETS": {"shop": live, "twin": live}}
    person("sam", "sign")
    person("mia", "halt")
    person("tom", "run")
    monkeypatch.setenv("LOGNAME", "lena")
    manage("request_sql", "shop", "--why", "The things come.")
    approved()
    monkeypatch.setenv("LOGNAME", "tom")


def test_another_alias_is_no_way_around_the_decisions_about_a_ceremony(
    twins: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The halt is that of the ceremony that it stopped, whoever looks at it from where."""
    twins.write(BROKEN)
    in_production(twins, monkeypatch)
    fails(twins)
    monkeypatch.setattr("tests.acceptance.halting.resumed", partial(twin, "resume_sql"))
    decided = by_mia(monkeypatch, *ALL[:4], "--reason", "Fine.")
    assert "1 person has to sign the decision" in decided.out, decided.told()
    answer = by_mia(monkeypatch, "--document", "Fine.")
    assert (answer.status, "[decision-unsigned]" in answer.err) == (3, True), answer.told()
    assert (state(), events(twins)[-1]) == ("halted", "halted")
    signed(Purpose.DECISION)
    answer = by_mia(monkeypatch, "--document", "Fine.")
    assert (answer.status, state()) == (0, "awaiting sign-off"), answer.told()
    trail_holds()


def test_what_control_alone_knows_holds_for_every_alias(twins: World) -> None:
    twins.applied()
    twin("status_sql")
    twins.write({"0002_more.sql": "CREATE TABLE more (id int);\n"})
    assert twins.apply("--database", "twin", "--to", "0001").status == 0
    before = settings.DATABASES["shop"]["HOST"]
    settings.DATABASES["twin"] = dict(settings.DATABASES["shop"])
    point("shop", HOST="/nowhere-at-all")
    assert "only this control side knows" in halted().out
    point("shop", HOST=before)
    answer = twins.apply("--database", "twin")
    assert "[target-halted]" in answer.err, answer.told()
    assert events(twins)[-1] == "halted"
    trail_holds()


def without_the_last_row(world: World) -> None:
    """As the owner of the ledger can."""
    world.ask(
        "ALTER TABLE ceremony_ledger DISABLE TRIGGER ALL;"
        "DELETE FROM ceremony_ledger WHERE sequence = (SELECT max(sequence) FROM ceremony_ledger);"
        "ALTER TABLE ceremony_ledger ENABLE ALWAYS TRIGGER ceremony_ledger_rows;"
        "ALTER TABLE ceremony_ledger ENABLE ALWAYS TRIGGER ceremony_ledger_statements"
    )


@pytest.mark.parametrize("lifted", [False, True])
def test_the_trail_proves_that_a_target_was_halted_and_resumed(world: World, lifted: bool) -> None:
    world.write({**WHOLE, **QUIET})
    world.target()
    world.applied()
    halted()
    if lifted:
        resumed(*ALL)
    assert manage("verify_audit", "--targets").status == 0
    without_the_last_row(world)
    Target.objects.update(ledger_sequence=0, ledger_hash="")
    number = 4 if lifted else 3
    answer = manage("verify_audit", "--targets")
    event = AuditEvent.objects.earliest("-sequence").sequence
    said = f"Event {event} tells of row {number} in the ledger of 'shop', which has no such row."
    assert (answer.status, said in answer.out) == (5, True), answer.told()


def test_a_row_that_no_event_tells_of_is_missed_all_the_same(world: World) -> None:
    """Control remembers the newest row that it saw."""
    world.write({**WHOLE, **QUIET})
    world.target()
    world.applied()
    before = settings.DATABASES["shop"]["HOST"]
    point("shop", HOST="/nowhere-at-all")
    halted()
    point("shop", HOST=before)
    resumed()
    assert events(world)[-1] == "halted"
    without_the_last_row(world)
    answer = manage("verify_audit", "--targets")
    said = "The ledger of 'shop' lacks row 3 as control has seen it.  [audit-ledger]"
    assert (answer.status, said in answer.out) == (5, True), answer.told()


MORE = {
    "0002_more.sql": "CREATE TABLE more (id int);\n",
    "0002_more.rollback.sql": "DROP TABLE more;\n",
}


def halted_before(name: str, world: World) -> Answer:
    """A run of ceremony 1, which a halt meets just before this function of it."""
    run: Any = vars(gated_module)[name]

    def late(*arguments: Any, **named: Any) -> Any:
        halted()
        return run(*arguments, **named)

    with monkeypatched(gated_module, name, late):
        return world.apply("--ceremony", "1")


def test_a_halt_that_comes_before_the_run_begins_is_that_of_its_ceremony(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was decided about the one is decided about the other: there is no second halt."""
    world.write({**WHOLE, **QUIET, **MORE})
    world.target()
    in_production(world, monkeypatch)
    answer = halted_before("execute", world)
    assert "[run-halted]" in answer.err, answer.told()
    assert "Ceremony  1, halted" in resumed().out
    assert events(world) == ["opened", "halted", "halted"]
    by_mia(monkeypatch, "--assess", "Fine.", "--decide", "roll-back", "--reason", "So.")
    assert state() == "rolled back"
    answer = by_mia(monkeypatch, "--document", "Fine.")
    assert "Lifted" in answer.out, answer.told()
    assert "No halt" in resumed().out
    assert events(world) == ["opened", "halted", "halted", "resumed"]
    assert [one[0] for one in stations()].count("stop") == 1
    trail_holds()


def test_a_halt_that_comes_during_the_verification_stops_the_ceremony(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything ran and everything is well, and still nobody is asked to sign that."""
    world.write({**WHOLE, **QUIET, **MORE})
    world.target()
    in_production(world, monkeypatch)
    answer = halted_before("verify_after", world)
    assert (answer.status, "Wrong figures.  [run-halted]" in answer.err) == (1, True), answer.told()
    assert "State  Every migration of the plan is in the database.\n" in answer.err
    assert events(world) == ["opened", "applied", "applied", "halted"]
    assert (state(), [one[0] for one in stations()]) == ("halted", ["stop"])
    trail_holds()


def test_a_halt_that_comes_behind_the_last_row_stops_what_nobody_verifies(world: World) -> None:
    """Under a policy that asks nobody, a run signs itself off at its end."""
    world.write({**WHOLE, **QUIET})
    world.target()
    close: Any = vars(execute_module)["close_run"]

    def late(*arguments: Any, **named: Any) -> Any:
        halted()
        return close(*arguments, **named)

    with monkeypatched(execute_module, "close_run", late):
        world.apply()
    assert events(world) == ["opened", "applied", "halted"]
    assert state() == "halted"
    trail_holds()


def test_an_acceptance_is_signed_whatever_was_decided_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new round was asked for after "fix forward": "accept" is still no matter of one."""
    world.write({**WHOLE, **QUIET, **BROKEN})
    world.target()
    in_production(world, monkeypatch)
    fails(world)
    by_mia(monkeypatch, "--assess", "Fine.", "--decide", "fix-forward", "--reason", "So.")
    again(monkeypatch)
    assert state() == "requested"
    for course in ("accept", "roll-back"):
        answer = by_mia(monkeypatch, "--decide", course, "--reason", "Or not.")
        said = "Ceremony 1 is requested: to fix it forward was decided, and its new round is under"
        assert (answer.status, said in answer.err) == (3, True), answer.told()
    by_mia(monkeypatch, "--decide", "fix-forward", "--reason", "Once more.")
    answer = by_mia(monkeypatch, "--document", "Fine.")
    assert (answer.status, "its next station is EXECUTE" in answer.err) == (3, True), answer.told()
    assert "[target-halted]" in world.apply().err
    assert manage("request_sql", "shop", "--cancel", "1", "--why", "No.").status == 0
    assert state() == "halted"
    answer = by_mia(monkeypatch, "--decide", "accept", "--reason", "It stays.")
    assert (answer.status, "1 person has to sign the decision" in answer.out) == (0, True), (
        answer.told()
    )
    answer = by_mia(monkeypatch, "--document", "Fine.")
    assert (answer.status, "[decision-unsigned]" in answer.err) == (3, True), answer.told()
    assert "[target-halted]" in world.apply().err
    trail_holds()
