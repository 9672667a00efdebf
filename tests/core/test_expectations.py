import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.expectations import (
    FORMS,
    CheckResult,
    Expectation,
    ExpectationError,
    Kind,
    Observation,
    judge,
    parse_expectation,
)
from ceremony.core.finding import shown
from ceremony.core.sqlstates import CONDITIONS, named

PASS, FAIL = CheckResult.PASS, CheckResult.FAIL


def row(*values: str | None, count: int = 1) -> Observation:
    return Observation(("c",) * len(values), (values,) * count, count)


def failed(sqlstate: str, message: str = "no", constraint: str = "") -> Observation:
    return Observation(sqlstate=sqlstate, message=message, constraint=constraint)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no rows", Expectation(Kind.ROWS, "no rows")),
        ("No  Rows", Expectation(Kind.ROWS, "No Rows")),
        ("rows", Expectation(Kind.ROWS, "rows", ">=", 1)),
        ("3 rows", Expectation(Kind.ROWS, "3 rows", "=", 3)),
        ("1 row", Expectation(Kind.ROWS, "1 row", "=", 1)),
        ("exactly 3 rows", Expectation(Kind.ROWS, "exactly 3 rows", "=", 3)),
        ("at least 3 rows", Expectation(Kind.ROWS, "at least 3 rows", ">=", 3)),
        ("at most 3 rows", Expectation(Kind.ROWS, "at most 3 rows", "<=", 3)),
        ("value 5", Expectation(Kind.VALUE, "value 5", value="5")),
        ("value = 5", Expectation(Kind.VALUE, "value = 5", value="5")),
        ("value <= 1.5", Expectation(Kind.VALUE, "value <= 1.5", "<=", value="1.5")),
        ("value <5", Expectation(Kind.VALUE, "value <5", "<", value="5")),
        ("value >= -2e3", Expectation(Kind.VALUE, "value >= -2e3", ">=", value="-2e3")),
        ("value a  'b", Expectation(Kind.VALUE, "value a  'b", value="a  'b")),
        ("value 'it''s'", Expectation(Kind.VALUE, "value 'it''s'", value="it's", quoted=True)),
        ("value ''", Expectation(Kind.VALUE, "value ''", value="", quoted=True)),
        ("value NULL", Expectation(Kind.VALUE, "value NULL", value="NULL")),
        ("SUCCESS", Expectation(Kind.SUCCESS, "SUCCESS")),
        (
            "error unique_violation",
            Expectation(Kind.ERROR, "error unique_violation", sqlstate="23505"),
        ),
        (
            "error Unique_Violation",
            Expectation(Kind.ERROR, "error Unique_Violation", sqlstate="23505"),
        ),
        ("error 23505", Expectation(Kind.ERROR, "error 23505", sqlstate="23505")),
        ("error p0001", Expectation(Kind.ERROR, "error p0001", sqlstate="P0001")),
        (
            "error unique_violation on boms_active",
            Expectation(
                Kind.ERROR,
                "error unique_violation on boms_active",
                sqlstate="23505",
                constraint="boms_active",
            ),
        ),
        (
            'error 23505 on "Odd ""name"',
            Expectation(
                Kind.ERROR, 'error 23505 on "Odd ""name"', sqlstate="23505", constraint='Odd "name'
            ),
        ),
        (
            'error raise_exception message "Cannot  move on"',
            Expectation(
                Kind.ERROR,
                'error raise_exception message "Cannot  move on"',
                sqlstate="P0001",
                message="Cannot  move on",
            ),
        ),
        (
            'error 23514 on c message "x"',
            Expectation(
                Kind.ERROR,
                'error 23514 on c message "x"',
                sqlstate="23514",
                constraint="c",
                message="x",
            ),
        ),
        (
            "error string_data_right_truncation",
            Expectation(Kind.ERROR, "error string_data_right_truncation", sqlstate="22001"),
        ),
        (
            "error null_value_not_allowed",
            Expectation(Kind.ERROR, "error null_value_not_allowed", sqlstate="22004"),
        ),
        ("plan uses index Idx_A", Expectation(Kind.PLAN, "plan uses index Idx_A", index="idx_a")),
        (
            'plan uses index "Idx A"',
            Expectation(Kind.PLAN, 'plan uses index "Idx A"', index="Idx A"),
        ),
    ],
)
def test_the_forms_of_an_expectation(text, expected):
    assert parse_expectation(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "none",
        "zero rows",
        "-1 rows",
        "3",
        "value",
        "error",
        "plan uses index",
        "plan uses idx",
        "success please",
        "no row s",
        "about 3 rows",
        "9" * 5000 + " rows",
        "error 23505 on",
        'error 23505 message "open',
        "rows 3",
    ],
)
def test_what_is_no_expectation(text):
    with pytest.raises(ExpectationError) as caught:
        parse_expectation(text)
    assert caught.value.message == f"{shown(text)} is no expectation."
    assert caught.value.hint == f"Write one of: {FORMS}."


