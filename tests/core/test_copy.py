"""Inline data of COPY … FROM STDIN: found by the grammar, never by its words alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.finding import Finding
from ceremony.core.script import CopyData, Script
from ceremony.core.sql import parse_script, statements

PATH = "content/0002_seed.sql"


def read(text: str) -> tuple[Script | None, tuple[Finding, ...]]:
    return parse_script(PATH, text, text.encode(), transactional=True)


def copies(text: str) -> list[tuple[str, int, bytes, int]]:
    script, findings = read(text)
    assert script is not None
    assert findings == ()
    return [
        (s.text, s.line, s.copy.data, s.copy.first_line)
        for s in script.statements
        if s.copy is not None
    ]


def test_data_between_statements():
    text = (
        "select 'é';\ncopy t (a, b) from stdin;\n1\tit's\n2\t$$ \"; select\n\\.\n"
        '\nselect 2; COPY public."T" FROM STDIN WITH (FORMAT csv) ;\n\\.\nselect 3'
    )
    assert copies(text) == [
        ("copy t (a, b) from stdin", 2, b"1\tit's\n2\t$$ \"; select\n", 3),
        ('COPY public."T" FROM STDIN WITH (FORMAT csv)', 7, b"", 8),
    ]
    script, _ = read(text)
    assert script is not None
    assert [(s.text, s.line) for s in script.statements][-1] == ("select 3", 9)
    assert [s.text for s in statements(text)] == [s.text for s in script.statements]


def test_crlf_stays_in_the_data():
    assert copies("copy t from stdin;\r\n1\r\n\\.\r\n") == [("copy t from stdin", 1, b"1\r\n", 2)]


@pytest.mark.parametrize(
    "text",
    [
        "select 'copy t from stdin;\n1\n\\.\n'",
        "do $$ begin\n/*\ncopy t from stdin;\n\\.\n*/ end $$",
        "-- copy t from stdin;\nselect 1",
        "/* copy t from stdin;\n\\.\n*/ select 1",
        "comment on table t is 'copy x from stdin;\n\\.\n'",
        "select stdin from copy",
        "select e'a'\n'b\\'; copy t from stdin;\n\\.\n'",
    ],
)
def test_only_words_in_other_places(text):
    assert copies(text) == []
    with_command = "\\restrict abc\n" + text + ";\n\\unrestrict abc\n"
    assert copies(with_command) == []


def test_a_quote_in_the_data_must_not_swallow_what_follows():
    text = "copy t from stdin;\nit's\n\\.\nselect 'x';\n"
    assert copies(text) == [("copy t from stdin", 1, b"it's\n", 2)]


def test_data_without_end():
    assert read("select 1;\ncopy t from stdin;\n1\n\\. \n")[1] == (
        Finding(
            PATH, 2, 18, "copy-stdin", "The data of COPY … FROM STDIN has no end.",
            "Put a line with \\. alone behind the last line of data.",
        ),
    )  # fmt: skip


@pytest.mark.parametrize("behind", [" select 1;", " -- comment", " \\."])
def test_text_behind_the_semicolon(behind):
    assert read(f"copy t from stdin;{behind}\n1\n\\.\n")[1] == (
        Finding(
            PATH, 1, 18, "copy-stdin", "Text behind the semicolon of COPY … FROM STDIN.",
            "The data begins on the next line: move the text behind the line \\.",
        ),
    )  # fmt: skip


LINE = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=20).filter(
    lambda line: line != "\\."
)


@given(st.lists(st.lists(LINE, max_size=4), min_size=1, max_size=3))
def test_any_lines_are_data(blocks):
    text = "".join(
        f"copy t{number} from stdin;\n" + "".join(line + "\n" for line in lines) + "\\.\n"
        for number, lines in enumerate(blocks)
    )
    script, findings = read(text)
    assert script is not None
    assert not [f for f in findings if f.code != "ident-mixed-script"]
    line = 2
    for statement, lines in zip(script.statements, blocks, strict=True):
        data = "".join(each + "\n" for each in lines).encode()
        assert statement.copy == CopyData(data, line)
        line += len(lines) + 2


def test_a_large_copy_and_many_words_are_read_in_one_pass():
    rows = "".join(f"{n}\tcopy t from stdin; it's\n" for n in range(20_000))
    body = "perform 'copy t from stdin;';\n" * 3_000
    text = (
        f"do $$ begin {body} end $$;\ncopy t from stdin;\n{rows}\\.\ndo $$ begin {body} end $$;\n"
    )
    assert copies(text) == [("copy t from stdin", 3002, rows.encode(), 3003)]
