"""Timelines: bars stay on their axis, add up, and ticks are round."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.timeline import (
    MOST_TICKS,
    Axis,
    Bar,
    Span,
    Tick,
    axis_of,
)

SECONDS = st.floats(0, 1e6, allow_subnormal=False)
SPANS = st.builds(Span, SECONDS, SECONDS, SECONDS)


@given(st.lists(SPANS))
def test_every_bar_lies_on_the_axis(spans):
    axis = axis_of(spans)
    for span in spans:
        bar = axis.bar(span)
        assert min(bar.left, bar.waited, bar.ran) >= 0
        assert bar.right <= 1 + 1e-9


@given(st.lists(SPANS, min_size=1))
def test_a_bar_is_as_long_as_its_seconds(spans):
    axis = axis_of(spans)
    for span in spans:
        bar = axis.bar(span)
        assert (bar.waited + bar.ran) * axis.seconds == pytest.approx(span.seconds, abs=1e-3)
        assert bar.waited * axis.seconds == pytest.approx(min(span.waited, span.seconds), abs=1e-3)


@given(st.floats(1e-6, 1e7), st.integers(2, 12))
def test_ticks_are_few_even_and_begin_at_zero(seconds, most):
    ticks = Axis(seconds).ticks(most)
    assert ticks[0] == Tick(0, 0)
    assert 1 <= len(ticks) <= most
    gaps = [after.seconds - before.seconds for before, after in itertools.pairwise(ticks)]
    assert all(gap == pytest.approx(gaps[0]) for gap in gaps)
    assert all(tick.at <= 1 + 1e-9 for tick in ticks)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0004, [0, 0.0001, 0.0002, 0.0003, 0.0004]),
        (3, [0, 1, 2, 3]),
        (170, [0, 60, 120]),
        (3_600, [0, 900, 1_800, 2_700, 3_600]),
        (400_000, [0, 86_400, 172_800, 259_200, 345_600]),
    ],
)
def test_ticks_are_round(seconds, shown):
    found = [tick.seconds for tick in Axis(seconds).ticks(MOST_TICKS)]
    assert found == pytest.approx(shown)


def test_waiting_is_the_first_part_of_a_bar():
    assert Axis(10).bar(Span(2, 4, 1)) == Bar(
        pytest.approx(0.2), pytest.approx(0.1), pytest.approx(0.3)
    )


def test_an_axis_without_spans_is_as_good_as_none():
    assert axis_of([]).bar(Span(0, 0)) == Bar(0, 0, 0)
