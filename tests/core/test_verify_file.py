import pytest

from ceremony.core.check import CheckSeverity, When
from ceremony.core.expectations import Kind
from ceremony.core.verify_file import parse_verify

PATH = "shop/0001_a.verify.sql"

GOOD = """\
-- The checks of a.

-- check: one active BOM per listing
-- when: before rollback
-- only if: SELECT to_regclass('boms') IS NOT NULL
-- severity: warn
-- expect: error unique_violation on boms_active
-- Note: any other comment is a comment
INSERT INTO boms VALUES (1);  -- a trailing comment
INSERT INTO boms VALUES (1);

-- CHECK: rows
-- Expect: no rows
SELECT 1 WHERE false
"""


def refused(text: str):
    _, [finding] = parse_verify(PATH, text)
    assert finding.path == PATH
    return finding


def test_a_block_is_set_up_and_question_with_exact_places():
    checks, findings = parse_verify(PATH, GOOD)
    assert findings == ()
    first, second = checks
    assert (first.name, first.path, first.line) == ("one active BOM per listing", PATH, 3)
    assert (first.when, first.severity) == (When.BEFORE_ROLLBACK, CheckSeverity.WARN)
    assert first.only_if
    assert first.only_if.text == "SELECT to_regclass('boms') IS NOT NULL"
    assert (first.only_if.line, first.only_if.column) == (5, 13)
    assert GOOD[first.only_if.offset :].startswith("SELECT to_regclass")
    assert first.expectation.kind is Kind.ERROR
    [setup] = first.setup
    assert (setup.text, setup.line) == ("INSERT INTO boms VALUES (1)", 9)
    assert (first.question.text, first.question.line) == ("INSERT INTO boms VALUES (1)", 10)
    assert GOOD[first.question.offset :].startswith("INSERT INTO boms VALUES (1);\n\n")
    assert (second.name, second.line, second.when) == ("rows", 12, When.AFTER)
    assert (second.severity, second.only_if, second.setup) == (CheckSeverity.BLOCK, None, ())
    assert second.question.line == 14


@pytest.mark.parametrize("when", list(When))
@pytest.mark.parametrize("severity", list(CheckSeverity))
def test_times_and_severities(when, severity):
    text = (
        f"-- check: a\n-- when: {when.upper()}\n-- severity: {severity}\n-- expect: rows\nSELECT 1;"
    )
    [check], findings = parse_verify(PATH, text)
    assert findings == ()
    assert (check.when, check.severity) == (when, severity)


def test_line_ends_and_indentation_do_not_matter():
    [check], findings = parse_verify(
        PATH, "  -- check: a\r\n\t-- expect: value 1\r\n SELECT 1;\r\n"
    )
    assert findings == ()
    assert (check.line, check.question.line, check.question.column) == (1, 3, 2)


