import pytest

from ceremony.core.rules.depends_on_table_existence import RULE
from tests.core.rules.looking import found, lines


def _do(inner):
    return f"DO $$ DECLARE x boolean; BEGIN {inner} END $$;"


@pytest.mark.parametrize(
    "sql",
    [
        _do("IF to_regclass('a') IS NULL THEN RETURN; END IF;"),
        _do("IF to_regclass('public.a') IS NOT NULL THEN DROP TABLE a; END IF;"),
        _do("IF pg_catalog.to_regclass('a') IS NULL THEN NULL; END IF;"),
        _do(
            "IF EXISTS (SELECT FROM information_schema.tables WHERE table_name = 'a') "
            "THEN NULL; END IF;"
        ),
        _do("IF NOT EXISTS (SELECT 1 FROM pg_class WHERE relname = 'a') THEN NULL; END IF;"),
        _do(
            "IF EXISTS (SELECT FROM pg_catalog.pg_tables WHERE tablename = 'a') THEN NULL; END IF;"
        ),
        _do("IF (SELECT count(*) FROM pg_tables WHERE tablename = 'a') > 0 THEN NULL; END IF;"),
        _do("CASE WHEN to_regclass('a') IS NULL THEN NULL; ELSE NULL; END CASE;"),
        _do("x := to_regclass('a') IS NOT NULL;"),
        _do("x := EXISTS (SELECT FROM pg_tables WHERE tablename = 'a');"),
        _do("SELECT EXISTS (SELECT FROM information_schema.tables) INTO x;"),
        _do("PERFORM 1 WHERE to_regclass('a') IS NULL;"),
        "DO $$ BEGIN DELETE FROM a; EXCEPTION WHEN undefined_table THEN NULL; END $$;",
        "DO $$ BEGIN DELETE FROM a; EXCEPTION WHEN SQLSTATE '42P01' THEN NULL; END $$;",
        "INSERT INTO b SELECT 1 WHERE to_regclass('a') IS NOT NULL;",
        "DELETE FROM b WHERE EXISTS (SELECT FROM pg_tables WHERE tablename = 'a');",
        "ALTER TABLE IF EXISTS a ADD COLUMN IF NOT EXISTS b int;",
        "ALTER TABLE IF EXISTS a RENAME TO b;",
        "ALTER TABLE IF EXISTS a RENAME COLUMN b TO c;",
        "ALTER TABLE IF EXISTS a SET SCHEMA s;",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN "
        "IF to_regclass('a') IS NULL THEN RETURN; END IF; END $$;",
    ],
)
def test_fires(sql):
    assert lines(RULE, sql) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE IF NOT EXISTS a (b int);",
        "DROP TABLE IF EXISTS a;",
        "ALTER TABLE a ADD COLUMN IF NOT EXISTS b int;",
        "ALTER INDEX IF EXISTS i RENAME TO j;",
        "ALTER VIEW IF EXISTS v RENAME TO w;",
        "ALTER VIEW IF EXISTS v RENAME COLUMN b TO c;",
        "ALTER SEQUENCE IF EXISTS q SET SCHEMA s;",
        "ALTER TABLE a RENAME TO b;",
        "INSERT INTO b VALUES ('pg_tables') ON CONFLICT DO NOTHING;",
        "DELETE FROM b WHERE c = 'a'::regclass;",
        _do("IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'k') THEN NULL; END IF;"),
        _do("IF NOT EXISTS (SELECT FROM pg_type WHERE typname = 't') THEN NULL; END IF;"),
        _do("IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN NULL; END IF;"),
        _do(
            "IF EXISTS (SELECT FROM information_schema.columns WHERE column_name = 'b') "
            "THEN NULL; END IF;"
        ),
        _do("IF EXISTS (SELECT FROM tables WHERE name = 'a') THEN NULL; END IF;"),
        _do("IF EXISTS (SELECT FROM app.pg_class) THEN NULL; END IF;"),
        _do("IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'r') THEN NULL; END IF;"),
        _do("IF (SELECT count(*) FROM a) = 0 THEN NULL; END IF;"),
        _do("PERFORM to_regclass('a');"),
        _do("RAISE NOTICE '%', to_regclass('a') ;"),
        _do("RAISE NOTICE 'IF to_regclass(''a'') IS NULL';"),
        "DO $$ DECLARE r record; BEGIN FOR r IN SELECT relname FROM pg_class LOOP NULL; END LOOP; "
        "END $$;",
        "DO $$ BEGIN DELETE FROM a; EXCEPTION WHEN unique_violation THEN NULL; END $$;",
        "SELECT to_regclass('a') IS NULL;",
    ],
)
def test_does_not_fire(sql):
    assert lines(RULE, sql) == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("to_regclass('public.i') IS NULL", []),
        ("NOT EXISTS (SELECT FROM pg_class WHERE relname = 'i' AND relkind = 'i')", []),
        ("to_regclass('v') IS NULL", []),
        ("to_regclass('a') IS NULL", [2]),
        ("to_regclass('nobody_knows') IS NULL", [2]),
        ("to_regclass('a') IS NULL AND to_regclass('i') IS NULL", [2]),
    ],
)
def test_what_the_series_knows_as_something_else_is_no_table(question, expected):
    files = {
        "0001_a.sql": "CREATE TABLE a (b int); CREATE INDEX i ON a (b); "
        "CREATE VIEW v AS SELECT 1 AS c;",
        "0002_b.sql": f"DO $$ BEGIN\nIF {question} THEN RETURN; END IF; END $$;",
    }
    assert lines(RULE, files) == expected


def test_stands_at_the_line_of_the_question():
    sql = (
        "SELECT 1;\n\nDO\n$$\nBEGIN\n    IF to_regclass('a') IS NULL THEN\n    END IF;\nEND\n$$;\n"
    )
    assert found(RULE, sql) == [
        (
            "0001_a.sql",
            6,
            "What this body does depends on whether a table exists, and nobody sees that it did "
            "not.",
        )
    ]
