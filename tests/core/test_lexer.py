"""The reading of psql's additions agrees with PostgreSQL's own scanner wherever both can read."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ceremony.core.sql.lexer import mask
from ceremony.core.sql.parser import SqlSyntaxError, tokens

FRAGMENTS = [
    "'", "''", '"', "$$", "$x$", "$1", "a$$b", ";", "\n", "\r\n", "--", "/*", "*/", "e'", "E'a'\n",
    "u&'", 'U&"', "b'", "x", "'\\'", "\\'", " ", "é", "e", ":a", "::", ":=", "1", "1e", "n'", "-",
    "/", "select", "$é$",
]  # fmt: skip


@settings(max_examples=200)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=14).map("".join))
def test_comments_and_semicolons(text):
    raw = text.encode()
    try:
        scanned = tokens(raw)
    except SqlSyntaxError:
        assume(False)
    assume(not any(raw[start:end] == b"\\" for start, end in scanned.ranges))
    masked = mask(raw)
    assert masked.comments == scanned.comments
    assert masked.semicolons == [s for s, e in scanned.ranges if raw[s:e] == b";"]
    assert bytes(masked.raw) == raw
