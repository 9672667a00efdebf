"""What pg_dump writes is a migration: its preamble, its data, its \\restrict lines."""

from pathlib import Path

import pytest

from ceremony.core.finding import Finding, Severity
from ceremony.core.script import Script
from ceremony.core.sql import parse_script
from ceremony.core.text import decode

DATA = Path(__file__).parent / "data"
PATH = "content/0000_base.sql"

NOT_SENT = {
    "SET statement_timeout = 0": "pg_dump's preamble: the time limits are the runner's",
    "SET lock_timeout = 0": "pg_dump's preamble: the time limits are the runner's",
    "SET idle_in_transaction_session_timeout = 0":
        "pg_dump's preamble: the time limits are the runner's",
    "SET transaction_timeout = 0": "pg_dump's preamble: the time limits are the runner's",
    "SET client_encoding = 'UTF8'": "pg_dump's preamble: files are always UTF-8",
    "SET standard_conforming_strings = on": "pg_dump's preamble: always on",
    "SET client_min_messages = warning":
        "pg_dump's preamble: messages are kept with their statement",
}  # fmt: skip
SENT_SETTINGS = [
    "SELECT pg_catalog.set_config('search_path', '', false)",
    "SET check_function_bodies = false",
    "SET xmloption = content",
    "SET row_security = off",
    "SET default_tablespace = ''",
    "SET default_table_access_method = heap",
]


def read(text: str) -> tuple[Script, tuple[Finding, ...]]:
    script, findings = parse_script(PATH, text, text.encode(), transactional=True)
    assert script is not None, findings
    return script, findings


@pytest.mark.parametrize("major", [15, 18])
def test_a_real_dump(major):
    data = (DATA / f"dump_{major}.sql").read_bytes()
    text, noticed = decode(PATH, data)
    assert text is not None
    assert noticed == ()
    script, findings = read(text)
    expected = {s: r for s, r in NOT_SENT.items() if major >= 17 or "transaction_t" not in s}
    left_out = {s.text: s.not_sent for s in script.statements if s.not_sent}
    assert left_out == expected
    first = script.statements[0]
    path_line = next(s.line for s in script.statements if "search_path" in s.text)
    assert findings == (
        Finding(
            PATH, first.line, 1, "dump-preamble",
            "The preamble of pg_dump is recognised; not sent from it: "
            + "; ".join(expected) + ".",
            "Nothing needs doing: the runner sets its own limits and always reads UTF-8.",
            Severity.NOTICE,
        ),
        Finding(
            PATH, path_line, 1, "search-path-change",
            "set_config('search_path', …): unqualified names mean other objects from here to the "
            "end of the file.",
            "Qualify names with their schema, or use SET LOCAL. The setting is undone afterwards.",
            Severity.WARNING,
        ),
    )  # fmt: skip
    settings = [
        s.text for s in script.sent if s.kind == "variable_set_stmt" or "set_config" in s.text
    ]
    assert settings == SENT_SETTINGS
    lines = text.split("\n")
    for statement in script.statements:
        assert lines[statement.line - 1].startswith(statement.text.split("\n")[0])


@pytest.mark.parametrize("major", [15, 18])
def test_the_data_of_a_real_dump(major):
    text = (DATA / f"dump_{major}.sql").read_text()
    copies = [(s.text, s.copy) for s in read(text)[0].statements if s.copy]
    assert [(sql, copy.data.count(b"\n")) for sql, copy in copies] == [
        ('COPY "odd ""s;"."t;\'--" (a, b) FROM stdin', 2),
        ("COPY public.empty_one (id) FROM stdin", 0),
        ("COPY public.listings (id, title, note, price) FROM stdin", 5),
    ]
    lines = text.split("\n")
    for _, copy in copies:
        data = copy.data.decode().split("\n")[:-1]
        assert lines[copy.first_line - 1 : copy.first_line - 1 + len(data)] == data


def test_a_preamble_in_the_files_own_transaction():
    preamble = "".join(f"{each};\n" for each in [*NOT_SENT, SENT_SETTINGS[0]])
    script, findings = read(f"BEGIN;\n{preamble}SELECT 1;\nCOMMIT;\n")
    assert [f.code for f in findings] == ["dump-preamble", "search-path-change"]
    assert [s.text for s in script.sent] == [SENT_SETTINGS[0], "SELECT 1"]


def test_one_setting_of_a_preamble_is_no_preamble():
    _, findings = read("SET statement_timeout = 0; SET client_encoding = 'UTF8'; SELECT 1")
    assert [f.code for f in findings] == ["timeout-override"]


def test_a_preamble_in_another_encoding_is_refused():
    text = (
        "SET statement_timeout = 0; SET lock_timeout = 0; SET client_encoding = 'LATIN1'; "
        "SELECT pg_catalog.set_config('search_path', '', false); SELECT 1"
    )
    _, findings = read(text)
    assert [f.code for f in findings] == [
        "timeout-override", "timeout-override", "lexer-setting", "search-path-change",
    ]  # fmt: skip


def test_settings_behind_the_preamble_are_judged_by_themselves():
    preamble = "".join(f"{each};\n" for each in [*NOT_SENT, SENT_SETTINGS[0]])
    _, findings = read(f"{preamble}SELECT 1;\nSET lock_timeout = 0;")
    assert [f.code for f in findings] == ["dump-preamble", "search-path-change", "timeout-override"]
