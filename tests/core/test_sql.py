"""Files into scripts: statements with their places, comments, the file's own transaction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.script import Probe, ProbeTarget, Script
from ceremony.core.sql import (
    SqlSyntaxError,
    comments,
    parse_script,
    parser_version,
    refusals,
    statements,
)
from ceremony.core.text import decode

PATH = "outbox/0001_queue.sql"


def script(text: str, *, transactional: bool = True) -> Script:
    understood, findings = parse_script(PATH, text, text.encode(), transactional=transactional)
    assert understood is not None, findings
    return understood


def test_statements_are_cut_from_first_to_last_token():
    text = (
        "-- é\r\n/* 🙂 */ CREATE TABLE t (\r\n  a int -- why\r\n) ; -- end\r\n\r\n;;  SELECT 'é;'"
    )
    first, second = script(text).statements
    assert (first.number, first.text) == (1, "CREATE TABLE t (\r\n  a int -- why\r\n)")
    assert (first.line, first.column, first.offset, first.kind) == (2, 9, 14, "create_stmt")
    assert (second.number, second.text, second.kind) == (2, "SELECT 'é;'", "select_stmt")
    assert (second.line, second.column) == (6, 5)
    assert text[second.offset :] == "SELECT 'é;'"


def test_digests_and_text_of_a_file_with_byte_order_mark():
    data = b"\xef\xbb\xbfselect 1;"
    text, _ = decode(PATH, data)
    assert text is not None
    understood, _ = parse_script(PATH, text, data, transactional=True)
    assert understood is not None
    assert understood.text == "select 1;"
    assert understood.meaning_digest == script("SELECT 1").meaning_digest
    assert understood.bytes_digest != script("select 1;").bytes_digest


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN; SELECT 1; COMMIT;",
        "-- x\nbegin work;\nSELECT 1;\nend transaction;\n",
        "START TRANSACTION; SELECT 1; COMMIT AND NO CHAIN",
    ],
)
def test_the_files_own_transaction_is_understood_and_not_sent(text):
    understood, findings = parse_script(PATH, text, text.encode(), transactional=True)
    assert findings == ()
    assert understood is not None
    assert [s.text for s in understood.sent] == ["SELECT 1"]
    assert [s.number for s in understood.sent] == [2]
    assert {s.not_sent for s in understood.statements} == {
        "", "the file's own transaction: the runner has one",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN; SELECT 1; ROLLBACK",
        "BEGIN; SELECT 1; COMMIT AND CHAIN",
        "SELECT 1; BEGIN; COMMIT",
        "BEGIN; COMMIT; SELECT 1",
        "BEGIN READ ONLY; SELECT 1; COMMIT",
        "BEGIN",
    ],
)
def test_other_transaction_control_is_sent_by_nobody(text):
    understood, findings = parse_script(PATH, text, text.encode(), transactional=True)
    assert understood is not None
    assert {f.code for f in findings} == {"tx-control"}
    assert all(not s.not_sent for s in understood.statements)


def test_transaction_control_inside_the_files_own_transaction():
    text = "BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 2; COMMIT"
    understood, findings = parse_script(PATH, text, text.encode(), transactional=True)
    assert understood is not None
    assert [(f.code, f.column) for f in findings] == [("tx-control", 18), ("tx-control", 26)]


def test_comments_with_their_places():
    text = "-- Purpose: é\r\nSELECT '-- no', $$ -- no $$, \"-- no\"; /* yes\n -- é */ -- é tail\n"
    found = [(c.line, c.column, c.text) for c in comments(text)]
    assert found == [(1, 1, "-- Purpose: é"), (2, 39, "/* yes\n -- é */"), (3, 10, "-- é tail")]
    for comment in comments(text):
        assert text[comment.offset :].startswith(comment.text)


def test_comments_of_what_is_no_sql():
    assert [c.text for c in comments("-- a\nselect 'b -- c\n")] == ["-- a"]
    assert [c.text for c in comments("-- a\n\\i x -- b\nselec; -- c")] == ["-- a", "-- c"]
    assert [c.text for c in comments("select e'a'\n'b\\' -- no'; selec 'x; -- d")] == []
    copy = "copy t from stdin; \n-- data ' $$ /*\n\\.\n-- b\n"
    assert [c.text for c in comments(copy)] == ["-- b"]


def test_statements_of_a_check_block():
    first, second = statements("-- check: x\nINSERT INTO t VALUES (1);\n  VACUUM;")
    assert (first.line, first.column, first.in_transaction) == (2, 1, True)
    assert (second.line, second.column, second.in_transaction) == (3, 3, False)


@pytest.mark.parametrize(
    ("text", "line", "column", "offset"),
    [
        ("select 1;\nselec é", 2, 1, 10),
        ("é;", 1, 1, 0),
        ("select 1;\n é \\i x\n", 2, 2, 11),
        ("select 1;\n  \\i x\n", 2, 3, 12),
        ("select 'é' \0 drop", 1, 12, 11),
        ("select 1; copy t from stdin;\n1\n", 1, 28, 27),
    ],
)
def test_statements_refuse_what_they_cannot_read(text, line, column, offset):
    with pytest.raises(SqlSyntaxError) as caught:
        statements(text)
    error = caught.value
    assert (error.line, error.column, error.offset) == (line, column, offset)


def test_parser_version_is_a_version_of_postgresql():
    major, minor = parser_version().split(".")
    assert int(major) >= 17
    assert int(minor) >= 0


PROBES = [
    ("CREATE INDEX CONCURRENTLY i ON s.t (a)",
     ProbeTarget(Probe.INDEX_VALID, "s", "i", "s", "t",
                 "CREATE INDEX ON pg_temp.t USING btree (a)")),
    ("CREATE UNIQUE INDEX CONCURRENTLY \"I\" ON t (a)",
     ProbeTarget(Probe.INDEX_VALID, None, "I", None, "t",
                 "CREATE UNIQUE INDEX ON pg_temp.t USING btree (a)")),
    (f"CREATE INDEX CONCURRENTLY i ON t ((a{' || a' * 60}))",
     ProbeTarget(Probe.INDEX_VALID, None, "i", None, "t")),
    ("DROP INDEX CONCURRENTLY s.i", ProbeTarget(Probe.INDEX_GONE, "s", "i")),
    ("DROP INDEX CONCURRENTLY IF EXISTS i", ProbeTarget(Probe.INDEX_GONE, None, "i")),
    ("ALTER TABLE t DETACH PARTITION s.p CONCURRENTLY",
     ProbeTarget(Probe.DETACHED, "s", "p", None, "t")),
    ("VACUUM t", ProbeTarget(Probe.REPEATABLE)),
    ("ANALYZE t", ProbeTarget(Probe.REPEATABLE)),
    ("REINDEX TABLE CONCURRENTLY t", ProbeTarget(Probe.REPEATABLE)),
    ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", ProbeTarget(Probe.REPEATABLE)),
    ("SET work_mem = '1GB'", ProbeTarget(Probe.REPEATABLE)),
    ("ALTER TABLE t VALIDATE CONSTRAINT c", ProbeTarget(Probe.REPEATABLE)),
    ("ALTER TYPE e ADD VALUE IF NOT EXISTS 'x'", ProbeTarget(Probe.REPEATABLE)),
    ("CREATE TABLE IF NOT EXISTS t (a int)", ProbeTarget(Probe.REPEATABLE)),
    ("CREATE OR REPLACE VIEW v AS SELECT 1", ProbeTarget(Probe.REPEATABLE)),
    ("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1'",
     ProbeTarget(Probe.REPEATABLE)),
    ("DROP TABLE IF EXISTS t", ProbeTarget(Probe.REPEATABLE)),
    ("DROP DATABASE IF EXISTS d", ProbeTarget(Probe.REPEATABLE)),
    ("DROP SUBSCRIPTION s", ProbeTarget(Probe.NONE)),
    ("ALTER TYPE e ADD VALUE 'x'", ProbeTarget(Probe.NONE)),
    ("CREATE TABLE t (a int)", ProbeTarget(Probe.NONE)),
    ("INSERT INTO t VALUES (1)", ProbeTarget(Probe.NONE)),
    ("CREATE DATABASE d", ProbeTarget(Probe.NONE)),
    ("CREATE INDEX i ON t (a)", ProbeTarget(Probe.NONE)),
    ("ALTER TABLE t VALIDATE CONSTRAINT c, ADD COLUMN a int", ProbeTarget(Probe.NONE)),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "probe"), PROBES)
def test_probe_of_a_statement_outside_a_transaction(sql, probe):
    assert script(sql, transactional=False).statements[0].probe == probe


def test_statements_in_a_transaction_have_no_probe():
    assert script("VACUUM").statements[0].probe == ProbeTarget(Probe.NONE)


STATEMENTS = [
    "SELECT 1",
    'CREATE TABLE "odd "";\'--" (a int DEFAULT 1)',
    "INSERT INTO t VALUES ('é; -- x', E'\\';', $$ ; $$, $t$ $$; $t$)",
    "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$\nBEGIN\n  RETURN 1; -- é\nEND $f$",
    "CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END",
    "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
    "DO 'begin end'",
    "COMMENT ON TABLE t IS '🙂'",
    "SELECT a[1:2], b::text FROM t WHERE c = ANY ($1)",
]
GAPS = [" ", "\n", "\r\n", "\t", "-- é;'\n", "-- $$\r\n", "/* ; ' $$ /* \" */ 🙂 */", ";", "\f"]
gaps = st.lists(st.sampled_from(GAPS), max_size=4).map("".join)


@given(st.lists(st.tuples(gaps, st.sampled_from(STATEMENTS), gaps), min_size=1, max_size=6), gaps)
def test_whatever_stands_between_statements_changes_nothing(parts, tail):
    text = "".join(f"{before}{sql}{after}\n;" for before, sql, after in parts) + tail
    plain = script(";\n".join(sql for _, sql, _ in parts))
    understood = script(text)
    assert [s.text for s in understood.statements] == [sql for _, sql, _ in parts]
    assert understood.meaning_digest == plain.meaning_digest
    for statement in understood.statements:
        assert text[statement.offset :].startswith(statement.text)
        before = text[: statement.offset]
        assert statement.line == before.count("\n") + 1
        assert statement.column == len(before) - (before.rfind("\n") + 1) + 1
    assert [s.text for s in statements(text)] == [s.text for s in plain.statements]


FRAGMENTS = [
    "select", "'", '"', "$$", "$x$", ";", "\n", "--", "/*", "*/", "\\", "\\.", "\\restrict a",
    "copy t from stdin", "e'", "u&'", ":x", "begin", "commit", "atomic", "1", " ", "é", "(", "\r\n",
]  # fmt: skip


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join))
def test_no_text_breaks_the_reading(text):
    for transactional in (True, False):
        understood, findings = parse_script(PATH, text, text.encode(), transactional=transactional)
        assert understood is not None or findings
    refusals(PATH, text)
    for comment in comments(text):
        assert text[comment.offset :].startswith(comment.text)


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_arbitrary_text_breaks_nothing(text):
    understood, findings = parse_script(PATH, text, text.encode(), transactional=True)
    assert understood is not None or findings
