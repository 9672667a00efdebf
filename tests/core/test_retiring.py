"""The header line of a retired file, and what a migration is to a target."""

import pytest

from ceremony.core.directives import read_header
from ceremony.core.retiring import Asked, Need, with_reason

WHY = "expects a table that was made by hand"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"SELECT 1;\n", b"-- Retired: %s\nSELECT 1;\n"),
        (b"-- Purpose: x\nSELECT 1;\n", b"-- Purpose: x\n-- Retired: %s\nSELECT 1;\n"),
        (b"SELECT 1;\r\n", b"-- Retired: %s\r\nSELECT 1;\r\n"),
        (b"\xef\xbb\xbfSELECT 1;", b"\xef\xbb\xbf-- Retired: %s\nSELECT 1;"),
        (b"", b"-- Retired: %s\n"),
        (b"\xff\xfe is no UTF-8", b"-- Retired: %s\n\xff\xfe is no UTF-8"),
    ],
)
def test_the_reason_stands_in_the_header(before: bytes, after: bytes) -> None:
    assert with_reason(before, WHY) == after % WHY.encode()


@pytest.mark.parametrize("line", [b"-- Retired: because\n", b"--retired : because\r\n"])
def test_a_reason_that_is_there_stays(line: bytes) -> None:
    data = b"-- Purpose: x\n" + line + b"SELECT 1;\n"
    assert with_reason(data, WHY) == data


def test_the_header_is_read_back() -> None:
    text = with_reason(b"-- Purpose: x\n-- Risk: low\nSELECT 1;\n", WHY).decode()
    header, findings = read_header("x.sql", text)
    assert (header.retired, header.purpose, findings) == (WHY, "x", ())


@pytest.mark.parametrize(
    ("need", "excused", "forbids"),
    [
        (Need.APPLIED, False, False),
        (Need.SUPERSEDED, False, False),
        (Need.PASSED, False, False),
        (Need.RETIRED, False, False),
        (Need.PLANNED, False, False),
        (Need.WAITS, False, True),
        (Need.WAITS, True, False),
        (Need.UNKNOWN, False, True),
        (Need.UNKNOWN, True, False),
        (Need.PARTLY, False, True),
        (Need.PARTLY, True, True),
    ],
)
def test_who_keeps_a_file(need: Need, excused: bool, forbids: bool) -> None:
    assert Asked("shop", need, excused=excused).forbids is forbids
