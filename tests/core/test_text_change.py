"""How a text differs from the one that was signed."""

from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.text_change import LONGEST_DIFF, LONGEST_FILE, TextChange, text_change

lines = st.lists(st.sampled_from([b"a", b"b", b"", b"-- c", b"\xff"]), max_size=30)


def test_one_line():
    assert text_change("shop/0001_a.sql", b"SELECT 1;\nSELECT 2;\n", b"SELECT 1;\nSELECT 3;\n") == (
        TextChange(
            "shop/0001_a.sql",
            (
                "--- shop/0001_a.sql (signed)",
                "+++ shop/0001_a.sql (now)",
                "@@ -1,2 +1,2 @@",
                " SELECT 1;",
                "-SELECT 2;",
                "+SELECT 3;",
            ),
        )
    )


def test_a_file_that_is_new_has_every_line():
    assert text_change("a", b"", b"x\ny\n").lines[2:] == ("@@ -0,0 +1,2 @@", "+x", "+y")


def test_line_ends_alone_have_no_lines():
    assert text_change("a", b"x\ny\n", b"x\r\ny\r\n") == TextChange("a", ())


def test_a_long_difference_is_cut_and_says_so():
    found = text_change("a", b"", b"x\n" * 1000)
    assert (len(found.lines), found.cut) == (LONGEST_DIFF, 1003 - LONGEST_DIFF)


def test_a_huge_file_is_compared_in_its_first_lines():
    before = b"x\n" * LONGEST_FILE
    assert text_change("a", before + b"y\n", before + b"z\n").lines == ()


@given(lines, lines)
def test_what_is_taken_away_and_added_leads_from_one_to_the_other(before, now):
    """Reading the difference backwards: context and minus lines stood before, context and plus
    lines stand now.
    """
    old, new = b"\n".join(before), b"\n".join(now)
    told = text_change("a", old, new).lines[2:]
    was, became = old.decode(errors="replace"), new.decode(errors="replace")
    if was.splitlines() == became.splitlines():
        assert told == ()
        return
    plus = [line[1:] for line in told if line[0] == "+"]
    minus = [line[1:] for line in told if line[0] == "-"]
    assert sorted(was.splitlines() + plus) == sorted(became.splitlines() + minus)
