import pytest

from ceremony.core.finding import Severity
from ceremony.core.rules.dynamic_sql import RULE
from tests.core.rules.looking import found, lines


@pytest.mark.parametrize(
    "sql",
    [
        "DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'a'; END $$;",
        "DO $$ BEGIN EXECUTE format('DROP TABLE %I', 'a'); END $$;",
        "DO $$ DECLARE q text := 'SELECT 1'; BEGIN EXECUTE q; END $$;",
        "DO $$ BEGIN IF true THEN EXECUTE concat('SELECT ', 1); END IF; END $$;",
        "DO $$ DECLARE r record; BEGIN FOR r IN EXECUTE 'SELECT ' || 1 LOOP END LOOP; END $$;",
        "DO LANGUAGE plpython3u $$plpy.execute('DROP TABLE a')$$;",
        "DO $$ this cannot be read $$;",
    ],
)
def test_fires(sql):
    assert lines(RULE, sql) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "DO $$ BEGIN DROP TABLE a; END $$;",
        "DO $$ BEGIN EXECUTE 'DROP TABLE a'; END $$;",
        "DO $$ BEGIN EXECUTE 'DELETE FROM a WHERE id = $1' USING 1; END $$;",
        "DO $$ BEGIN PERFORM format('DROP TABLE %I', 'a'); END $$;",
        "DO $$ BEGIN RAISE NOTICE '%', format('EXECUTE %s', 'a'); END $$;",
        "DO $$ BEGIN PERFORM 'EXECUTE ' || 1; END $$;",
        "CREATE FUNCTION f(t text) RETURNS void LANGUAGE plpgsql AS "
        "$$BEGIN EXECUTE format('TRUNCATE %I', t); END$$;",
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();",
        "PREPARE q AS SELECT 1; EXECUTE q;",
        "SELECT format('DROP TABLE %I', 'a');",
    ],
)
def test_does_not_fire(sql):
    assert lines(RULE, sql) == []


def test_each_place_is_told_with_its_line():
    sql = "SELECT 1;\nDO $$\nBEGIN\n    EXECUTE 'a' || 'b';\n\n    EXECUTE 'c' || 'd';\nEND\n$$;\n"
    message = "EXECUTE of SQL that is put together at run time: what runs cannot be read here."
    assert found(RULE, sql) == [("0001_a.sql", 4, message), ("0001_a.sql", 6, message)]


def test_it_is_only_worth_knowing():
    assert RULE.severity is Severity.NOTICE


def test_looks_at_ways_back():
    files = {
        "0001_a.sql": "CREATE TABLE a ();",
        "0001_a.rollback.sql": "DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'a'; END $$;",
    }
    assert [path for path, _, _ in found(RULE, files)] == ["0001_a.rollback.sql"]
