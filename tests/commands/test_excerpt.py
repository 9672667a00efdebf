import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ceremony.management.excerpt import WIDTH, excerpt
from ceremony.management.page import Page


def _drawn(line, column, source):
    page = Page()
    excerpt(page, line, column, source)
    return page.plain


def test_the_caret_stands_under_the_place():
    assert _drawn(9, 8, "SELECT emial;\r\n") == ("     9 │ SELECT emial;\n       │        ^\n")


def test_without_a_column_there_is_no_caret():
    assert _drawn(123456, 0, "SELECT 1") == "123456 │ SELECT 1\n"


@pytest.mark.parametrize(
    ("source", "column"),
    [("\tSELECT x", 9), ("日本語 x", 5), ("a\u202eb x", 5), ("🎉 x", 3)],
)
def test_tabs_wide_and_hidden_characters_move_the_caret_along(source, column):
    shown, caret = _drawn(1, column, source).splitlines()
    assert cell_len(shown[: shown.rindex("x")]) == cell_len(caret[: caret.index("^")])


def test_a_very_long_line_is_cut_around_the_place():
    source = "a" * 50_000 + "X" + "b" * 50_000
    shown, caret = _drawn(1, 50_001, source).splitlines()
    assert shown == "     1 │ …" + "a" * 59 + "X" + "b" * 39 + "…"
    assert caret.index("^") == shown.index("X")
    assert len(shown) == WIDTH


def test_the_start_and_the_end_of_a_long_line_are_not_cut():
    shown, caret = _drawn(1, 3, "abX" + "c" * 200).splitlines()
    assert shown == "     1 │ abX" + "c" * 96 + "…"
    assert caret.index("^") == shown.index("X")
    shown, caret = _drawn(1, 203, "c" * 202 + "X").splitlines()
    assert shown == "     1 │ …" + "c" * 59 + "X"
    assert caret.index("^") == shown.index("X")


@given(
    st.text(st.characters(exclude_characters="\r\n"), min_size=1, max_size=200),
    st.integers(1, 200),
    st.integers(30, 120),
)
def test_no_line_is_wider_than_the_terminal_and_the_caret_is_in_its_place(source, column, width):
    column = min(column, len(source))
    marked = f"{source[: column - 1]}X{source[column:]}".rstrip("\r\n")
    page = Page()
    excerpt(page, 1, column, marked, width)
    shown, caret = page.plain.splitlines()
    at = cell_len(caret[: caret.index("^")])
    assert cell_len(shown) <= width
    starts = [i for i, letter in enumerate(shown) if letter == "X"]
    assert at in {cell_len(shown[:i]) for i in starts}
