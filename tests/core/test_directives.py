import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.directives import milliseconds, read_header
from ceremony.core.finding import Severity
from ceremony.core.header import Dependency, Header, Risk, Silence

PATH = "shop/0001_a.sql"


def header_of(*lines: str) -> Header:
    header, findings = read_header(PATH, "\n".join(lines) + "\nSELECT 1;\n")
    assert findings == ()
    return header


def refused(*lines: str):
    _, [finding] = read_header(PATH, "\n".join(lines) + "\nSELECT 1;\n")
    assert (finding.path, finding.severity) == (PATH, Severity.ERROR)
    return finding


def test_every_directive():
    header = header_of(
        "-- Purpose: foundation tables: and sync state",
        "-- Depends: 0029_add_created_at.sql (creates content_metrics, and more)",
        "-- DEPENDS: 0007, other_series:0003_orders (why), 0013_5_base",
        "-- Dependencies: django:app.0002_x",
        "-- Risk: HIGH (locks)",
        "-- Reversible: no (drops a column)",
        "-- Data loss: rollback (drops events)",
        "-- Transaction: none",
        "-- Timeout: lock 3s, statement 10min",
        "-- Author: somebody",
        "-- Ticket: ABC-1",
        "-- Date: 2026-01-17",
        "-- Planned: waits for the design",
        "-- Retired: never again",
        "-- Supersedes: 0000-0029 (the old history)",
        "-- Silence: index-not-concurrent (the table is new)",
    )
    assert header == Header(
        purpose="foundation tables: and sync state",
        depends=(
            Dependency("", "0029_add_created_at", "creates content_metrics, and more", 2),
            Dependency("", "0007", "", 3),
            Dependency("other_series", "0003_orders", "why", 3),
            Dependency("", "0013_5_base", "", 3),
            Dependency("django", "app.0002_x", "", 4),
        ),
        risk=Risk.HIGH,
        reversible=False,
        irreversible_why="drops a column",
        data_loss="rollback (drops events)",
        transactional=False,
        lock_timeout=3000,
        statement_timeout=600_000,
        planned="waits for the design",
        retired="never again",
        supersedes=("0000", "0029"),
        about=(("author", "somebody"), ("ticket", "ABC-1"), ("date", "2026-01-17")),
        silences=(Silence("index-not-concurrent", "the table is new", 16),),
    )


@pytest.mark.parametrize("nothing", ["none", "None", "-", "–", "—", "none (the first)"])
def test_a_file_can_say_that_it_depends_on_nothing(nothing):
    assert header_of(f"-- Depends: {nothing}").depends == ()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("yes", (True, "")),
        ("YES (drill)", (True, "")),
        ("no", (False, "")),
        ("no (x)", (False, "x")),
    ],
)
def test_reversible(value, expected):
    header = header_of(f"-- Reversible: {value}")
    assert (header.reversible, header.irreversible_why) == expected


@pytest.mark.parametrize(
    ("value", "on_apply", "on_rollback"),
    [
        ("none", False, False),
        ("apply (drops a)", True, False),
        ("rollback", False, True),
        ("Both (a, b)", True, True),
    ],
)
def test_data_loss(value, on_apply, on_rollback):
    header = header_of(f"-- Data loss: {value}")
    assert (header.loses_on_apply, header.loses_on_rollback) == (on_apply, on_rollback)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500ms", 500),
        ("3s", 3000),
        ("3 s", 3000),
        ("1.5s", 1500),
        ("10min", 600_000),
        ("2h", 7_200_000),
        ("3 parsecs", None),
        ("s", None),
        ("", None),
        ("-1s", None),
        ("0s", None),
        ("600h", None),
    ],
)
def test_durations(text, expected):
    assert milliseconds(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "-- Purpose: one\n\n\n  -- Risk: low\n",
        "\n/* a licence\n /* nested */ Risk: high */\n-- Purpose: one\n;\n-- Risk: low\n",
        "-- Purpose: one\r\n-- Risk: low\r\n",
        "--Purpose:one\n--   risk :   low  \n",
        "\\restrict abc\n-- Purpose: one\n-- Risk: low\n",
    ],
)
def test_where_a_header_can_stand(text):
    header, findings = read_header(PATH, text + "SELECT 1;")
    assert findings == ()
    assert (header.purpose, header.risk) == ("one", Risk.LOW)


def test_a_header_ends_at_the_first_statement():
    assert read_header(PATH, "SELECT 1; -- Purpose: no\n-- Risk: low\n") == (Header(), ())


