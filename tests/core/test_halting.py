"""The stations of a halt: their order, what a failed execution does, what the ledger says."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.halting import (
    CONDITIONS,
    Condition,
    Course,
    Station,
    Stopped,
    Taken,
    condition_of,
    halt_state,
    halted_detail,
    open_halt,
    resumed_detail,
    resumed_row,
)
from ceremony.core.ledger_row import Event
from ceremony.core.outcome import Problem, ServerError
from tests.django.factories import LedgerRowFactory

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORDER = list(Station)
ONE, TWO = UUID(int=1), UUID(int=2)


def taken(station, course="", condition=""):
    return Taken(station, "said", "mia", NOON, condition, course)


def state(*stations):
    """Stations as taken; a course stands for DECIDE, ``failed`` for an EXECUTE that failed."""
    made = []
    for one in stations:
        if one == "failed":
            made.append(taken(Station.EXECUTE, condition="halt-migration-failed"))
        elif isinstance(one, Course):
            made.append(taken(Station.DECIDE, one.value))
        else:
            made.append(taken(one))
    return halt_state(made)


S, A, X, D, L = (
    Station.STOP,
    Station.ASSESS,
    Station.EXECUTE,
    Station.DOCUMENT,
    Station.LIFT,
)
BACK, ON, TAKE = Course.ROLL_BACK, Course.FIX_FORWARD, Course.ACCEPT


@pytest.mark.parametrize(
    ("stations", "following", "awaits", "allowed"),
    [
        ((), S, None, ""),
        ((S,), A, None, "assess"),
        ((S, A), Station.DECIDE, None, "assess decide"),
        ((S, A, A), Station.DECIDE, None, "assess decide"),
        ((S, A, BACK), X, BACK, "assess decide execute"),
        ((S, A, BACK, ON), X, ON, "assess decide execute"),
        ((S, A, BACK, A), X, BACK, "assess decide execute"),
        ((S, A, TAKE, X), D, None, "document"),
        ((S, A, TAKE, X, D), L, None, "document lift"),
        ((S, A, TAKE, X, D, L), None, None, ""),
        ((S, A, ON, "failed"), A, None, "assess"),
        ((S, A, ON, "failed", A), Station.DECIDE, None, "assess decide"),
        ((S, A, ON, "failed", A, BACK), X, BACK, "assess decide execute"),
        ((S, A, ON, X, "failed"), A, None, "assess"),
        ((S, A, ON, "failed", A, BACK, X), D, None, "document"),
    ],
)
def test_stations_come_in_order(stations, following, awaits, allowed):
    found = state(*stations)
    assert (found.next, found.awaits) == (following, awaits)
    assert " ".join(one.value for one in Station if found.allows(one)) == allowed


@given(st.lists(st.sampled_from([A, BACK, ON, TAKE, X, "failed", D, L]), max_size=12))
def test_what_is_taken_as_allowed_ends_lifted_only_by_every_station(wanted):
    """Whoever takes what is allowed at each time cannot lift a halt without its stations."""
    done = [S]
    for one in wanted:
        station = Station.DECIDE if isinstance(one, Course) else X if one == "failed" else one
        if state(*done).allows(station):
            done.append(one)
    found = state(*done)
    if found.next is None:
        last = max((n for n, one in enumerate(done) if one == "failed"), default=0)
        since = [Station.DECIDE if isinstance(one, Course) else one for one in done[last:]]
        places = [since.index(one) for one in (A, Station.DECIDE, X, D, L)]
        assert places == sorted(places)
    assert not found.allows(S)


def row(event, halt, sequence, ceremony=0):
    detail = (
        halted_detail(halt, "halt-by-hand", "Stop.", ceremony)
        if event is Event.HALTED
        else resumed_detail(halt, "accept", "Go.")
        if event is Event.RESUMED
        else "{}"
    )
    return LedgerRowFactory(event=event, detail=detail, sequence=sequence, recorded_by="mia@desk")


def test_the_ledger_says_whether_a_target_is_halted():
    applied = row(Event.APPLIED, ONE, 2)
    halted = row(Event.HALTED, ONE, 3, 7)
    resumed = row(Event.RESUMED, ONE, 4)
    again = row(Event.HALTED, TWO, 5)
    assert open_halt([applied]) is None
    found = open_halt([applied, halted, row(Event.FAILED, ONE, 9)])
    assert (found.halt, found.sequence, found.ceremony) == (ONE, 3, 7)
    assert (found.text, found.by, found.condition) == ("Stop.", "mia@desk", "halt-by-hand")
    assert open_halt([applied, halted, resumed]) is None
    assert open_halt([applied, halted, resumed, again]).halt == TWO
    assert resumed_row([halted, resumed, again], ONE) is resumed
    assert resumed_row([halted, resumed, again], TWO) is None


def test_details_are_canonical():
    detail = halted_detail(ONE, "halt-by-hand", 'say "stop"', 3)
    assert json.loads(detail) == {
        "halt": str(ONE),
        "condition": "halt-by-hand",
        "text": 'say "stop"',
        "ceremony": 3,
    }
    assert list(json.loads(detail)) == sorted(json.loads(detail))


@pytest.mark.parametrize(
    ("code", "sqlstate", "condition"),
    [
        ("statement-failed", "42601", Condition.MIGRATION_FAILED),
        ("statement-failed", "23505", Condition.CONSTRAINT_VIOLATED),
        ("check-failed", "", Condition.VERIFICATION_FAILED),
        ("contract-violated", "", Condition.VERIFICATION_FAILED),
        ("connection-lost", "08006", Condition.CONNECTION_LOST),
        ("outcome-unknown", "", Condition.CONNECTION_LOST),
        ("run-cut-off", "", Condition.RUN_CUT_OFF),
        ("run-halted", "57014", Condition.BY_HAND),
    ],
)
def test_the_condition_that_a_failure_meets(code, sqlstate, condition):
    server = ServerError(sqlstate, "said") if sqlstate else None
    assert condition_of(Problem(code, "It failed.", "", "", server)) is condition


def test_every_condition_has_a_sentence():
    assert set(CONDITIONS) == set(Condition)
    assert all(text.endswith(".") for text in CONDITIONS.values())


@pytest.mark.parametrize(
    ("met", "told"),
    [
        (Stopped(), []),
        (Stopped(process=7), []),
        (Stopped(out_of_reach=True), ["The target does not answer; only this control side knows."]),
        (Stopped(7, still=True), ["Process 7 was cancelled and is still at work."]),
        (
            Stopped(7, still=True, forbidden=True),
            ["Process 7 may not be cancelled by this role and is still at work."],
        ),
    ],
)
def test_what_a_halt_left_unsettled_is_told(met, told):
    assert list(met.unsettled()) == told
