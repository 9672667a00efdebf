"""From the server's positions to places in the file."""

import pytest

from ceremony.core.place import Lines, Place, file_line_of_body, file_line_of_copy, place_of
from ceremony.core.script import CopyData
from ceremony.core.sql import parse_script

TEXT = "-- é\r\nSELECT 1;\tSELECT 'ü',\r\n\t🙂bad, x;\n"


@pytest.fixture(scope="module")
def script():
    understood, _ = parse_script("a.sql", TEXT, TEXT.encode(), transactional=True)
    assert understood is not None
    return understood


@pytest.mark.parametrize(
    ("position", "place"),
    [
        (1, Place(2, 11, "SELECT 1;\tSELECT 'ü',")),
        (8, Place(2, 18, "SELECT 1;\tSELECT 'ü',")),
        (15, Place(3, 2, "\t🙂bad, x;")),
        (16, Place(3, 3, "\t🙂bad, x;")),
        (22, Place(3, 9, "\t🙂bad, x;")),
        (0, Place(2, 11, "SELECT 1;\tSELECT 'ü',")),
        (999, Place(2, 11, "SELECT 1;\tSELECT 'ü',")),
    ],
)
def test_position_in_a_statement(script, position, place):
    assert place_of(script, script.statements[1], position) == place


def test_without_the_script_the_line_is_cut_from_the_statement(script):
    statement = script.statements[1]
    assert place_of(None, statement, 8) == Place(2, 18, " " * 10 + "SELECT 'ü',")
    assert place_of(None, statement, 16) == Place(3, 3, "\t🙂bad, x")


def test_caret_stands_below_its_character():
    assert Place(3, 3, "\t🙂bad, x;").caret_line == "\t ^"
    assert Place(1, 1, "x").caret_line == "^"


def test_lines_of_a_text():
    lines = Lines(TEXT)
    assert lines.at(0) == (1, 1)
    assert lines.at(6) == (2, 1)
    assert lines.place(TEXT.index("bad")) == Place(3, 3, "\t🙂bad, x;")


@pytest.mark.parametrize(
    ("sql", "counted", "line"),
    [
        ("\nDO $$\nBEGIN\n  bad;\nEND $$", 3, 4),
        ("\nDO\n$body$BEGIN\n\n  bad;\nEND $body$", 3, 5),
        ("\nDO LANGUAGE plpgsql 'BEGIN\n\n  bad;\nEND'", 3, 4),
        ("DO E'\nBEGIN\n  bad;\nEND'", 3, 3),
        ("CREATE FUNCTION a$b() RETURNS int\nLANGUAGE plpgsql AS $x$\nBEGIN\n bad;\nEND $x$", 3, 4),
    ],
)
def test_line_of_a_body(sql, counted, line):
    script, _ = parse_script("a.sql", sql, sql.encode(), transactional=True)
    assert script is not None
    assert file_line_of_body(script.statements[0], counted) == line


def test_line_of_copy_data():
    assert file_line_of_copy(CopyData(b"", 204), 17) == 220
