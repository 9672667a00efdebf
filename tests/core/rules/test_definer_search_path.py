import pytest

from ceremony.core.rules.definer_search_path import RULE
from tests.core.rules.looking import found, lines

_F = "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql "
_G = "CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql "


@pytest.mark.parametrize(
    "sql",
    [
        f"{_F} SECURITY DEFINER AS 'SELECT 1';",
        f"{_F} SECURITY DEFINER SET work_mem = '1MB' AS 'SELECT 1';",
        f"{_F} SECURITY DEFINER SET search_path TO DEFAULT AS 'SELECT 1';",
        "CREATE PROCEDURE p() LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';",
        f"{_F} SECURITY DEFINER SET search_path = public AS 'SELECT b FROM t';",
        f"{_F} SECURITY DEFINER SET search_path = pg_temp, public AS 'SELECT b FROM t';",
        f"{_F} SECURITY DEFINER SET search_path = public AS 'SELECT x.b FROM s.x, t';",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql SECURITY DEFINER "
        "SET search_path = public AS $$BEGIN EXECUTE 'DELETE FROM ' || 't'; END$$;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plperl SECURITY DEFINER SET search_path = public "
        "AS 'return 1';",
        "ALTER FUNCTION f(int) SECURITY DEFINER;",
        "ALTER FUNCTION f SECURITY DEFINER;",
        "ALTER FUNCTION f(int) SECURITY DEFINER SET search_path = public;",
        "ALTER FUNCTION f(int) EXTERNAL SECURITY DEFINER RESET search_path;",
        f"{_F} SECURITY DEFINER SET search_path = '' AS 'SELECT 1';\n"
        "ALTER FUNCTION f(int) RESET ALL;",
        f"{_F} SECURITY DEFINER AS 'SELECT 1';\nALTER FUNCTION f(text) SET search_path = '';",
        f"{_F} SECURITY DEFINER AS 'SELECT 1';\n{_G} SET search_path = '' AS 'SELECT 1';",
        f"{_F} SECURITY DEFINER AS 'SELECT 1';\nDROP FUNCTION IF EXISTS f(text), g; DROP TABLE f;",
    ],
)
def test_fires(sql):
    assert lines(RULE, sql) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        f"{_F} SECURITY DEFINER AS 'SELECT 1';\nDROP FUNCTION f(integer);",
        f"{_F} SECURITY DEFINER AS 'SELECT 1';\nDROP ROUTINE f;",
        f"{_F} AS 'SELECT 1';",
        f"{_F} SECURITY INVOKER AS 'SELECT 1';",
        f"{_F} SECURITY DEFINER SET search_path = public, pg_temp AS 'SELECT 1';",
        f"{_F} SET search_path = public, pg_temp SECURITY DEFINER AS 'SELECT 1';",
        f"{_F} SECURITY DEFINER SET search_path = '' AS 'SELECT 1';",
        f"{_F} SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT 1';",
        f"{_F} SECURITY DEFINER SET search_path FROM CURRENT AS 'SELECT b FROM t';",
        f"{_F} SECURITY DEFINER SET search_path = public AS 'SELECT b FROM s.t';",
        f"{_F} SECURITY DEFINER SET search_path = public AS "
        "'WITH t AS (SELECT b FROM s.t) SELECT b FROM t';",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        "SET search_path = public AS $$BEGIN NEW.a := now(); RETURN NEW; END$$;",
        f"{_F} SECURITY DEFINER AS 'SELECT 1';\n"
        "ALTER FUNCTION f(integer) SET search_path = public, pg_temp;",
        f"{_F} SECURITY DEFINER AS 'SELECT 1';\nALTER FUNCTION f SET search_path = '';",
        f"{_F} SECURITY DEFINER AS 'SELECT 1';\nALTER FUNCTION f(int) SECURITY INVOKER;",
        f"{_F} SECURITY DEFINER AS 'SELECT 1';\n"
        "CREATE OR REPLACE FUNCTION f(b int) RETURNS int LANGUAGE sql AS 'SELECT 2';",
        f"{_F} SET search_path = '' AS 'SELECT 1';\nALTER FUNCTION f(int) SECURITY DEFINER;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC SELECT 1; END;",
        "CREATE FUNCTION f(a int, OUT b int, INOUT c int) LANGUAGE sql SECURITY DEFINER "
        "AS 'SELECT 1, 2';\nALTER FUNCTION f(int, int) SET search_path = '';",
        "CREATE FUNCTION f(a int) RETURNS TABLE (b int) LANGUAGE sql SECURITY DEFINER "
        "AS 'SELECT 1';\nALTER FUNCTION f(int) SET search_path = '';",
        "ALTER FUNCTION f(int) OWNER TO CURRENT_USER;",
        "ALTER FUNCTION f(int) IMMUTABLE;",
        "CREATE VIEW v WITH (security_invoker = false) AS SELECT 1;",
        "SELECT 'SECURITY DEFINER';",
    ],
)
def test_does_not_fire(sql):
    assert lines(RULE, sql) == []


def test_a_path_that_an_earlier_file_pinned_holds():
    files = {
        "0001_a.sql": f"{_F} SET search_path = public, pg_temp AS 'SELECT 1';",
        "0002_b.sql": "ALTER FUNCTION f(int) SECURITY DEFINER;",
    }
    assert lines(RULE, files) == []


def test_a_function_that_an_earlier_file_made_without_a_path_is_found():
    files = {
        "0001_a.sql": f"{_F} AS 'SELECT 1';",
        "0002_b.sql": "SELECT 1;\nALTER FUNCTION f(int) SECURITY DEFINER;",
    }
    assert found(RULE, files) == [
        (
            "0002_b.sql",
            2,
            "f runs with its owner's rights and looks names up on its caller's search_path.",
        )
    ]


def test_says_why_a_path_without_the_temporary_schema_is_not_enough():
    sql = f"{_F} SECURITY DEFINER SET search_path = app, public AS 'SELECT b FROM t';"
    assert [message for _, _, message in found(RULE, sql)] == [
        "f runs with its owner's rights on the search_path app, public: without pg_temp in it, its "
        "caller's temporary tables are found first."
    ]


def test_looks_at_ways_back():
    files = {
        "0001_a.sql": "CREATE TABLE a ();",
        "0001_a.rollback.sql": f"DROP TABLE a;\n{_F} SECURITY DEFINER AS 'SELECT 1';",
    }
    assert [(path, line) for path, line, _ in found(RULE, files)] == [("0001_a.rollback.sql", 2)]
