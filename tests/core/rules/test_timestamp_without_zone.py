import pytest

from ceremony.core.lint import lint
from ceremony.core.rules.timestamp_without_zone import RULE
from tests.core.folders import series_of
from tests.core.rules.looking import found, lines


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE a (b timestamp);",
        "CREATE TABLE a (b timestamp without time zone);",
        "CREATE TABLE a (b timestamp(3) NOT NULL DEFAULT now());",
        "CREATE TABLE a (b timestamp[]);",
        "CREATE TABLE a (b pg_catalog.timestamp);",
        'CREATE TABLE a (b "timestamp");',
        "ALTER TABLE a ADD COLUMN b timestamp;",
        "ALTER TABLE a ALTER COLUMN b TYPE timestamp;",
        "CREATE DOMAIN d AS timestamp;",
        "CREATE TYPE t AS (b timestamp);",
        "ALTER TYPE t ADD ATTRIBUTE b timestamp;",
        "DO $$ BEGIN CREATE TABLE a (b timestamp); END $$;",
    ],
)
def test_fires(sql):
    assert lines(RULE, sql) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE a (b timestamptz);",
        "CREATE TABLE a (b timestamp with time zone, c timestamptz(3)[]);",
        "CREATE TABLE a (b date, c time, d time with time zone, e interval);",
        "CREATE TABLE a (b app.timestamp);",
        'CREATE TABLE a ("timestamp" timestamptz);',
        "CREATE TEMP TABLE a (b timestamp);",
        "ALTER TABLE a ALTER COLUMN b TYPE timestamptz USING b AT TIME ZONE 'UTC';",
        "ALTER TABLE a ALTER COLUMN b SET DEFAULT now()::timestamp;",
        "ALTER TABLE a DROP COLUMN b;",
        "SELECT now()::timestamp;",
        "CREATE FUNCTION f(a timestamp) RETURNS timestamp LANGUAGE sql AS 'SELECT a';",
        "CREATE FOREIGN TABLE a (b timestamp) SERVER s;",
        "CREATE TABLE pg_temp.a (b timestamp);",
    ],
)
def test_does_not_fire(sql):
    assert lines(RULE, sql) == []


def test_points_at_the_column():
    text = "SELECT 'é';\nCREATE TABLE a (\n    x int,\n    é text, b timestamp\n);\n"
    series = series_of({"0001_a.sql": text})
    [finding] = lint({"shop": series}, [RULE])
    assert (finding.line, finding.column) == (4, 13)


def test_names_the_column():
    sql = "CREATE TABLE s.a (b timestamp);\nALTER TABLE a ALTER b TYPE timestamp, ADD c timestamp;"
    words = (
        "is a timestamp without time zone: it holds what a clock showed somewhere, not a moment."
    )
    assert found(RULE, sql) == [
        ("0001_a.sql", 1, f"The column s.a.b {words}"),
        ("0001_a.sql", 2, f"The column a.b {words}"),
        ("0001_a.sql", 2, f"The column a.c {words}"),
    ]