@pytest.mark.parametrize(
    "condition",
    ["unique_violatoin", "2350", "warning", "no_data", "successful_completion", "abcde"],
)
def test_an_unknown_condition_is_refused(condition):
    with pytest.raises(ExpectationError) as caught:
        parse_expectation(f"error {condition}")
    assert (
        caught.value.message
        == f"{condition!r} is neither a condition of PostgreSQL nor a SQLSTATE."
    )
    assert caught.value.hint == (
        "Appendix A of the PostgreSQL manual lists them; for instance unique_violation, "
        "which is 23505."
    )


def test_an_order_is_between_numbers():
    with pytest.raises(ExpectationError) as caught:
        parse_expectation("value < abc")
    assert caught.value.message == "'abc' cannot be compared with '<': it is no number."
    assert caught.value.hint == (
        "Compare with a number, or let the question answer true or false: value true."
    )


@pytest.mark.parametrize(
    ("expect", "observed", "result", "explanation"),
    [
        ("no rows", Observation(), PASS, "expected no rows, got no rows"),
        ("no rows", row("a", count=3), FAIL, "expected no rows, got 3 rows"),
        ("rows", row("a"), PASS, "expected rows, got 1 row"),
        ("rows", Observation(), FAIL, "expected rows, got no rows"),
        ("2 rows", row("a"), FAIL, "expected 2 rows, got 1 row"),
        ("at least 2 rows", row("a", count=2), PASS, "expected at least 2 rows, got 2 rows"),
        ("at most 2 rows", row("a", count=3), FAIL, "expected at most 2 rows, got 3 rows"),
        (
            "no rows",
            failed("42P01", "relation missing"),
            FAIL,
            'expected no rows, got error 42P01 undefined_table: "relation missing"',
        ),
        ("value 5", row("5.00"), PASS, "expected value 5, got 5.00"),
        ("value 5", row("6"), FAIL, "expected value 5, got 6"),
        (
            "value 0.1",
            row("0.10000000000000000000000000001"),
            FAIL,
            "expected value 0.1, got 0.10000000000000000000000000001",
        ),
        ("value 5", row(None), FAIL, "expected value 5, got NULL"),
        ("value < 5", row(None), FAIL, "expected value < 5, got NULL"),
        ("value null", row(None), PASS, "expected value null, got NULL"),
        ("value NULL", row("NULL"), FAIL, "expected value NULL, got NULL"),
        ("value 'NULL'", row("NULL"), PASS, "expected value 'NULL', got 'NULL'"),
        ("value ''", row(""), PASS, "expected value '', got ''"),
        ("value '5'", row("5.0"), FAIL, "expected value '5', got '5.0'"),
        ("value true", row("t"), PASS, "expected value true, got t"),
        ("value False", row("t"), FAIL, "expected value False, got t"),
        ("value a b", row("a b"), PASS, "expected value a b, got a b"),
        ("value A", row("a"), FAIL, "expected value A, got a"),
        ("value NaN", row("NaN"), PASS, "expected value NaN, got NaN"),
        ("value > 1", row("NaN"), FAIL, "expected value > 1, got NaN"),
        ("value <= 5", row("5"), PASS, "expected value <= 5, got 5"),
        ("value >= 5", row("4.9"), FAIL, "expected value >= 5, got 4.9"),
        ("value 1", Observation(), FAIL, "expected value 1, got no rows instead of one value"),
        ("value 1", row("1", count=2), FAIL, "expected value 1, got 2 rows instead of one value"),
        ("value 1", row("1", "1"), FAIL, "expected value 1, got 2 columns instead of one value"),
        ("success", Observation(), PASS, "expected success"),
        (
            "success",
            failed("23505", "duplicate", "k"),
            FAIL,
            'expected success, got error 23505 unique_violation on k: "duplicate"',
        ),
        ("error 23505", Observation(), FAIL, "expected error 23505 unique_violation, got success"),
        ("error 23505", failed("23505", "dup", "k"), PASS, "expected error 23505 unique_violation"),
        (
            "error 23505",
            failed("23514", "bad", "c"),
            FAIL,
            'expected error 23505 unique_violation, got error 23514 check_violation on c: "bad"',
        ),
        (
            "error unique_violation on k",
            failed("23505", "dup", "other"),
            FAIL,
            "expected error 23505 unique_violation on k, got error 23505 unique_violation on "
            "other: "
            '"dup"',
        ),
        (
            'error P0001 message "No way"',
            failed("P0001", "No way"),
            PASS,
            'expected error P0001 raise_exception with the message "No way"',
        ),
        (
            'error P0001 message "No way"',
            failed("P0001", "No way!"),
            FAIL,
            'expected error P0001 raise_exception with the message "No way", got error P0001 '
            'raise_exception: "No way!"',
        ),
        (
            "error 23000",
            failed("23505"),
            PASS,
            "expected error 23000 integrity_constraint_violation",
        ),
        (
            "error integrity_constraint_violation",
            failed("22001"),
            FAIL,
            "expected error 23000 integrity_constraint_violation, got error 22001 "
            'string_data_right_truncation: "no"',
        ),
        ("error ZZ001", failed("ZZ001"), PASS, "expected error ZZ001"),
        ("error ZZ001", failed("ZZ002"), FAIL, 'expected error ZZ001, got error ZZ002: "no"'),
        (
            "error reading_sql_data_not_permitted",
            failed("38004"),
            PASS,
            "expected error 2F004 reading_sql_data_not_permitted",
        ),
        (
            "error 23505",
            Observation(sqlstate="42P01", message="gone", failed_at=2),
            FAIL,
            'set-up statement 2 failed with error 42P01 undefined_table: "gone"',
        ),
        (
            "error 42P01",
            Observation(sqlstate="42P01", message="gone", failed_at=1),
            FAIL,
            'set-up statement 1 failed with error 42P01 undefined_table: "gone"',
        ),
    ],
)
def test_the_judgement(expect, observed, result, explanation):
    assert judge(parse_expectation(expect), observed) == (result, explanation)