def test_a_header_is_read_from_what_no_parser_accepts():
    header, findings = read_header(PATH, "-- Retired: broken\nCREATE TABEL 'x (;\n/* open")
    assert (header.retired, findings) == ("broken", ())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Depend", "Depends"),
        ("Depends on", "Depends"),
        ("Dependency", "Depends"),
        ("Dependecies", "Dependencies"),
        ("eDpends", "Depends"),
        ("Rsik", "Risk"),
        ("Risks", "Risk"),
        ("Reversable", "Reversible"),
        ("Irreversible", "Reversible"),
        ("Dataloss", "Data loss"),
        ("Data-loss", "Data loss"),
        ("data_loss", "Data loss"),
        ("Data los", "Data loss"),
        ("Transactions", "Transaction"),
        ("Transactional", "Transaction"),
        ("Transation", "Transaction"),
        ("Timeouts", "Timeout"),
        ("Timout", "Timeout"),
        ("Lock timeout", "Timeout"),
        ("Planed", "Planned"),
        ("Retierd", "Retired"),
        ("Retire", "Retired"),
        ("Purpos", "Purpose"),
        ("Supercedes", "Supersedes"),
        ("Silenced", "Silence"),
        ("Auhtor", "Author"),
        ("Tikcet", "Ticket"),
    ],
)
def test_a_misspelt_directive_is_an_error(written, meant):
    finding = refused("-- Purpose: fine", f"-- {written}: value")
    assert (finding.code, finding.line) == ("directive-unknown", 2)
    assert finding.message == f"There is no directive {written!r}."
    assert finding.hint == f"Did you mean '{meant}:'? For an ordinary comment, leave out the colon."


@pytest.mark.parametrize(
    "comment",
    [
        "Note: keep",
        "TODO: later",
        "Copyright: us",
        "Licence: BSD",
        "License: BSD",
        "http://example.org/a",
        "https://example.org",
        "Data: nothing is lost",
        "Dates: all in UTC",
        "Disk: 20 GB",
        "Required: pg_cron",
        "Returned: rows",
        "Revised: twice",
        "Reviewed: twice",
        "Removed: a table",
        "Planner: uses the index",
        "Retried: twice",
        "Translation: none",
        "Transition: none",
        "Related: 0007",
        "Reason: speed",
        "Description: x",
        "Name: users; Type: TABLE; Schema: public; Owner: -",
        "Data for Name: users; Type: TABLE DATA",
        "Usage: psql",
        "Version: 3",
        "Warning: slow",
        "Time: long",
        "See also: the manual",
        "State: open",
        "Table: users",
        "Details: below",
        "Result: 3 rows",
        "This depends on: nothing",
        "SELECT a::text",
        "a: b",
        "-----",
        "",
        "=====: x",
        "Risk of a lock is low",
        "Reversible in theory",
        "Transaction none of this",
        "Depends on the weather",
        "Step 1: create",
        "Purge: daily",
        "Auto: yes",
        "Update: rows",
        "Rate: 3",
        "Science: x",
        "List: x",
        "PostgreSQL database dump",
        "Planet: earth",
        "Dumped from database version 15.1",
    ],
)
def test_an_ordinary_comment_is_a_comment(comment):
    assert read_header(PATH, f"-- {comment}\nSELECT 1;") == (Header(), ())


