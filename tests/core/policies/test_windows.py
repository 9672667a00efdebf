from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import given

from ceremony.core.policies.window import (
    DAYS,
    NEVER,
    common,
    is_open,
    next_opening,
    normal,
    parse_window,
    shown,
)
from ceremony.core.policy import Window
from tests.core.policies.strategies import MONDAY, moments, windows

NIGHT = Window((0, 1, 2, 3, 4), time(22), time(2))


def at(day: str, hour: int, minute: int = 0) -> datetime:
    return MONDAY + timedelta(days=DAYS.index(day), hours=hour, minutes=minute)


@pytest.mark.parametrize(
    ("text", "window", "again"),
    [
        ("mon-fri 22:00-02:00", NIGHT, "mon-fri 22:00-02:00 UTC"),
        ("22:00-02:00", Window(tuple(range(7)), time(22), time(2)), "22:00-02:00 UTC"),
        (
            "Sat, Sun 08:00 - 12:30",
            Window((5, 6), time(8), time(12, 30)),
            "sat, sun 08:00-12:30 UTC",
        ),
        (
            "fri-mon 00:00-00:00",
            Window((0, 4, 5, 6), time(0), time(0)),
            "mon, fri, sat, sun 00:00-00:00 UTC",
        ),
        ("tue 05:00-06:00", Window((1,), time(5), time(6)), "tue 05:00-06:00 UTC"),
        (
            "mon tue, thu 05:00-06:00",
            Window((0, 1, 3), time(5), time(6)),
            "mon, tue, thu 05:00-06:00 UTC",
        ),
    ],
)
def test_windows_as_they_are_written(text, window, again):
    assert parse_window(text) == window
    assert shown(window) == again
    assert parse_window(again.removesuffix(" UTC")) == window


@pytest.mark.parametrize(
    "text", ["", "night", "mon-fri", "25:00-26:00", "22:60-23:00", "mo 22:00-23:00", "mon 22-23",
             "mon- 22:00-23:00", "22:00", "mon 22:00-23:00 UTC+1"],
)  # fmt: skip
def test_what_is_no_window(text):
    with pytest.raises(ValueError):
        parse_window(text)


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        (at("mon", 21, 59), False),
        (at("mon", 22), True),
        (at("tue", 1, 59), True),
        (at("tue", 2), False),
        (at("sat", 1), True),
        (at("sat", 22), False),
        (at("mon", 1), False),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_opens(moment, open_):
    assert is_open((NIGHT,), moment) is open_


def test_a_window_over_the_end_of_the_week():
    sunday = (Window((6,), time(23), time(1)),)

    assert is_open(sunday, at("mon", 0, 30))
    assert not is_open(sunday, at("mon", 1))


def test_times_are_utc_whatever_the_clock_says():
    somewhere = timezone(timedelta(hours=5))

    assert is_open((NIGHT,), at("mon", 22).astimezone(somewhere))
    assert not is_open((NIGHT,), at("mon", 17).astimezone(somewhere))


def test_without_windows_it_is_always_open_and_never_is_never():
    assert is_open((), MONDAY)
    assert next_opening((), MONDAY) == MONDAY
    assert not is_open((NEVER,), MONDAY)
    assert next_opening((NEVER,), MONDAY) is None
    assert shown(NEVER) == "never"


def test_the_next_opening():
    assert next_opening((NIGHT,), at("sat", 12)) == at("mon", 22) + timedelta(days=7)
    assert next_opening((NIGHT,), at("mon", 12)) == at("mon", 22)
    assert next_opening((NIGHT,), at("mon", 23)) == at("mon", 23)


@given(windows, moments)
def test_it_is_open_at_the_next_opening_and_closed_until_then(found, moment):
    opens = next_opening(found, moment)
    if opens is None:
        assert found == (NEVER,)
    else:
        assert is_open(found, opens)
        assert moment <= opens < moment + timedelta(days=7)
        between = moment + (opens - moment) / 2
        assert opens == moment or not is_open(found, between)


@given(windows, windows, moments)
def test_what_is_common_is_open_when_both_are(left, right, moment):
    both = is_open(left, moment) and is_open(right, moment)

    assert is_open(common(left, right), moment) is both


@given(windows, moments)
def test_the_normal_form_is_the_same_times_and_normal(found, moment):
    assert is_open(normal(found), moment) is is_open(found, moment)
    assert normal(normal(found)) == normal(found)


def test_nothing_in_common_is_never():
    early, late = Window((0,), time(1), time(2)), Window((0,), time(3), time(4))

    assert common((early,), (late,)) == (NEVER,)
    assert not is_open(common((early,), (late,)), datetime(2026, 3, 2, 1, 30, tzinfo=UTC))
