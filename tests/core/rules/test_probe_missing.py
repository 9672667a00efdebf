import pytest

from ceremony.core.rules.probe_missing import RULE
from tests.core.rules.looking import found, lines

_ALONE = "-- Transaction: none\n"


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE DATABASE d;",
        "DROP DATABASE d;",
        "CREATE TABLESPACE t LOCATION '/t';",
        "DROP TABLESPACE t;",
        "CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p;",
        "DROP SUBSCRIPTION s;",
        "ALTER SUBSCRIPTION s REFRESH PUBLICATION;",
        "ALTER DATABASE d SET TABLESPACE t;",
    ],
)
def test_fires(sql):
    assert lines(RULE, _ALONE + sql) == [2]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX CONCURRENTLY i ON a (b);",
        "DROP INDEX CONCURRENTLY i;",
        "REINDEX INDEX CONCURRENTLY i;",
        "VACUUM a;",
        "DROP DATABASE IF EXISTS d;",
        "DROP SUBSCRIPTION IF EXISTS s;",
        "ALTER TABLE a DETACH PARTITION b CONCURRENTLY;",
        "ALTER SYSTEM SET work_mem = '1MB';",
        "CREATE TABLE a (); VACUUM a;",
        "UPDATE a SET b = 1 WHERE true; VACUUM a;",
    ],
)
def test_does_not_fire(sql):
    assert lines(RULE, _ALONE + sql) == []


def test_statements_of_a_transaction_need_no_probe():
    assert lines(RULE, "CREATE TABLE a (); INSERT INTO a DEFAULT VALUES;") == []


def test_names_the_statement():
    assert found(RULE, f"{_ALONE}VACUUM a;\nDROP SUBSCRIPTION s;") == [
        (
            "0001_a.sql",
            3,
            "DROP SUBSCRIPTION s: after an interruption nobody can tell whether it took effect.",
        )
    ]