@pytest.mark.parametrize(
    ("comment", "key"),
    [
        ("Transaction none", "Transaction"),
        ("transaction = none", "Transaction"),
        ("Risk high", "Risk"),
        ("Reversible no (drops)", "Reversible"),
        ("Depends 0007_users", "Depends"),
    ],
)
def test_a_directive_without_its_colon_is_an_error(comment, key):
    finding = refused(f"-- {comment}")
    assert (finding.code, finding.line) == ("directive-unknown", 1)
    assert finding.message == f"{comment!r} looks like a directive, but has no colon."
    assert finding.hint == f"Write '-- {key}: …'."


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("Risk: huge", "'huge' is no risk.", "Write low, medium or high."),
        (
            "Reversible: maybe",
            "'maybe' is neither yes nor no.",
            "Write yes, or no with the reason: no (drops a column).",
        ),
        (
            "Data loss: some",
            "'some' does not say when data is lost.",
            "Write rollback, apply, both or none, with what is lost in brackets: "
            "rollback (drops orders).",
        ),
        (
            "Transaction: all",
            "'all' is no value of Transaction.",
            "Write none for a file outside a transaction, or delete the line: a transaction "
            "is the rule.",
        ),
        (
            "Timeout: 3 parsecs",
            "'3 parsecs' is no timeout.",
            "Write lock or statement with a number and ms, s, min or h: lock 3s, statement 10min.",
        ),
        (
            "Timeout: lock 3s, lock 4s",
            "'lock 4s' is no timeout.",
            "Write lock or statement with a number and ms, s, min or h: lock 3s, statement 10min.",
        ),
        (
            "Supersedes: all",
            "'all' is no range of versions.",
            "Write the first and the last: 0000-0029.",
        ),
        (
            "Silence: index-not-concurrent",
            "'index-not-concurrent' silences nothing.",
            "Write one code and, in brackets, why: some-code (why).",
        ),
        (
            "Depends: the users table",
            "'the users table' names no migration.",
            "Write 0007, 0007_name, series:0007 or django:app.0002_name; a reason in brackets.",
        ),
        (
            "Depends: 0007 and 0008",
            "'0007 and 0008' names no migration.",
            "Write 0007, 0007_name, series:0007 or django:app.0002_name; a reason in brackets.",
        ),
        ("Purpose:", "'Purpose:' has no value.", "Write a value, or delete the line."),
        ("Retired:", "'Retired:' has no value.", "Write a value, or delete the line."),
    ],
)
def test_a_wrong_value_is_an_error(line, message, hint):
    finding = refused("-- a comment", f"-- {line}")
    assert (finding.code, finding.line) == ("directive-value", 2)
    assert (finding.message, finding.hint) == (message, hint)


def test_a_directive_given_twice_is_an_error():
    finding = refused("-- Risk: low", "-- x", "-- RISK: low")
    assert (finding.code, finding.line) == ("directive-repeated", 3)
    assert finding.message == "'RISK:' is given again; it stands on line 1 already."
    assert finding.hint == "Keep one of the two lines."


def test_all_mistakes_are_reported_at_once():
    _, findings = read_header(PATH, "-- Rsik: low\n-- Timeout: x\n-- Reversible: maybe\nSELECT 1;")
    assert [(f.code, f.line) for f in findings] == [
        ("directive-unknown", 1),
        ("directive-value", 2),
        ("directive-value", 3),
    ]


def test_the_meaning_has_what_changes_what_a_file_does():
    assert Header().directives == ()
    header = header_of(
        "-- Purpose: x",
        "-- Depends: 0001",
        "-- Risk: low",
        "-- Reversible: no (because)",
        "-- Data loss: rollback (all of it)",
        "-- Transaction: none",
        "-- Timeout: lock 3s",
        "-- Supersedes: 0000-0029",
        "-- Author: x",
    )
    assert header.directives == (
        ("data loss", "rollback"),
        ("reversible", "no"),
        ("supersedes", "0000-0029"),
        ("transaction", "none"),
    )


WORDS = st.text("abcdefghij klmnop,.-_", min_size=1, max_size=30).map(str.strip).filter(bool)


@given(
    purpose=WORDS,
    versions=st.lists(st.integers(0, 9999).map("{:04d}".format), max_size=4),
    risk=st.sampled_from(Risk),
    lock=st.integers(1, 10**6),
    why=st.text("abcdefgh ", min_size=1).map(str.strip).filter(bool),
)
def test_a_written_header_is_read_back(purpose, versions, risk, lock, why):
    lines = [f"-- Purpose: {purpose}", f"-- Risk: {risk}", f"-- Timeout: lock {lock}ms"]
    lines += [f"-- Depends: {version} ({why})" for version in versions]
    header = header_of(*lines, f"-- Reversible: no ({why})")
    assert header.purpose == purpose
    assert [(d.version, d.reason) for d in header.depends] == [(v, why) for v in versions]
    assert (header.risk, header.lock_timeout, header.irreversible_why) == (risk, lock, why)


@pytest.mark.parametrize(
    "line",
    [
        "-- Risk: " + "(" * 200_000,
        "-- Depends: " + "0001 (x), " * 20_000,
        "-- Timeout: lock " + "9" * 50_000 + "s",
        "-- Supersedes: " + "9" * 50_000,
        "--" + " " * 200_000 + "x",
        "-" * 200_000,
        "-- " + "a " * 100_000,
        "/*" * 50_000,
    ],
)
def test_a_monstrous_line_is_read_in_no_time(line):
    started = time.process_time()
    _, findings = read_header(PATH, line + "\nSELECT 1;")
    assert all(len(finding.message) < 200 for finding in findings)
    assert time.process_time() - started < 2


@given(st.text(max_size=200))
def test_any_text_has_a_header(text):
    header, findings = read_header(PATH, text)
    assert isinstance(header, Header)
    assert all(finding.line >= 1 for finding in findings)
