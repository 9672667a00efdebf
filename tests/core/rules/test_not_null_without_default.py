import pytest

from ceremony.core.rules.not_null_without_default import RULE
from tests.core.rules.looking import found, lines


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE a ADD COLUMN b int NOT NULL;",
        "ALTER TABLE a ADD b int NOT NULL;",
        "ALTER TABLE a ADD COLUMN IF NOT EXISTS b int NOT NULL;",
        "ALTER TABLE a ADD COLUMN b int PRIMARY KEY;",
        "ALTER TABLE a ADD COLUMN b text NOT NULL DEFAULT NULL;",
        "ALTER TABLE a ADD COLUMN b text NOT NULL DEFAULT NULL::text;",
        "ALTER TABLE s.a ADD COLUMN c int, ADD COLUMN b int NOT NULL REFERENCES c;",
        "DO $$ BEGIN ALTER TABLE a ADD COLUMN b int NOT NULL; END $$;",
        "CREATE DOMAIN d AS int; ALTER TABLE a ADD COLUMN b d NOT NULL;",
    ],
)
def test_fires(sql):
    assert lines(RULE, sql) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE a ADD COLUMN b int;",
        "ALTER TABLE a ADD COLUMN b int NOT NULL DEFAULT 0;",
        "ALTER TABLE a ADD COLUMN b uuid NOT NULL DEFAULT gen_random_uuid();",
        "ALTER TABLE a ADD COLUMN b int GENERATED ALWAYS AS IDENTITY NOT NULL;",
        "ALTER TABLE a ADD COLUMN b int GENERATED ALWAYS AS (c + 1) STORED NOT NULL;",
        "ALTER TABLE a ADD COLUMN b bigserial NOT NULL;",
        "CREATE DOMAIN d AS int DEFAULT 1; ALTER TABLE a ADD COLUMN b d NOT NULL;",
        "CREATE TABLE a (); ALTER TABLE a ADD COLUMN b int NOT NULL;",
        "CREATE TABLE a (b int NOT NULL);",
        "ALTER TABLE a ADD COLUMN b int CHECK (b IS NOT NULL OR c);",
        "ALTER TABLE a ALTER COLUMN b SET NOT NULL;",
        "CREATE TEMP TABLE a (); ALTER TABLE a ADD COLUMN b int NOT NULL;",
    ],
)
def test_does_not_fire(sql):
    assert lines(RULE, sql) == []


def test_a_column_that_is_there_already_is_not_added():
    files = {
        "0001_a.sql": "CREATE TABLE a (b int);",
        "0002_b.sql": "ALTER TABLE a ADD COLUMN IF NOT EXISTS b int NOT NULL;",
        "0003_c.sql": "ALTER TABLE a ADD COLUMN IF NOT EXISTS c int NOT NULL;",
    }
    assert found(RULE, files) == [
        (
            "0003_c.sql",
            1,
            "a gets the column c without a value for the rows that are there: where there is one, "
            "the file fails (23502).",
        )
    ]
