"""A frozen file, read by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.file_reading import read_file
from ceremony.core.naming import Role


def test_a_change_is_read_with_its_header_and_statements():
    text = "-- Timeout: lock 3s\nALTER TABLE a ADD b int;\nSELECT 1;\n"
    reading = read_file("shop/0001_x.sql", text.encode())
    assert (reading.role, reading.header.lock_timeout, reading.text) == (Role.CHANGE, 3_000, text)
    assert [piece.statement.number for piece in reading.pieces] == [1, 2]
    assert list(reading.locks) == [1]
    assert (reading.unseen, reading.checks, reading.lost) == ((), (), False)


def test_checks_are_read_as_checks():
    text = "-- check: nothing is lost\n-- expect: no rows\nSELECT 1 WHERE false;\n"
    reading = read_file("shop/0001_x.verify.sql", text.encode())
    assert (reading.role, [one.name for one in reading.checks]) == (
        Role.VERIFY,
        ["nothing is lost"],
    )


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("SELECT 1; -- \u202ex".encode(), "file-bidi-control"),
        ("SELECT 1; -- \u200bx".encode(), "file-invisible-character"),
        (b"SELECT 1; -- x\rSELECT 2;", "file-lone-cr"),
        (b"SELECT 1;\0SELECT 2;", "file-nul-byte"),
        (b"SELECT '\xff';", "file-not-utf8"),
    ],
)
def test_what_nobody_sees_is_told(data, code):
    assert [one.code for one in read_file("shop/0001_x.sql", data).unseen] == [code]


def test_bytes_that_are_no_text_are_escaped():
    reading = read_file("shop/0001_x.sql", b"SELECT '\xff';")
    assert (reading.text, reading.lost, reading.script) == ("SELECT '\\xff';", True, None)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("SELECT 1; SELECT 2;", {}),
        ("SET LOCAL lock_timeout = '2s'; SELECT 1;", {2: 2_000}),
        ("SELECT 1; SET lock_timeout TO 300; SELECT 1; SELECT 2;", {3: 300, 4: 300}),
        ("SELECT set_config('lock_timeout', '1min', true); SELECT 1;", {2: 60_000}),
        ("SET lock_timeout = DEFAULT; SELECT 1;", {2: None}),
        ("SET statement_timeout = '2s'; SELECT 1;", {}),
        ("-- Transaction: none\nSET lock_timeout = '2s'; SELECT 1;", {}),
    ],
)
def test_a_file_that_sets_its_own_limit(text, limits):
    assert read_file("shop/0001_x.sql", text.encode()).lock_limits == limits


@given(data=st.binary(max_size=200))
def test_whatever_the_bytes_are_they_are_read(data):
    reading = read_file("shop/0001_x.sql", data)
    assert "".join(piece.text for piece in reading.pieces) == reading.text
    assert isinstance(reading.locks, dict)
    assert isinstance(reading.lock_limits, dict)
