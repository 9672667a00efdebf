from datetime import UTC, datetime, timedelta, timezone

import pytest

from ceremony.management.units import counted, duration, listed, moment


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1, "0 ms"),
        (0, "0 ms"),
        (0.0344, "34 ms"),
        (0.0994, "99 ms"),
        (0.0996, "0.1 s"),
        (1.25, "1.2 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3599.6, "1 h 0 min"),
        (4320, "1 h 12 min"),
    ],
)
def test_durations_read_as_people_say_them(seconds, shown):
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("number", "noun", "shown"),
    [
        (0, "migration", "no migrations"),
        (1, "migration", "1 migration"),
        (1204, "migration", "1,204 migrations"),
        (2, "series", "2 series"),
    ],
)
def test_counts_have_the_right_plural(number, noun, shown):
    assert counted(number, noun) == shown


def test_moments_are_told_in_utc():
    berlin = timezone(timedelta(hours=1))
    assert moment(datetime(2026, 11, 20, 0, 31, tzinfo=berlin)) == "2026-11-19 23:31 UTC"
    assert moment(datetime(2026, 11, 20, 8, 31, 59, tzinfo=UTC)) == "2026-11-20 08:31 UTC"
    assert moment(None) == "–"


def test_lists_end_with_and():
    assert listed(()) == ""
    assert listed(("a",)) == "a"
    assert listed(("a", "b")) == "a and b"
    assert listed(("a", "b", "c")) == "a, b and c"
