"""Histories of durations: place by place, in order of time, on one scale."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.durations import Measure, histories

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MEASURES = st.lists(
    st.builds(
        Measure,
        st.integers(0, 99).map(lambda days: NOON + timedelta(days=days)),
        st.sampled_from(["db1", "db2", "db3"]),
        st.floats(0, 1e6),
        st.booleans(),
        st.booleans(),
    )
)


def measure(day, seconds, where="db1", *, rehearsed=False, good=True):
    return Measure(NOON + timedelta(days=day), where, seconds, rehearsed, good)


@given(MEASURES)
def test_every_measure_is_a_dot_inside_the_picture(measures):
    found = histories(measures)
    dots = [dot for one in found for dot in one.dots]
    assert sorted(map(repr, (dot.measure for dot in dots))) == sorted(map(repr, measures))
    assert all(0 < dot.x < 1 and 0 <= dot.y <= 1 for dot in dots)
    for one in found:
        assert [dot.x for dot in one.dots] == sorted(dot.x for dot in one.dots)
        assert [dot.measure.at for dot in one.dots] == sorted(dot.measure.at for dot in one.dots)


@given(MEASURES)
def test_all_places_share_a_scale(measures):
    for one in histories(measures):
        for dot in one.dots:
            assert dot.y * one.longest == pytest.approx(dot.measure.seconds)


def test_the_newest_good_measures_are_compared():
    (one,) = histories(
        [
            measure(1, 40, rehearsed=True),
            measure(2, 50),
            measure(3, 2, good=False),
            measure(4, 20, rehearsed=True),
            measure(5, 30),
            measure(6, 1, rehearsed=True, good=False),
        ]
    )
    assert (one.expected, one.took, one.usual, one.ratio) == (20, 30, 40, 1.5)


def test_without_a_rehearsal_or_a_run_nothing_is_compared():
    (one,) = histories([measure(1, 40)])
    assert (one.expected, one.took, one.ratio) == (None, 40, None)
    (one,) = histories([measure(1, 40, rehearsed=True)])
    assert (one.expected, one.took, one.usual, one.ratio) == (40, None, None, None)


def test_one_place_can_come_first():
    found = histories([measure(1, 1, "a"), measure(1, 1, "b"), measure(1, 1, "c")], "b")
    assert [one.where for one in found] == ["b", "a", "c"]
