"""Which way round files and ledger disagree, from values alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.finding import refuse
from ceremony.core.history import Event, History
from ceremony.core.opened import opened
from ceremony.core.readiness import (
    ACCEPTABLE,
    WORST_LAST,
    Readiness,
    ReadinessState,
    readiness,
    unread,
    worst,
)
from tests.core.folders import Book, complete, series_of

STEMS = tuple(f"{number:04d}_t" for number in range(1, 9))
WHY = refuse("", "connect-failed", "No server answers there.", "Start it.")


def ready(series, history):
    # A ledger of these tests has no facts of its own, so no environment differs.
    return readiness(series, history, alias="shop", environment="local")


def book(series):
    made = Book(series)
    made.rows.clear()
    return made


@given(st.sets(st.sampled_from(STEMS)), st.sets(st.sampled_from(STEMS)))
def test_what_lacks_on_either_side_is_named(files, applied):
    """Whatever is on the disk and in the ledger: the lists are the two differences."""
    everything = series_of(complete(*STEMS))
    rows = book(everything).applied(*(stem[:4] for stem in sorted(applied))).rows
    found = ready(series_of(complete(*files)), History(rows))

    assert set(found.behind) == files - applied
    assert set(found.ahead) == applied - files
    if applied - files:
        assert found.state is ReadinessState.AHEAD
    elif files - applied:
        assert found.state is ReadinessState.BEHIND
    else:
        assert (found.state, found.next_step) == (ReadinessState.MATCH, "")


def test_names_are_told_up_to_five():
    series = series_of(complete(*STEMS))
    assert ready(series, History([])).sentence == (
        "shop on 'shop' is behind this code; not applied there: 0001_t, 0002_t, 0003_t, 0004_t, "
        "0005_t, 3 more."
    )
    six = series_of(complete(*STEMS[:6]))
    assert ready(six, History([])).sentence.endswith("0005_t, 0006_t.")


def test_a_rolled_back_and_a_partly_applied_migration_wait():
    series = series_of(complete("0001_a", "0002_b", header={"0002_b": "-- Transaction: none\n"}))
    rows = book(series).applied("0001").write(Event.ROLLED_BACK, "0001")
    rows.write(Event.STARTED, "0002", detail='{"direction":"apply"}')
    assert ready(series, rows.history).behind == ("0001_a", "0002_b")


def test_superseded_and_planned_files_do_not_wait():
    header = {"0003_c": "-- Supersedes: 0001-0002\n", "0004_d": "-- Planned: later\n"}
    series = series_of(complete("0001_a", "0002_b", "0003_c", "0004_d", header=header))
    rows = book(series)
    for version in ("0001", "0002"):
        rows.write(Event.SUPERSEDED, version)
    assert ready(series, rows.applied("0003").history).state is ReadinessState.MATCH


def test_an_empty_ledger_says_nothing_of_itself():
    assert opened(()) is None


def test_what_could_not_be_asked_is_unknown_and_a_strange_ledger_invalid():
    assert unread("shop", "shop", WHY).state is ReadinessState.UNKNOWN
    strange = refuse("", "ledger-version", "Format 2.", "Upgrade.")
    assert unread("shop", "shop", strange).state is ReadinessState.INVALID


@pytest.mark.parametrize("state", list(ReadinessState))
def test_only_what_a_deployment_can_cure_is_acceptable(state):
    assert (state in ACCEPTABLE) is (state.value in ("match", "behind", "ahead"))


@given(st.lists(st.sampled_from(list(ReadinessState))))
def test_the_worst_counts(states):
    found = [Readiness("a", "a", state, findings=(WHY,)) for state in states]
    expected = max(map(WORST_LAST.index, states), default=0)
    assert worst(found) is WORST_LAST[expected]
