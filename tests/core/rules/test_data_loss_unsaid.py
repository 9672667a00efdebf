import pytest

from ceremony.core.rules.data_loss_unsaid import RULE
from tests.core.rules.looking import found, lines

_A = {"0001_a.sql": "CREATE TABLE a (id int, b int); CREATE TYPE t AS ENUM ('x');"}


def _after_a(sql):
    return lines(RULE, {**_A, "0002_b.sql": sql})


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE a;",
        "DROP TABLE IF EXISTS a CASCADE;",
        "DROP TABLE elsewhere;",
        "ALTER TABLE a DROP COLUMN b;",
        "ALTER TABLE a ADD COLUMN c int, DROP COLUMN IF EXISTS b;",
        "TRUNCATE a;",
        "TRUNCATE a CASCADE;",
        "DELETE FROM a;",
        "WITH gone AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM gone;",
        "DROP SCHEMA s CASCADE;",
        "DROP TYPE t CASCADE;",
        "DROP EXTENSION e CASCADE;",
        "CREATE SCHEMA work; DROP SCHEMA work, s CASCADE;",
        "DO $$ BEGIN DROP TABLE a; END $$;",
        "DO $$ BEGIN EXECUTE 'DROP TABLE a'; END $$;",
    ],
)
def test_fires(sql):
    assert _after_a(sql) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "-- Data loss: apply (nobody reads it)\nDROP TABLE a;",
        "-- Data loss: both\nALTER TABLE a DROP COLUMN b;",
        "-- Data loss: none (the rows are in b)\nDROP TABLE a;",
        "CREATE TABLE c (); DROP TABLE c;",
        "CREATE TABLE c (x int); ALTER TABLE c DROP COLUMN x;",
        "CREATE TABLE c (x int); INSERT INTO c VALUES (1); DELETE FROM c; TRUNCATE c;",
        "CREATE TEMP TABLE a (x int); TRUNCATE a; DELETE FROM a; DROP TABLE a;",
        "CREATE TEMP TABLE c AS SELECT 1; DROP TABLE c;",
        "DELETE FROM a WHERE id = 1;",
        "DELETE FROM a USING b WHERE a.id = b.id;",
        "DROP INDEX i; DROP VIEW v; DROP FUNCTION f(); DROP TYPE t; DROP SCHEMA s;",
        "DROP VIEW v CASCADE; DROP FUNCTION f() CASCADE;",
        "CREATE SCHEMA work; CREATE TABLE work.c (); DROP SCHEMA work CASCADE;",
        "CREATE TYPE u AS ENUM ('y'); DROP TYPE u CASCADE;",
        "ALTER TABLE a DROP CONSTRAINT c, ALTER COLUMN b DROP DEFAULT;",
        "DROP MATERIALIZED VIEW m;",
        "SELECT 'DROP TABLE a';",
    ],
)
def test_does_not_fire(sql):
    assert _after_a(sql) == []


def test_the_header_has_to_name_the_way():
    assert _after_a("-- Data loss: rollback (drops c)\nDROP TABLE a;") == [2]


def _way_back(header, rollback, own=""):
    files = {
        "0001_a.sql": f"{header}CREATE TABLE a (id int);",
        "0001_a.rollback.sql": f"{own}DROP TABLE {rollback};",
    }
    return [(path, line) for path, line, _ in found(RULE, files)]


def test_a_way_back_that_drops_a_table_loses_its_rows():
    assert _way_back("", "a") == [("0001_a.rollback.sql", 1)]


@pytest.mark.parametrize(
    ("header", "own"),
    [
        ("-- Data loss: rollback (drops a)\n", ""),
        ("-- Data loss: both\n", ""),
        ("-- Data loss: none (can be computed again)\n", ""),
        ("", "-- Data loss: rollback (drops a)\n"),
        ("", "-- Data loss: none (can be computed again)\n"),
    ],
)
def test_a_way_back_is_covered_by_its_own_header_or_by_the_migrations(header, own):
    assert _way_back(header, "a", own) == []


def test_a_header_that_speaks_of_applying_does_not_cover_the_way_back():
    assert _way_back("-- Data loss: apply (drops c)\n", "a") == [("0001_a.rollback.sql", 1)]


def test_says_what_is_lost():
    sql = "DROP TABLE a;\nALTER TABLE s.x DROP COLUMN y;\nTRUNCATE p, q;\nDROP SCHEMA s CASCADE;"
    unsaid = "and the header does not say that data is lost."
    assert [message for _, _, message in found(RULE, {**_A, "0002_b.sql": sql})] == [
        f"Dropping the table a deletes its data, {unsaid}",
        f"Dropping the column s.x.y deletes its data, {unsaid}",
        f"All rows of p are deleted, {unsaid}",
        f"All rows of q are deleted, {unsaid}",
        f"DROP SCHEMA … CASCADE drops the tables or columns that hang on it, {unsaid}",
    ]