@pytest.mark.parametrize(
    ("text", "line", "code", "message", "hint"),
    [
        (
            "-- check: a\nSELECT 1;",
            1,
            "check-no-expectation",
            "The check 'a' expects nothing, so it could never fail.",
            "Add a line '-- expect: no rows' (or another expectation) below '-- check:'.",
        ),
        (
            "-- check: a\n-- expect: nothing\nSELECT 1;",
            2,
            "check-expectation-unknown",
            "'nothing' is no expectation.",
            "Write one of: no rows, rows, 3 rows, at least 3 rows, at most 3 rows, value 5, "
            "value < 5, "
            "success, error unique_violation on constraint_name, plan uses index index_name.",
        ),
        (
            "-- check: a\n-- when: befor\n-- expect: rows\nSELECT 1;",
            2,
            "check-when-unknown",
            "'befor' is no value of 'when:'.",
            "Did you mean 'before'? Write one of: before, after, always, monitor, before rollback, "
            "after rollback.",
        ),
        (
            "-- check: a\n-- severity: fatal\n-- expect: rows\nSELECT 1;",
            2,
            "check-severity-unknown",
            "'fatal' is no value of 'severity:'.",
            "Write one of: block, warn, info.",
        ),
        (
            "-- check: a\n-- expect: rows\n",
            1,
            "check-empty",
            "The check 'a' has no question.",
            "Write the statement to be judged below its directives.",
        ),
        (
            "-- check:\n-- expect: rows\nSELECT 1;",
            1,
            "check-unnamed",
            "A check has no name.",
            "Say what holds: '-- check: one active price per listing'.",
        ),
        (
            "-- nothing here\n",
            0,
            "check-none",
            "The file holds no check.",
            "Write '-- check: what holds', '-- expect: …' and a query, or delete the file.",
        ),
        (
            "-- check: a\n-- expect: rows\n-- expect: no rows\nSELECT 1;",
            3,
            "check-directive-repeated",
            "'expect:' is given again; it stands on line 2 already.",
            "Keep one of the two lines.",
        ),
        (
            "-- check: a\n-- exepct: rows\n-- expect: rows\nSELECT 1;",
            2,
            "check-directive-unknown",
            "There is no check directive 'exepct'.",
            "Did you mean 'expect:'? For an ordinary comment, leave out the colon.",
        ),
        (
            "-- check: a\n-- expect: rows\nSELECT 1;\n-- when: before\n",
            4,
            "check-directive-misplaced",
            "'when:' stands behind a statement of its check, where it does not hold.",
            "Put it between '-- check:' and the first statement of the check.",
        ),
        (
            "-- check: a\nSELECT 1; -- expect: rows\n",
            2,
            "check-directive-misplaced",
            "'expect:' stands behind a statement of its check, where it does not hold.",
            "Put it between '-- check:' and the first statement of the check.",
        ),
        (
            "-- check: a\n-- only if: to_regclass('b')\n-- expect: rows\nSELECT 1;",
            2,
            "check-only-if",
            "The condition of 'only if:' is no SQL: syntax error at or near \"to_regclass\".",
            "Write one SELECT on the same line, for instance SELECT to_regclass('boms') IS "
            "NOT NULL.",
        ),
        (
            "-- check: a\n-- only if: DELETE FROM b\n-- expect: rows\nSELECT 1;",
            2,
            "check-only-if",
            "The condition of 'only if:' is not one SELECT.",
            "Write one SELECT on the same line, for instance SELECT to_regclass('boms') IS "
            "NOT NULL.",
        ),
        (
            "-- check: a\n-- only if: SELECT 1; SELECT 2\n-- expect: rows\nSELECT 1;",
            2,
            "check-only-if",
            "The condition of 'only if:' is not one SELECT.",
            "Write one SELECT on the same line, for instance SELECT to_regclass('boms') IS "
            "NOT NULL.",
        ),
        (
            "-- check: a\n-- expect: rows\nCOMMIT;\nSELECT 1;",
            3,
            "check-transaction-control",
            "'COMMIT' controls the transaction, which a check may not.",
            "Delete the statement: what a check does is undone anyway.",
        ),
        (
            "-- check: a\n-- expect: rows\nSAVEPOINT x;\nSELECT 1;",
            3,
            "check-transaction-control",
            "'SAVEPOINT x' controls the transaction, which a check may not.",
            "Delete the statement: what a check does is undone anyway.",
        ),
        (
            "-- check: a\n-- expect: success\nVACUUM;",
            3,
            "check-needs-no-transaction",
            "'VACUUM' cannot run in a transaction, and a check always does.",
            "Put the statement into a migration with 'Transaction: none'.",
        ),
        (
            "-- check: a\n-- expect: 1 row\nCOPY b FROM STDIN;\n1\n\\.\nSELECT 1;",
            3,
            "check-copy",
            "'COPY b FROM STDIN' brings its data along, which a check cannot.",
            "Write the rows as INSERT … VALUES, or make them with generate_series().",
        ),
        (
            "-- check: a\n-- expect: no rows\nINSERT INTO b VALUES (1);",
            3,
            "check-no-answer",
            "'no rows' is expected, but the question returns no rows at all.",
            "End the check with a SELECT (or RETURNING), or expect success or an error.",
        ),
        (
            "-- check: a\n-- expect: plan uses index i\nCREATE TABLE t ();",
            3,
            "check-not-explainable",
            "A plan is expected, but the question is no SELECT, INSERT, UPDATE, DELETE or MERGE.",
            "Let the last statement of the check be the query whose plan is judged.",
        ),
    ],
)
def test_a_block_that_cannot_be_judged_is_refused(text, line, code, message, hint):
    finding = refused(text)
    assert (finding.line, finding.code) == (line, code)
    assert (finding.message, finding.hint) == (message, hint)


