"""A file in pieces, one statement each, as the parser says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.sql import parse_script
from ceremony.core.sql.borders import pieces


def cut(text):
    script, _ = parse_script("shop/0001_x.sql", text, text.encode(), transactional=True)
    found = pieces(text, script)
    assert "".join(piece.text for piece in found) == text
    return [
        (piece.statement.number if piece.statement else 0, piece.line, piece.text)
        for piece in found
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SELECT 1;\n", [(1, 1, "SELECT 1;\n")]),
        ("SELECT 1", [(1, 1, "SELECT 1")]),
        ("SELECT 1; SELECT 2;", [(1, 1, "SELECT 1;"), (2, 1, " SELECT 2;")]),
        (
            "-- Purpose: x\n\nSELECT 1;\n-- of the second\nSELECT 2;\n\n",
            [(1, 1, "-- Purpose: x\n\nSELECT 1;\n"), (2, 4, "-- of the second\nSELECT 2;\n\n")],
        ),
        (
            "SELECT 1; -- of the first; too\nSELECT 2;\n",
            [(1, 1, "SELECT 1; -- of the first; too\n"), (2, 2, "SELECT 2;\n")],
        ),
        (
            "SELECT 1 /* ; */\n;\n/* two\nlines */ SELECT 2;\n",
            [(1, 1, "SELECT 1 /* ; */\n;\n"), (2, 3, "/* two\nlines */ SELECT 2;\n")],
        ),
        (
            "SELECT 1; /* two\nlines */ SELECT 2;\n",
            [(1, 1, "SELECT 1;"), (2, 1, " /* two\nlines */ SELECT 2;\n")],
        ),
        (
            "DO $$ BEGIN PERFORM 1; PERFORM 2; END $$;\r\nSELECT 2;\r\n",
            [(1, 1, "DO $$ BEGIN PERFORM 1; PERFORM 2; END $$;\r\n"), (2, 2, "SELECT 2;\r\n")],
        ),
        (
            "COPY a FROM STDIN;\n1;\n2\n\\.\nSELECT 1;\n",
            [(1, 1, "COPY a FROM STDIN;\n1;\n2\n\\.\n"), (2, 5, "SELECT 1;\n")],
        ),
        ("COPY a FROM STDIN;\n\\.\n", [(1, 1, "COPY a FROM STDIN;\n\\.\n")]),
        (
            "SELECT 1;\n-- the end\n",
            [(1, 1, "SELECT 1;\n"), (0, 2, "-- the end\n")],
        ),
        ("SELECT ü; SELECT '𝒳';", [(1, 1, "SELECT ü;"), (2, 1, " SELECT '𝒳';")]),
        ("SELECT 1;;\n;SELECT 2;", [(1, 1, "SELECT 1;"), (2, 1, ";\n;SELECT 2;")]),
        ("no SQL at all\n", [(0, 1, "no SQL at all\n")]),
        ("", [(0, 1, "")]),
    ],
)
def test_each_piece_holds_one_statement(text, found):
    assert cut(text) == found


PARTS = st.sampled_from(
    [
        "SELECT 1", ";", "\n", " ", "\r\n", "-- note; it's\n", "/* a; b */", "/* a\nb */",
        "'x;\ny'", "DO $$ a; b $$", "CREATE TABLE a (b int)",
        "COPY a FROM STDIN;\n1;2\n\\.\n", "\t", "é",
    ]
)  # fmt: skip


@given(text=st.lists(PARTS, max_size=14).map("".join))
def test_nothing_is_lost_and_every_statement_is_in_its_piece(text):
    script, _ = parse_script("shop/0001_x.sql", text, text.encode(), transactional=True)
    found = pieces(text, script)
    assert "".join(piece.text for piece in found) == text
    statements = script.statements if script else ()
    assert [one.statement for one in found if one.statement] == list(statements)
    line = 1
    for piece in found:
        assert piece.line == line
        assert piece.statement is None or piece.statement.text in piece.text
        line += piece.text.count("\n")
