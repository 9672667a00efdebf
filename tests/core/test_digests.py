"""Two digests: bytes for what is stored, meaning for what would run."""

import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ceremony.core.digests import (
    Meaning,
    UnknownAlgorithmError,
    bytes_digest,
    meaning_digest,
    same_meaning,
)
from ceremony.core.sql import parse_script


def meaning(text: str, *directives: tuple[str, str]) -> str:
    script, findings = parse_script(
        "a.sql", text, text.encode(), transactional=True, directives=directives
    )
    assert script is not None, findings
    return script.meaning_digest


def test_bytes_digest_is_sha256():
    assert bytes_digest(b"abc") == (
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


SAME = [
    ("select 1", "SELECT 1;"),
    ("select 1", "select\t1\r\n;"),
    ("select 1; select 2", "select 1;;\n;select 2;;"),
    ("select 1", "-- a comment\nselect /* b /* c */ */ 1 -- d"),
    ("select Foo", "select fOO"),
    ("select 0xFF, 1E5", "select 0xff, 1e5"),
    ("select E'a'", "select e'a'"),
    ("select X'1F'", "select x'1F'"),
    ("select B'10'", "select b'10'"),
    ("select U&'\\0061'", "select u&'\\0061'"),
    ("select 'a'\n'b'", "select 'ab'"),
    ("select 'a'\n'b'", "select 'a' \r\n\t 'b'"),
    ("select E'a\\''\n'b\\''", "select e'a\\'b\\''"),
    ("select 'it''s'\n'x'", "select 'it''sx'"),
    ("copy t from stdin;\n1\n\\.\n", "COPY t\nFROM stdin;\n1\n\\.\n\n"),
    ("\\restrict abc\nselect 1;\n\\unrestrict abc", "\\restrict xyz\nselect 1;\n"),
]  # fmt: skip

DIFFERENT = [
    ("select 1", "select 2"),
    ("select 1; select 2", "select 2; select 1"),
    ("select 1; select 2", "select 1"),
    ("select 'a'", "select 'A'"),
    ("select 'a b'", "select 'a  b'"),
    ("select 'a\nb'", "select 'a\r\nb'"),
    ("select 'a -- b'", "select 'a'"),
    ("select 'a'", "select E'a'"),
    ("select 'a'", "select $$a$$"),
    ("select $$a$$", "select $x$a$x$"),
    ("select $$a\nb$$", "select $$a\r\nb$$"),
    ("select $$ -- c\n$$", "select $$ \n$$"),
    ('select "a"', "select a"),
    ('select "A"', 'select "a"'),
    ("select É", "select é"),
    ("select a <> b", "select a != b"),
    ("select '''\n'''", "select '''\n\n'''"),
    ("select 'a''\n''b'", "select 'a''''b'"),
    ("select 1.0", "select 1.00"),
    ("select ab", "select a b"),
    ("begin; select 1; commit", "select 1"),
    ("copy t from stdin;\n1\n\\.\n", "copy t from stdin;\n2\n\\.\n"),
    ("copy t from stdin;\n1\n\\.\n", "copy t from stdin;\n1\r\n\\.\n"),
    ("copy t from stdin;\n1\n\\.\ncopy t from stdin;\n\\.\n",
     "copy t from stdin;\n\\.\ncopy t from stdin;\n1\n\\.\n"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_same_meaning(one, other):
    assert meaning(one) == meaning(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_meaning(one, other):
    assert meaning(one) != meaning(other)


def test_golden():
    """The algorithm never changes: a change here turns every recorded file into a changed one."""
    text = (
        "-- c\nCREATE TABLE \"T\" (É int); select e'a'\n'b', U&'x', $x$ y $x$, 1E5 <> 2;;\n"
        "copy t from stdin;\n1\t2\n\\.\n"
    )
    hashed = (
        b"ceremony-meaning-1\x00"
        b'6:create5:table3:"T"1:(2:\xc3\x893:int1:)1:;'
        b"6:select5:e'ab'1:,5:u&'x'1:,9:$x$ y $x$1:,3:1e52:<>1:21:;"
        b"4:copy1:t4:from5:stdin1:;copy:"
        + hashlib.sha256(b"1\t2\n").digest()
        + b"directive11:transactiondirective4:none"
    )
    assert meaning(text, ("transaction", "none")) == (
        "meaning1:" + hashlib.sha256(hashed).hexdigest()
    )


def test_directives_are_part_of_the_meaning():
    plain = meaning("select 1")
    declared = meaning("select 1", ("risk", "high"))
    assert len({plain, declared, meaning("select 1", ("riskh", "igh"))}) == 3
    assert declared == meaning("-- x\nselect 1", ("risk", "high"))


def test_unknown_algorithm():
    with pytest.raises(UnknownAlgorithmError, match="meaning99"):
        same_meaning("meaning99:00", Meaning((b"select",), {}))


def test_recorded_digest_is_judged_by_its_own_algorithm():
    one = Meaning((b"select", b"1"), {})
    assert same_meaning(meaning_digest(one), Meaning((b"SELECT", b"1", b";"), {}))
    assert not same_meaning(meaning_digest(one), Meaning((b"select", b"2"), {}))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")), st.data())
def test_any_change_inside_a_literal_is_another_meaning(content, data):
    other = data.draw(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
    assume(content != other)

    def quoted(text: str) -> str:
        return "select '" + text.replace("'", "''") + "'"

    assert meaning(quoted(content)) != meaning(quoted(other))
