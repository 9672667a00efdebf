from pathlib import Path

import pytest

from ceremony.core.lint import lint
from ceremony.core.rules.not_idempotent import RULE
from tests.core.folders import series_of
from tests.core.rules.looking import found, lines


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE a (b int);",
        "CREATE TABLE a AS SELECT 1 AS b;",
        "CREATE MATERIALIZED VIEW a AS SELECT 1 AS b;",
        "CREATE INDEX i ON a (b);",
        "CREATE INDEX ON a (b);",
        "CREATE FOREIGN TABLE a (b int) SERVER s;",
        "CREATE PUBLICATION p FOR ALL TABLES;",
        "CREATE TEMP TABLE b (c int); INSERT INTO a VALUES (1);",
        "CREATE SCHEMA s;",
        "CREATE EXTENSION pg_trgm;",
        "CREATE SEQUENCE s;",
        "CREATE VIEW v AS SELECT 1 AS b;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "CREATE TRIGGER t BEFORE UPDATE ON a EXECUTE FUNCTION f();",
        "CREATE TYPE t AS ENUM ('a');",
        "CREATE TYPE t AS (a int);",
        "CREATE DOMAIN d AS int;",
        "CREATE POLICY p ON a USING (true);",
        "CREATE ROLE r;",
        "CREATE AGGREGATE g (int) (SFUNC = int4pl, STYPE = int);",
        "ALTER TYPE t ADD VALUE 'x';",
        "ALTER TYPE t RENAME VALUE 'x' TO 'y';",
        "ALTER TABLE a ADD COLUMN b int;",
        "ALTER TABLE a DROP COLUMN b;",
        "ALTER TABLE a DROP CONSTRAINT k;",
        "ALTER TABLE a ADD CONSTRAINT k CHECK (b > 0);",
        "ALTER TABLE a ADD CHECK (b > 0);",
        "ALTER TABLE a ATTACH PARTITION b DEFAULT;",
        "ALTER TABLE a RENAME TO b;",
        "ALTER TABLE a RENAME COLUMN b TO c;",
        "ALTER TABLE a SET SCHEMA s;",
        "DROP TABLE a;",
        "DROP INDEX i;",
        "INSERT INTO a (b) VALUES (1);",
        "INSERT INTO a (b) SELECT 1;",
        "COPY a (b) FROM STDIN;\n1\n\\.\n",
        "DO $$ BEGIN CREATE TABLE a (b int); END $$;",
        "DO $$ BEGIN CREATE TYPE t AS (a int); EXCEPTION WHEN division_by_zero THEN NULL; END $$;",
        "DROP POLICY IF EXISTS other ON a; CREATE POLICY p ON a USING (true);",
        "DROP STATISTICS IF EXISTS st; CREATE STATISTICS s.st ON b, c FROM a;",
        "DROP RULE IF EXISTS r ON b; CREATE RULE r AS ON INSERT TO a DO NOTHING;",
        "ALTER TABLE a DROP COLUMN IF EXISTS c; ALTER TABLE a ADD COLUMN b text;",
        "DO $$ BEGIN CREATE TABLE a (b int); EXCEPTION WHEN SQLSTATE '22012' THEN NULL; END $$;",
        "SELECT 1 AS b INTO a;",
        "CREATE POLICY p ON a USING (true); DROP POLICY IF EXISTS p ON a;",
    ],
)
def test_fires(sql):
    assert lines(RULE, sql) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE IF NOT EXISTS a (b int);",
        "CREATE TABLE IF NOT EXISTS a AS SELECT 1 AS b;",
        "CREATE TEMP TABLE a (b int);",
        "CREATE TEMP TABLE a (b int); CREATE INDEX i ON a (b); INSERT INTO a VALUES (1); "
        "ALTER TABLE a ADD COLUMN c int;",
        "CREATE TEMP TABLE a AS SELECT 1 AS b; INSERT INTO a SELECT 2;",
        "CREATE TEMP TABLE a (b int);\nCOPY a (b) FROM STDIN;\n1\n\\.\n",
        "INSERT INTO pg_temp.a VALUES (1);",
        "CREATE FOREIGN TABLE IF NOT EXISTS a (b int) SERVER s;",
        "CREATE MATERIALIZED VIEW IF NOT EXISTS a AS SELECT 1 AS b;",
        "CREATE INDEX IF NOT EXISTS i ON a (b);",
        "-- Transaction: none\nCREATE INDEX CONCURRENTLY i ON a (b);",
        "CREATE SCHEMA IF NOT EXISTS s;",
        "CREATE EXTENSION IF NOT EXISTS pg_trgm;",
        "CREATE SEQUENCE IF NOT EXISTS s;",
        "CREATE OR REPLACE VIEW v AS SELECT 1 AS b;",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "CREATE OR REPLACE TRIGGER t BEFORE UPDATE ON a EXECUTE FUNCTION f();",
        "DROP TRIGGER IF EXISTS t ON a; CREATE TRIGGER t BEFORE UPDATE ON a EXECUTE FUNCTION f();",
        "DROP POLICY IF EXISTS p ON a; CREATE POLICY p ON a USING (true);",
        "DROP TYPE IF EXISTS t; CREATE TYPE t AS ENUM ('a');",
        "DROP VIEW IF EXISTS v; CREATE VIEW v AS SELECT 1 AS b;",
        "DROP AGGREGATE IF EXISTS g(int); CREATE AGGREGATE g (int) (SFUNC = int4pl, STYPE = int);",
        "DROP OPERATOR IF EXISTS === (int, int); "
        "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);",
        "DROP COLLATION IF EXISTS c; CREATE COLLATION c (LOCALE = 'C');",
        "DROP PUBLICATION IF EXISTS p; CREATE PUBLICATION p FOR ALL TABLES;",
        "DROP EVENT TRIGGER IF EXISTS e; "
        "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f();",
        "DROP SERVER IF EXISTS s; CREATE SERVER s FOREIGN DATA WRAPPER w;",
        "DROP FOREIGN TABLE IF EXISTS a; CREATE FOREIGN TABLE a (b int) SERVER s;",
        "DROP STATISTICS IF EXISTS s.st; CREATE STATISTICS s.st ON b, c FROM a;",
        "DROP RULE IF EXISTS r ON s.a; CREATE RULE r AS ON INSERT TO s.a DO NOTHING;",
        "ALTER TABLE a DROP COLUMN IF EXISTS b, ADD COLUMN b text;",
        "DO $$ BEGIN CREATE TABLE a (b int); EXCEPTION WHEN SQLSTATE '42P07' THEN NULL; END $$;",
        "DROP FUNCTION IF EXISTS f(int); CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS '1';",
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_type WHERE typname = 't') THEN "
        "CREATE TYPE t AS ENUM ('a'); END IF; END $$;",
        "DO $$ BEGIN CREATE TYPE t AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; "
        "END $$;",
        "DO $$ BEGIN CREATE ROLE r; EXCEPTION WHEN OTHERS THEN NULL; END $$;",
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_type) THEN RETURN; END IF; "
        "CREATE TYPE t AS ENUM ('a'); END $$;",
        "ALTER TYPE t ADD VALUE IF NOT EXISTS 'x';",
        "ALTER TABLE a ADD COLUMN IF NOT EXISTS b int;",
        "ALTER TABLE a DROP COLUMN IF EXISTS b;",
        "ALTER TABLE a DROP CONSTRAINT IF EXISTS k, ADD CONSTRAINT k CHECK (b > 0);",
        "ALTER TABLE a DROP CONSTRAINT IF EXISTS k; ALTER TABLE a ADD CONSTRAINT k CHECK (b > 0);",
        "ALTER TABLE a ALTER COLUMN b SET NOT NULL, ALTER COLUMN c TYPE text;",
        "ALTER TABLE a ENABLE ROW LEVEL SECURITY;",
        "DROP TABLE IF EXISTS a;",
        "INSERT INTO a (b) VALUES (1) ON CONFLICT DO NOTHING;",
        "INSERT INTO a (b) SELECT 1 WHERE NOT EXISTS (SELECT FROM a WHERE b = 1);",
        "INSERT INTO a (b) SELECT 1 EXCEPT SELECT b FROM a;",
        "INSERT INTO a (b) SELECT 1 WHERE 1 NOT IN (SELECT b FROM a);",
        "UPDATE a SET b = 1;",
        "DELETE FROM a WHERE b = 1;",
        "GRANT SELECT ON a TO PUBLIC;",
        "COMMENT ON TABLE a IS 'x';",
        "SELECT 1;",
        "CREATE OR REPLACE FUNCTION f() RETURNS void LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO a VALUES (1); END $$;",
    ],
)
def test_does_not_fire(sql):
    assert lines(RULE, sql) == []


def test_ways_back_are_not_looked_at():
    files = {"0001_a.sql": "SELECT 1;", "0001_a.rollback.sql": "DROP TABLE a;"}
    assert found(RULE, files) == []


@pytest.mark.parametrize("version", ["15", "18"])
def test_a_dump_is_left_alone(version):
    dump = Path(__file__).parents[1] / "data" / f"dump_{version}.sql"
    series = series_of({"0001_a.sql": dump.read_bytes()})
    assert series.migrations[0].script.sent
    assert lint({"shop": series}, [RULE]) == ()


def test_a_transaction_of_the_files_own_is_no_dump():
    assert lines(RULE, "BEGIN;\nCREATE TABLE a ();\nCOMMIT;\n") == [2]


def test_says_what_would_fail():
    sql = "ALTER TABLE s.a\n    ADD COLUMN b int,\n    DROP CONSTRAINT k;\nCREATE TABLE c ();\n"
    assert found(RULE, sql) == [
        ("0001_a.sql", 1, "Run again, ADD COLUMN on s.a fails."),
        ("0001_a.sql", 1, "Run again, DROP CONSTRAINT on s.a fails."),
        ("0001_a.sql", 4, "Run again, CREATE TABLE fails or does its work twice."),
    ]