PLAN = [
    {"Plan": {"Node Type": "Limit", "Plans": [{"Node Type": "Index Scan", "Index Name": "idx_a"}]}}
]


@pytest.mark.parametrize(
    ("plan", "result", "explanation"),
    [
        (PLAN, PASS, "expected a plan that uses index idx_a"),
        (
            [{"Plan": {"Index Name": "idx_b"}}],
            FAIL,
            "expected a plan that uses index idx_a, got a plan that uses idx_b",
        ),
        (
            [{"Plan": {"Node Type": "Seq Scan", "Filter": "idx_a"}}],
            FAIL,
            "expected a plan that uses index idx_a, got a plan without an index",
        ),
    ],
)
def test_a_plan_is_searched_for_its_index(plan, result, explanation):
    observed = Observation(plan=json.dumps(plan))
    assert judge(parse_expectation("plan uses index idx_a"), observed) == (result, explanation)


def test_a_failed_explain_is_no_plan():
    observed = failed("42P01", "gone")
    assert judge(parse_expectation("plan uses index idx_a"), observed) == (
        FAIL,
        'expected a plan that uses index idx_a, got error 42P01 undefined_table: "gone"',
    )


def test_the_conditions_are_those_of_the_manual():
    assert len(CONDITIONS) == 263
    assert CONDITIONS["25P04"] == "transaction_timeout"
    assert named("23505") == "23505 unique_violation"
    assert named("ZZ999") == "ZZ999"


NUMBERS = st.decimals(
    allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9
)


@given(NUMBERS, NUMBERS, st.sampled_from(["=", "<", "<=", ">", ">="]))
def test_numbers_are_compared_as_numbers(wanted: Decimal, got: Decimal, operator: str):
    result, _ = judge(parse_expectation(f"value {operator} {wanted:f}"), row(f"{got:f}"))
    holds = {
        "=": got == wanted,
        "<": got < wanted,
        "<=": got <= wanted,
        ">": got > wanted,
        ">=": got >= wanted,
    }[operator]
    assert (result is PASS) is holds


@given(
    st.integers(0, 50),
    st.sampled_from(["", "exactly ", "at least ", "at most "]),
    st.integers(0, 50),
)
def test_rows_are_counted(wanted: int, operator: str, got: int):
    result, explanation = judge(
        parse_expectation(f"{operator}{wanted} rows"), Observation(row_count=got)
    )
    holds = {"": got == wanted, "exactly ": got == wanted, "at least ": got >= wanted}.get(
        operator, got <= wanted
    )
    assert (result is PASS) is holds
    assert explanation.startswith(f"expected {operator}{wanted} rows, got ")


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_quoted_text_equals_only_itself(wanted: str, got: str):
    quoted = wanted.replace("'", "''")
    try:
        expectation = parse_expectation(f"value '{quoted}'")
    except ExpectationError:
        # A line of a file holds no line break, which this text does.
        assert not wanted.isprintable()
        return
    assert judge(expectation, row(wanted))[0] is PASS
    assert (judge(expectation, row(got))[0] is PASS) is (got == wanted)


@given(
    st.text(max_size=60) | st.sampled_from(["rows", "3 rows", "value 5", "error 23505", "success"])
)
def test_any_text_is_parsed_or_refused(text: str):
    try:
        expectation = parse_expectation(text)
    except ExpectationError:
        return
    assert judge(expectation, Observation())[0] in CheckResult
