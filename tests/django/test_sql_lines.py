"""SQL as lines of a page: nothing is lost, nothing is hidden, colours are decoration."""

import html
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.admin.sql_lines import (
    COLOURED_LINES,
    LONGEST_LINE,
    Line,
    Run,
    lines_html,
    lines_of,
    runs_of,
    shared_out,
)
from ceremony.templatetags.ceremony_pages import visible

WORDS = st.sampled_from(
    [
        "SELECT", "'it''s'", "-- x", "/* a", "*/", "$$", "$a$", "DO", "LANGUAGE plpgsql", "\n",
        " ", "\r\n", "\r", "\t", ";", '"', "'", "<script>", "&amp;", "\u202e", "\u200b", "é", "1.5",
    ]
)  # fmt: skip


def read(markup):
    """What a person reads, line by line."""
    lines = re.findall(
        r'<span class="cer-line[^>]*>(.*?)</span>(?=\n<span class="cer-line|\Z)', markup, re.DOTALL
    )
    return [html.unescape(re.sub(r"<[^>]*>", "", line)) for line in lines]


def rendered(text):
    return lines_html(lines_of(runs_of(text), 1))


def as_typed(text):
    lines = text.split("\n")
    whole = lines[:-1] + ([lines[-1]] if lines[-1] else [])
    return [visible(line.removesuffix("\r")) for line in whole]


@given(text=st.lists(WORDS, max_size=25).map("".join))
def test_every_line_is_there_as_it_was_typed(text):
    assert read(rendered(text)) == as_typed(text)


@given(text=st.text(max_size=200))
def test_whatever_stands_in_a_file_is_shown(text):
    assert read(rendered(text)) == as_typed(text)
    assert "<script" not in rendered(text)


@given(text=st.lists(WORDS, max_size=12).map("".join), cuts=st.lists(st.integers(0, 20)))
def test_portions_are_the_text_again(text, cuts):
    portions = shared_out(runs_of(text), [*cuts, len(text)])
    assert "".join(run.text for portion in portions for run in portion) == text
    for portion, cut in zip(portions, cuts, strict=False):
        assert len("".join(run.text for run in portion)) <= cut


def test_keywords_strings_comments_types_and_numbers_have_their_colours():
    assert rendered("ALTER TABLE a ADD b text DEFAULT 'x' -- 1\n;\nSELECT 1;") == (
        '<span class="cer-line" data-line="1"><span class="cer-sql-k">ALTER</span> '
        '<span class="cer-sql-k">TABLE</span> a <span class="cer-sql-k">ADD</span> b '
        '<span class="cer-sql-t">text</span> <span class="cer-sql-k">DEFAULT</span> '
        '<span class="cer-sql-s">&#x27;x&#x27;</span> <span class="cer-sql-c">-- 1</span></span>\n'
        '<span class="cer-line" data-line="2">;</span>\n'
        '<span class="cer-line" data-line="3"><span class="cer-sql-k">SELECT</span> '
        '<span class="cer-sql-n">1</span>;</span>'
    )


def test_a_long_file_is_plain():
    assert len(runs_of("SELECT 1;\n" * COLOURED_LINES)) > 1
    text = "SELECT 1;\n" * (COLOURED_LINES + 1)
    assert runs_of(text) == [Run("", text)]


def test_a_line_without_end_is_cut_and_says_so():
    (line,) = lines_of(runs_of("x" * (LONGEST_LINE + 12)), 7)
    assert (line.number, line.cut) == (7, 12)
    assert read(lines_html([line])) == ["x" * LONGEST_LINE + " … 12 more characters"]


def test_lines_have_anchors_and_the_failed_one_is_marked():
    lines = [Line(3, (Run("", "a"),)), Line(4, (Run("", "b"),))]
    assert lines_html(lines, "step-1-line", 4) == (
        '<span class="cer-line" id="step-1-line-3" data-line="3">a</span>\n'
        '<span class="cer-line cer-line-failed" id="step-1-line-4" data-line="4">b</span>'
    )


@pytest.mark.parametrize(
    "text",
    [
        "$a" * 30_000,
        "$$ " * 20_000,
        "".join(f"$a{n}$ " for n in range(8_000)),
        "'" * 60_000,
        "/*" * 30_000,
        "E'" * 30_000,
        "DO $a$ x $a$ " * 4_500,
        "\\" * 60_000,
        "".join(f"DO $a{n}$ " for n in range(2_000)),
        "[" * 60_000,
    ],
    ids=lambda text: text[:12],
)
def test_colouring_takes_no_time_that_anybody_notices(text):
    began = time.process_time()
    assert "".join(run.text for run in runs_of(text)) == text
    assert time.process_time() - began < 3
