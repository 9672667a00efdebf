"""What pages are made of: marks, moments, durations, hostile text."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.check import CheckResult
from ceremony.core.outcome import StatementState, StepState
from ceremony.core.report import Verdict
from ceremony.models import RecordState
from ceremony.models.audit import Action
from ceremony.templatetags import ceremony_pages as pages

WORDS = [*CheckResult, *StatementState, *StepState, *Verdict, *RecordState, *Action]


@pytest.mark.parametrize("word", sorted({str(word) for word in WORDS}))
def test_every_status_has_a_mark(word):
    assert word in pages.MARKS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain – ünïcode 漢字", "plain – ünïcode 漢字"),
        ("a\u202eb", "a[U+202E]b"),
        ("a\u200bb\ufeff", "a[U+200B]b[U+FEFF]"),
        ("\x1b[31mred", "[U+001B][31mred"),
        ("two\nlines\t", "two\nlines\t"),
        ("\U000e0041", "[U+E0041]"),
        ("a\rb\u2028", "a[U+000D]b[U+2028]"),
    ],
)
def test_what_nobody_could_see_is_shown(text, shown):
    assert pages.visible(text) == shown


def test_on_one_line_line_ends_are_shown_too():
    assert pages.visible_line("two\nlines\t") == "two↵lines→"


@given(st.text())
def test_visible_text_stays_as_it_is(text):
    shown = pages.visible(text)
    assert pages.visible(shown) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "–"),
        (0, "–"),
        (0.00004, "< 0.1 ms"),
        (0.0004, "0.4 ms"),
        (0.012, "12 ms"),
        (3.24, "3.2 s"),
        (152, "2 min 32 s"),
        (59.99, "60.0 s"),
        (7380, "2 h 3 min"),
    ],
)
def test_durations(seconds, shown):
    assert pages.duration(seconds) == shown


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (timedelta(seconds=10), "just now"),
        (timedelta(seconds=-10), "just now"),
        (timedelta(minutes=90), "1\xa0hour ago"),
        (timedelta(days=3), "3\xa0days ago"),
    ],
)
def test_moments_are_relative(ago, shown):
    assert f'<span class="cer-time">{shown}</span></time>' in pages.moment(timezone.now() - ago)


def test_no_moment_is_a_dash():
    assert (pages.moment(None), pages.moment_utc(None)) == ("–", "–")


@pytest.mark.parametrize(
    ("number", "shown"), [(180004, "18.4"), (150018, "15.18"), (0, "–"), (None, "–")]
)
def test_server_versions(number, shown):
    assert pages.server_version(number) == shown


def test_a_caret_stands_below_its_column_when_the_text_grew():
    error = {"source_line": "a\u202eb ?", "column": 5}
    assert pages.server_error(error)["indent"] == " " * len("a[U+202E]b ")


def test_digests_are_short():
    assert pages.short_digest("sha256:0123456789") == "01234567"
    assert pages.short_digest("") == ""
