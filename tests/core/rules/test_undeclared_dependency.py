import pytest

from ceremony.core.finding import Severity
from ceremony.core.rules.undeclared_dependency import RULE
from tests.core.rules.looking import found, lines

_A = {
    "0001_a.sql": "CREATE TABLE a (id int PRIMARY KEY, p text);\nCREATE TYPE t AS ENUM ('x');\n"
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';\n"
    "CREATE SCHEMA app;\nCREATE SEQUENCE s;\nCREATE VIEW v AS SELECT 1;\nCREATE DOMAIN d AS text;\n"
    "CREATE INDEX i ON a (p);\nCREATE PROCEDURE pr() LANGUAGE sql AS '';",
}


def _after_a(sql):
    return lines(RULE, {**_A, "0002_b.sql": sql})


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE a ADD COLUMN b int;",
        "CREATE TABLE b (a_id int REFERENCES a ON DELETE CASCADE);",
        "CREATE INDEX j ON a (p);",
        "INSERT INTO public.a VALUES (1);",
        "CREATE TABLE b (kind t);",
        "CREATE TABLE b (kinds t[]);",
        "CREATE TABLE b (name d);",
        "CREATE TABLE b (); CREATE TRIGGER x BEFORE INSERT ON b EXECUTE FUNCTION f();",
        "CREATE VIEW w AS SELECT * FROM v;",
        "CREATE VIEW w AS WITH c AS (SELECT * FROM a) SELECT * FROM c;",
        "CREATE TABLE b (n int DEFAULT nextval('s'::regclass));",
        "DROP TABLE a;",
        "DROP FUNCTION f();",
        "GRANT SELECT ON a TO PUBLIC;",
        "DO $$ BEGIN ALTER TABLE a ADD COLUMN b int; END $$;",
        "CREATE FUNCTION g() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM a';",
        "CREATE FUNCTION g() RETURNS void LANGUAGE plpgsql AS $$BEGIN DELETE FROM a; END$$;",
        "CREATE TABLE b (LIKE a);",
        "CREATE TABLE app.b (id int);",
        "COMMENT ON TABLE a IS 'x';",
        "COMMENT ON COLUMN public.a.p IS 'x';",
        "COMMENT ON TYPE t IS 'x';",
        "ALTER TYPE t ADD VALUE 'y';",
        "ALTER TYPE t OWNER TO CURRENT_USER;",
        "ALTER DOMAIN d SET DEFAULT '';",
        "ALTER TYPE t RENAME TO u;",
        "ALTER INDEX i RENAME TO j;",
        "REINDEX INDEX i;",
        "CALL pr();",
        "SELECT nextval('s');",
        "CREATE SEQUENCE q OWNED BY a.id;",
        "CREATE FUNCTION g(p a.p%TYPE) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "GRANT USAGE ON SCHEMA app TO PUBLIC;",
        "GRANT SELECT ON ALL TABLES IN SCHEMA app TO PUBLIC;",
        "ALTER TABLE elsewhere SET SCHEMA app;",
    ],
)
def test_fires(sql):
    assert _after_a(sql) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "-- Depends: 0001 (creates a)\nALTER TABLE a ADD COLUMN b int;",
        "-- Depends: 0001_a.sql (creates a)\nDROP TABLE a;",
        "CREATE TABLE b (id int); ALTER TABLE b ADD COLUMN c int;",
        "CREATE TABLE b (id int, parent int REFERENCES b ON DELETE CASCADE);",
        "INSERT INTO elsewhere VALUES (1);",
        "INSERT INTO other.a VALUES (1);",
        "CREATE VIEW w AS WITH a AS (SELECT 1) SELECT * FROM a;",
        "CREATE TABLE b (a int, t text);",
        "SELECT count(*), now(), 'a';",
        "COMMENT ON TABLE other.a IS 'x';",
        "COMMENT ON COLUMN b.a IS 'x';",
        "ALTER TYPE other.t ADD VALUE 'y';",
        "GRANT CONNECT ON DATABASE app TO PUBLIC;",
        "CREATE SEQUENCE q OWNED BY NONE;",
        "SELECT nextval('other.s'), currval('q'), length('s');",
        "CREATE TABLE b (kind text DEFAULT 't');",
        "CREATE TEMP TABLE c (id int); INSERT INTO c VALUES (1);",
        "SELECT relname FROM pg_class WHERE relname = 'a';",
        "SELECT to_regclass('a') IS NULL;",
        "ALTER TABLE elsewhere ADD COLUMN a int;",
        "CREATE SCHEMA a;\nCREATE TABLE a.b (id int);",
        "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "-- Depends: 0001\nCREATE VIEW w AS SELECT * FROM a, v;",
    ],
)
def test_does_not_fire(sql):
    assert _after_a(sql) == []


