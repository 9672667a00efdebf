import pytest

from ceremony.core.rules.whole_table_update import RULE
from tests.core.rules.looking import found, lines


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE a SET b = 1;",
        "UPDATE ONLY a AS x SET b = 1;",
        "UPDATE s.a SET b = b + 1 RETURNING b;",
        "ALTER TABLE a ADD COLUMN c int; UPDATE a SET c = 1;",
        "CREATE TABLE other (); UPDATE a SET b = 1;",
        "DO $$ BEGIN UPDATE a SET b = 1; END $$;",
        "WITH done AS (UPDATE a SET b = 1 RETURNING b) SELECT count(*) FROM done;",
    ],
)
def test_fires(sql):
    assert lines(RULE, sql) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE a SET b = 1 WHERE b IS NULL;",
        "UPDATE a SET b = x.b FROM x WHERE x.id = a.id;",
        "CREATE TABLE a (b int); INSERT INTO a VALUES (1); UPDATE a SET b = 2;",
        "CREATE TABLE a AS SELECT 1 AS b; UPDATE a SET b = 2;",
        "CREATE TEMP TABLE a (b int); UPDATE a SET b = 2;",
        "INSERT INTO a SELECT * FROM b;",
        "INSERT INTO a VALUES (1) ON CONFLICT (id) DO UPDATE SET b = 1;",
        "SELECT 'UPDATE a SET b = 1';",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'UPDATE a SET b = 1';",
        "CREATE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC UPDATE a SET b = 1; END;",
        "EXPLAIN UPDATE a SET b = 1;",
    ],
)
def test_does_not_fire(sql):
    assert lines(RULE, sql) == []


def test_a_reference_table_is_small():
    files = {
        "series.toml": 'reference_tables = ["settings", "app.rates", \'"Kind"\']\n',
        "0001_a.sql": "UPDATE settings SET b = 1;\nUPDATE app.rates SET b = 1;\n"
        'UPDATE "Kind" SET b = 1;\n'
        "UPDATE a SET b = 1;",
    }
    assert found(RULE, files) == [
        ("0001_a.sql", 4, "UPDATE a without WHERE writes every row in one transaction.")
    ]