def test_a_statement_before_the_first_check_is_refused_once():
    text = "SELECT 1;\nSELECT 2;\n-- check: a\n-- expect: rows\nSELECT 3;"
    checks, [finding] = parse_verify(PATH, text)
    assert [check.name for check in checks] == ["a"]
    assert (finding.line, finding.code) == (1, "check-outside-block")
    assert finding.message == "A statement stands before the first check and would never run."
    assert finding.hint == "Begin the block with '-- check: what holds'."


def test_a_directive_before_the_first_check_is_refused():
    checks, [finding] = parse_verify(
        PATH, "-- expect: rows\n-- check: a\n-- expect: rows\nSELECT 1;"
    )
    assert len(checks) == 1
    assert (finding.line, finding.code) == (1, "check-directive-misplaced")
    assert finding.message == "'expect:' stands before the first check, where it does not hold."


def test_two_checks_of_one_name_are_refused():
    block = "-- check: {}\n-- expect: rows\nSELECT 1;\n"
    _, [finding] = parse_verify(PATH, block.format("Same") + block.format("same"))
    assert (finding.line, finding.code) == (4, "check-duplicate")
    assert finding.message == "There is a check 'same' already, on line 1."
    assert finding.hint == "Give each check of a file a name of its own: records refer to it."


def test_a_syntax_error_is_one_finding():
    checks, findings = parse_verify(PATH, "-- check: a\n-- expect: rows\nSELEC 1;\n")
    assert checks == ()
    assert [(f.line, f.column, f.code) for f in findings] == [(3, 1, "sql-syntax")]


def test_the_good_blocks_of_a_file_stay():
    text = "-- check: a\nSELECT 1;\n-- check: b\n-- expect: rows\nSELECT 1;\n"
    checks, findings = parse_verify(PATH, text)
    assert [check.name for check in checks] == ["b"]
    assert [f.code for f in findings] == ["check-no-expectation"]


@pytest.mark.parametrize(
    "question",
    [
        "SELECT 1",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "VALUES (1)",
        "TABLE b",
        "INSERT INTO b VALUES (1) RETURNING id",
        "UPDATE b SET c = 1 returning *",
        "SHOW search_path",
        "EXPLAIN SELECT 1",
    ],
)
def test_what_can_return_rows_may_be_asked_for_them(question):
    [check], findings = parse_verify(PATH, f"-- check: a\n-- expect: rows\n{question};")
    assert (findings, check.question.text) == ((), question)


@pytest.mark.parametrize(
    "comment",
    [
        "Then: the next",
        "Where: here",
        "Purpose: prose",
        "Note: x",
        "Checked: by hand",
        "Except: one",
        "a :: b",
    ],
)
def test_ordinary_comments_are_comments(comment):
    text = f"-- check: a\n-- {comment}\n-- expect: rows\nSELECT 1;\n-- {comment}\n"
    checks, findings = parse_verify(PATH, text)
    assert (len(checks), findings) == (1, ())


def test_what_looks_like_a_check_inside_a_literal_is_none():
    text = "-- check: a\n-- expect: rows\nSELECT '\n-- check: b\n-- expect: rows\n';\n"
    checks, findings = parse_verify(PATH, text)
    assert (len(checks), findings) == (1, ())


def test_a_check_may_act_as_another_role():
    text = "-- check: a\n-- expect: error 42501\nSET LOCAL ROLE authenticated;\nDELETE FROM b;\n"
    checks, findings = parse_verify(PATH, text)
    assert [f.code for f in findings] == []
    assert len(checks) == 1
