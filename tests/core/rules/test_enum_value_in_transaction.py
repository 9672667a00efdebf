import pytest

from ceremony.core.rules.enum_value_in_transaction import RULE
from tests.core.rules.looking import found, lines

ADD = "ALTER TYPE t ADD VALUE 'x'; "


@pytest.mark.parametrize(
    "sql",
    [
        ADD + "INSERT INTO a (b) VALUES ('x');",
        ADD + "UPDATE a SET b = 'x';",
        ADD + "UPDATE a SET b = 'x'::t;",
        ADD + "UPDATE a SET b = 'x'::public.t;",
        ADD + "ALTER TABLE a ALTER COLUMN b SET DEFAULT 'x';",
        ADD + "ALTER TABLE a ADD CONSTRAINT k CHECK (b <> 'x') NOT VALID;",
        ADD + "CREATE INDEX i ON a (c) WHERE b = 'x';",
        ADD + "DO $$ BEGIN UPDATE a SET b = 'x'; END $$;",
        ADD + "DO $$ BEGIN EXECUTE 'DELETE FROM a WHERE b = ''x'''; END $$;",
        ADD + "DO $$ BEGIN IF 'x'::t = 'w' THEN PERFORM 1; END IF; END $$;",
        ADD + "CREATE FUNCTION f() RETURNS t LANGUAGE sql AS $$ SELECT 'x'::t $$;",
        ADD + "CREATE FUNCTION f() RETURNS t LANGUAGE sql BEGIN ATOMIC SELECT 'x'::t; END;",
        ADD + "CREATE FUNCTION f(b t DEFAULT 'x') RETURNS int LANGUAGE plpgsql AS 'BEGIN END';",
        "ALTER TYPE t ADD VALUE IF NOT EXISTS 'x' BEFORE 'w'; SELECT 'x'::t;",
        "DO $$ BEGIN ALTER TYPE t ADD VALUE 'x'; UPDATE a SET b = 'x'; END $$;",
    ],
)
def test_fires(sql):
    assert lines(RULE, sql) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        ADD,
        ADD + "UPDATE a SET b = 'w';",
        ADD + "ALTER TYPE t ADD VALUE 'y' AFTER 'x';",
        ADD + "COMMENT ON TYPE t IS 'x';",
        ADD + "UPDATE a SET c = 'x'::text;",
        ADD + "UPDATE a SET c = 'x'::varchar(3);",
        "UPDATE a SET b = 'x'; " + ADD,
        "CREATE TYPE t AS ENUM ('w'); " + ADD + "CREATE TABLE a (b t DEFAULT 'x');",
        ADD + "CREATE FUNCTION f() RETURNS t LANGUAGE plpgsql AS $$ BEGIN RETURN 'x'; END $$;",
        ADD + "CREATE FUNCTION f(b t) RETURNS void LANGUAGE plpgsql AS "
        "$$ BEGIN IF b = 'x' THEN RETURN; END IF; END $$;",
        ADD + "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'x'::text $$;",
        ADD + "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET app.kind = 'x' AS 'SELECT 1';",
        ADD + "DO $$ BEGIN IF 'x'::text = 'w' THEN PERFORM 1; END IF; END $$;",
        "ALTER TYPE t RENAME VALUE 'w' TO 'x'; UPDATE a SET b = 'x';",
        "-- Transaction: none\n" + ADD + "UPDATE a SET b = 'x'; VACUUM a;",
        "ALTER TYPE t ADD ATTRIBUTE x int; SELECT 'x';",
    ],
)
def test_does_not_fire(sql):
    assert lines(RULE, sql) == []


def test_says_which_value_and_which_type():
    sql = "ALTER TYPE s.t ADD VALUE 'x';\n\nUPDATE a SET b = 'x';\n"
    assert found(RULE, sql) == [
        (
            "0001_a.sql",
            3,
            "'x' is used in the transaction that adds it to s.t: PostgreSQL refuses that (55P04).",
        )
    ]


def test_the_next_file_may_use_it():
    files = {"0001_a.sql": ADD, "0002_b.sql": "UPDATE a SET b = 'x';"}
    assert found(RULE, files) == []
