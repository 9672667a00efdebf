"""Bytes to text: what a file may contain, and the whole message for what it may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.finding import Finding, Severity, errors
from ceremony.core.text import (
    BLANK_LINES_LIMIT,
    LINE_LIMIT,
    REPEATS_LIMIT,
    SIZE_LIMIT,
    decode,
)

PATH = "calendar/0001_first.sql"


def found(data: bytes) -> list[tuple[str, int, int, str, str, Severity]]:
    return [
        (f.code, f.line, f.column, f.message, f.hint, f.severity) for f in decode(PATH, data)[1]
    ]


REMOVE = "Remove it. In a literal write it as an escape, for instance "

REFUSED = [
    pytest.param(
        b"select 1;\n-- a\x00b\n",
        ("file-nul-byte", 2, 5,
         "NUL byte at offset 14: PostgreSQL would stop reading there without an error.",
         "Remove the byte. It often comes from a file saved as UTF-16 or from a copy that failed."),
        id="nul",
    ),
    pytest.param(
        b"-- note\rdrop table t;\n",
        ("file-lone-cr", 1, 8,
         "Carriage return without line feed: PostgreSQL ends a line here, most viewers do not.",
         "Replace it by a line feed."),
        id="lone-cr",
    ),
    pytest.param(
        "select 1;\n".encode("utf-16"),
        ("file-not-utf8", 1, 1, "Not UTF-8 (byte 0xff at offset 0): it looks like UTF-16.",
         "Save the file as UTF-8, for instance: iconv -f UTF-16 -t UTF-8 OLD > NEW"),
        id="utf16-with-bom",
    ),
    pytest.param(
        "select 'é';\n".encode("utf-16-be"),
        ("file-not-utf8", 1, 1, "Not UTF-8 (byte 0xe9 at offset 17): it looks like UTF-16.",
         "Save the file as UTF-8, for instance: iconv -f UTF-16 -t UTF-8 OLD > NEW"),
        id="utf16-without-bom",
    ),
    pytest.param(
        b"select 1;\nselect '\xe9';\n",
        ("file-not-utf8", 2, 9, "Not UTF-8: byte 0xe9 at offset 18.",
         "Save the file as UTF-8, for instance: iconv -f LATIN1 -t UTF-8 OLD > NEW"),
        id="latin1",
    ),
    pytest.param(
        b"select '\xc0\xa7';",
        ("file-not-utf8", 1, 9, "Not UTF-8: byte 0xc0 at offset 8.",
         "Save the file as UTF-8, for instance: iconv -f LATIN1 -t UTF-8 OLD > NEW"),
        id="overlong",
    ),
    pytest.param(
        "select 1; -- \u202edrop".encode(),
        ("file-bidi-control", 1, 14,
         "U+202E RIGHT-TO-LEFT OVERRIDE: it changes the order in which text is shown.",
         REMOVE + r"U&'\202E'."),
        id="bidi",
    ),
    pytest.param(
        "select 'a\u200bb';".encode(),
        ("file-invisible-character", 1, 10, "U+200B ZERO WIDTH SPACE: it cannot be seen.",
         REMOVE + r"U&'\200B'."),
        id="zero-width",
    ),
    pytest.param(
        "drop\u00adtable".encode(),
        ("file-invisible-character", 1, 5, "U+00AD SOFT HYPHEN: it cannot be seen.",
         REMOVE + r"U&'\00AD'."),
        id="soft-hyphen",
    ),
    pytest.param(
        "a\n-- x\u2028drop".encode(),
        ("file-invisible-character", 2, 5, "U+2028 LINE SEPARATOR: it cannot be seen.",
         REMOVE + r"U&'\2028'."),
        id="line-separator",
    ),
    pytest.param(
        "-- x\u0085drop".encode(),
        ("file-invisible-character", 1, 5, "U+0085 control character: it cannot be seen.",
         REMOVE + r"U&'\0085'."),
        id="nel",
    ),
    pytest.param(
        b"select\x0b1",
        ("file-invisible-character", 1, 7, "U+000B control character: it cannot be seen.",
         REMOVE + r"U&'\000B'."),
        id="vertical-tab",
    ),
    pytest.param(
        b"select\x0c1",
        ("file-invisible-character", 1, 7, "U+000C control character: it cannot be seen.",
         REMOVE + r"U&'\000C'."),
        id="form-feed",
    ),
    pytest.param(
        "select 1 \U000e0041".encode(),
        ("file-invisible-character", 1, 10,
         "U+E0041 TAG LATIN CAPITAL LETTER A: it cannot be seen.", REMOVE + r"U&'\+0E0041'."),
        id="tag",
    ),
    pytest.param(
        "us\u200ders".encode(),
        ("file-invisible-character", 1, 3, "U+200D ZERO WIDTH JOINER: it cannot be seen.",
         REMOVE + r"U&'\200D'."),
        id="joiner-in-ascii",
    ),
    pytest.param(
        "select\u20281;\ufeff".encode(),
        ("file-invisible-character", 1, 7, "U+2028 LINE SEPARATOR: it cannot be seen.",
         REMOVE + r"U&'\2028'."),
        id="first-of-two",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), REFUSED)
def test_refused(data, expected):
    first = found(data)[0]
    assert first[:5] == expected
    assert first[5] is Severity.ERROR


def test_too_large():
    text, findings = decode(PATH, b" " * (SIZE_LIMIT + 1))
    assert text is None
    assert findings == (
        Finding(
            PATH, 0, 0, "file-too-large",
            "The file has 67,108,865 bytes; the limit is 67,108,864.",
            "Split it into several migrations, or load the data by other means.",
        ),
    )  # fmt: skip


def test_byte_order_mark_is_accepted_and_said():
    text, findings = decode(PATH, b"\xef\xbb\xbfselect 1;\n")
    assert text == "select 1;\n"
    assert findings == (
        Finding(
            PATH, 1, 1, "file-bom",
            "The file begins with a byte order mark; it is not sent.",
            "Nothing needs doing. To be rid of it, save the file as UTF-8 without BOM.",
            Severity.NOTICE,
        ),
    )  # fmt: skip


def test_crlf_is_accepted_and_kept():
    assert decode(PATH, b"select 1;\r\nselect 2;\r\n") == ("select 1;\r\nselect 2;\r\n", ())


def test_mixed_newlines_are_a_warning():
    assert found(b"a\r\nb\nc\r\n") == [
        ("file-mixed-newlines", 0, 0, "Line ends are mixed: 2 CRLF and 1 LF.",
         "Use one kind. Inside bodies and literals the difference reaches the database.",
         Severity.WARNING),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "place", "amount"),
    [
        (b"select 1;" + b"\n" * 2001 + b"drop table t;", (2002, 1), "2000 blank lines"),
        (b"select 1;" + b"\r\n" * 2001 + b"drop table t;", (2002, 1), "2000 blank lines"),
        (b"select 1;" + b"\n \t" * 2001 + b"drop table t;", (2002, 3), "2000 blank lines"),
        (b"select 1;" + b" " * 400 + b"drop table t;", (1, 410), "400 blanks"),
    ],
)
def test_statement_out_of_sight(data, place, amount):
    assert found(data) == [
        ("file-hidden-statement", *place,
         f"{amount} before this place can push it out of a reviewer's sight.",
         "Remove the blank space.", Severity.WARNING),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        b"select 1;" + b"\n" * (BLANK_LINES_LIMIT + 1) + b"select 2;",
        b"select 1;" + b"\n" * 3000,
        b"select 1;" + b" " * 199 + b"select 2;",
        b"select 1;" + b" " * 400 + b"\n",
    ],
)
def test_blank_space_that_hides_nothing(data):
    assert found(data) == []


def test_long_line():
    assert found(b"select 1;\r\nselect '" + b"x" * 100_000 + b"';\r\n\r\n") == [
        ("file-long-line", 2, LINE_LIMIT + 1,
         "A line of 100,010 characters: its end is easily overlooked.",
         "Break lines before 500 characters.", Severity.WARNING),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["👨‍👩‍👧", "می‌خواهم", "क्‍ष"])
def test_joiners_inside_other_scripts_are_text(text):
    assert decode(PATH, f"select '{text}';".encode())[1] == ()


def test_everything_is_reported_at_once():
    codes = [f[0] for f in found("a\rb\u202e\u200b\r\n\n".encode())]
    assert codes == [
        "file-lone-cr", "file-mixed-newlines", "file-bidi-control", "file-invisible-character",
    ]  # fmt: skip


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_an_error(data):
    text, findings = decode(PATH, data)
    if text is None:
        assert errors(findings)
    else:
        assert data.removeprefix(b"\xef\xbb\xbf") == text.encode()
        assert "\0" not in text


@given(
    st.text(
        st.characters(
            codec="utf-8",
            exclude_categories=["Cc", "Cf", "Cn", "Zl", "Zp"],
            exclude_characters="\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
            + "".join(map(chr, range(0xE0100, 0xE01F0))),
        )
    )
)
def test_visible_text_is_never_refused(text):
    assert not errors(decode(PATH, text.encode())[1])


def test_blanks_alone_hide_nothing_and_cost_little():
    for data in (b" " * 1_000_000, b"\n" * 1_000_000, b"x\n" + b" \t\n" * 500_000):
        assert {f[0] for f in found(data)} <= {"file-long-line"}


def test_findings_of_one_kind_are_bounded():
    codes = [f[0] for f in found(b"a\r" * 5000)]
    assert codes == ["file-lone-cr"] * REPEATS_LIMIT + ["file-long-line"]
