from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ceremony.management.page import Page


def test_a_table_is_as_wide_as_its_cells_and_leaves_out_empty_columns():
    page = Page()
    page.table(
        ("Name", "Note", "Time"),
        [["orders", "", "1 s"], [("日本", "bad"), "", "12 min"]],
        right=(2,),
    )
    assert page.plain == "  Name       Time\n  orders      1 s\n  日本     12 min\n"


def test_blank_lines_never_come_first_twice_or_last():
    page = Page()
    page.blank()
    page.line("a")
    page.blank()
    page.blank()
    page.line("b")
    page.blank()
    assert page.plain == "a\n\nb\n"


def test_a_line_break_in_a_part_is_shown_and_not_obeyed():
    page = Page()
    page.line("a\nb", ("\x1b[31m", "ok"))
    assert page.plain == "a<U+000A>b<U+001B>[31m\n"


def test_rich_text_has_the_same_characters_and_reads_no_markup():
    page = Page()
    page.line("[bold]orders[/bold]", (" failed", "bad"), indent=2)
    page.line("second")
    assert page.rich.plain + "\n" == page.plain == "  [bold]orders[/bold] failed\nsecond\n"
    assert [str(span.style) for span in page.rich.spans] == ["bold red"]


def test_an_empty_page_is_false():
    assert not Page()
    page = Page()
    page.line("x")
    assert page


@given(
    st.lists(
        st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1), min_size=3, max_size=3),
        min_size=1,
        max_size=5,
    )
)
def test_every_row_of_a_table_ends_flush_with_its_right_column(rows):
    page = Page()
    page.table(("A", "B", "C"), rows, right=(2,))
    assert len({cell_len(line) for line in page.plain.splitlines()}) == 1