def test_what_a_dependency_depends_on_is_declared_too():
    files = {
        **_A,
        "0002_b.sql": "-- Depends: 0001\nALTER TABLE a ADD COLUMN b int;",
        "0003_c.sql": "-- Depends: 0002\nALTER TABLE a ADD COLUMN c int;",
        "0004_d.sql": "ALTER TABLE a ADD COLUMN d int;",
    }
    assert [path for path, _, _ in found(RULE, files)] == ["0004_d.sql"]


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("CREATE INDEX i ON a (added);", "column a.added"),
        ("ALTER TABLE a ALTER COLUMN added SET NOT NULL;", "column a.added"),
        ("ALTER TABLE a ALTER COLUMN added TYPE bigint;", "column a.added"),
        ("ALTER TABLE a DROP COLUMN added;", "column a.added"),
        ("ALTER TABLE a VALIDATE CONSTRAINT positive;", "constraint a.positive"),
        ("ALTER TABLE a DROP CONSTRAINT positive;", "constraint a.positive"),
        ("ALTER TABLE a ADD y int REFERENCES a (added) ON DELETE CASCADE;", "column a.added"),
        ("ALTER TABLE a DISABLE TRIGGER stamp;", "trigger a.stamp"),
        ("DROP TRIGGER stamp ON a;", "trigger a.stamp"),
    ],
)
def test_parts_of_a_table_come_from_the_file_that_adds_them(sql, what):
    files = {
        **_A,
        "0002_b.sql": "-- Depends: 0001\nALTER TABLE a ADD COLUMN added int,\n"
        "ADD CONSTRAINT positive CHECK (added > 0);\n"
        "CREATE TRIGGER stamp BEFORE INSERT ON a EXECUTE FUNCTION f();",
        "0003_c.sql": f"-- Depends: 0001\n{sql}",
        "0004_d.sql": f"-- Depends: 0002\n{sql}",
    }
    assert found(RULE, files) == [
        ("0003_c.sql", 2, f"The {what} comes from 0002_b, and no line 'Depends:' says so.")
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX i ON a (id);",
        "CREATE INDEX i ON a (lower(p));",
        "ALTER TABLE a ALTER COLUMN p SET NOT NULL;",
        "ALTER TABLE a ADD COLUMN IF NOT EXISTS added int;",
        "CREATE TABLE b (added int); CREATE INDEX i ON b (added);",
    ],
)
def test_parts_that_the_declared_file_has_are_declared(sql):
    files = {
        **_A,
        "0002_b.sql": "-- Depends: 0001\nALTER TABLE a ADD COLUMN added int;",
        "0003_c.sql": f"-- Depends: 0001\n{sql}",
    }
    assert found(RULE, files) == []


def test_each_file_is_told_once_at_its_first_use():
    files = {
        **_A,
        "0002_b.sql": "CREATE TABLE b ();",
        "0003_c.sql": "SELECT 1;\nINSERT INTO a VALUES (1);\nINSERT INTO b DEFAULT VALUES;\n"
        "CREATE TABLE c (kind t);",
    }
    assert found(RULE, files) == [
        ("0003_c.sql", 2, "The table a comes from 0001_a, and no line 'Depends:' says so."),
        ("0003_c.sql", 3, "The table b comes from 0002_b, and no line 'Depends:' says so."),
    ]


def test_it_is_only_worth_knowing():
    assert RULE.severity is Severity.NOTICE
