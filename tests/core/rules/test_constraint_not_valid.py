import pytest

from ceremony.core.rules.constraint_not_valid import RULE
from tests.core.rules.looking import found, lines


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0);",
        "ALTER TABLE a ADD CHECK (b > 0);",
        "ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (b) REFERENCES d ON DELETE CASCADE;",
        "ALTER TABLE a ADD COLUMN b int REFERENCES d ON DELETE CASCADE;",
        "ALTER TABLE a ADD COLUMN b int CHECK (b > 0);",
        "ALTER TABLE a ADD CONSTRAINT c NOT NULL b;",
        "ALTER TABLE a ALTER COLUMN b SET NOT NULL;",
        "ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) NOT VALID; "
        "ALTER TABLE a VALIDATE CONSTRAINT c;",
        "ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) NOT VALID, VALIDATE CONSTRAINT c;",
        "DO $$ BEGIN ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0); END $$;",
        "DO $$ BEGIN ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0); "
        "EXCEPTION WHEN duplicate_object THEN NULL; END $$;",
    ],
)
def test_fires(sql):
    assert lines(RULE, sql) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) NOT VALID;",
        "ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (b) REFERENCES d NOT VALID;",
        "ALTER TABLE a VALIDATE CONSTRAINT c;",
        "ALTER TABLE a ADD CONSTRAINT c NOT NULL b NOT VALID;",
        "-- Transaction: none\nALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) NOT VALID;\n"
        "ALTER TABLE a VALIDATE CONSTRAINT c;\nVACUUM a;",
        "CREATE TABLE a (b int); ALTER TABLE a ADD CHECK (b > 0);",
        "CREATE TABLE a (b int CHECK (b > 0), c int REFERENCES d ON DELETE CASCADE);",
        "CREATE TABLE a (); ALTER TABLE a ADD COLUMN b int REFERENCES d ON DELETE CASCADE;",
        "CREATE TABLE a (b int); ALTER TABLE a ALTER COLUMN b SET NOT NULL;",
        "ALTER TABLE a ADD COLUMN b int NOT NULL DEFAULT 0;",
        "ALTER TABLE a ADD CONSTRAINT u UNIQUE (b);",
        "ALTER TABLE a ALTER COLUMN b DROP NOT NULL;",
        "CREATE DOMAIN d AS int; ALTER DOMAIN d ADD CHECK (value > 0);",
    ],
)
def test_does_not_fire(sql):
    assert lines(RULE, sql) == []


def test_a_foreign_key_of_a_partitioned_table_has_no_choice():
    files = {
        "0001_a.sql": "CREATE TABLE a (b int) PARTITION BY RANGE (b);",
        "0002_b.sql": "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c ON DELETE CASCADE;\n"
        "ALTER TABLE a ADD CONSTRAINT k CHECK (b > 0);",
    }
    assert found(RULE, files) == [
        (
            "0002_b.sql",
            2,
            "The check constraint k on a is checked against every row while the table is locked.",
        )
    ]


def test_a_check_that_is_validated_in_front_of_set_not_null_is_enough():
    files = {
        "0001_a.sql": "CREATE TABLE a (b int, c int);",
        "0002_b.sql": "ALTER TABLE a ADD CONSTRAINT n CHECK (b IS NOT NULL AND c > 0) NOT VALID;",
        "0003_c.sql": "ALTER TABLE a VALIDATE CONSTRAINT n;\n"
        "ALTER TABLE a ALTER COLUMN b SET NOT NULL;\n"
        "ALTER TABLE a DROP CONSTRAINT n;",
    }
    assert found(RULE, files) == []


def test_set_not_null_before_the_check_is_validated_reads_the_table():
    files = {
        "0001_a.sql": "CREATE TABLE a (b int);",
        "0002_b.sql": "ALTER TABLE a ADD CONSTRAINT n CHECK (b IS NOT NULL OR b > 0) NOT VALID;\n"
        "ALTER TABLE a ADD CONSTRAINT m CHECK (b IS NOT NULL) NOT VALID;",
        "0003_c.sql": "ALTER TABLE a VALIDATE CONSTRAINT n;\n"
        "ALTER TABLE a ALTER COLUMN b SET NOT NULL;\n"
        "ALTER TABLE a VALIDATE CONSTRAINT m;",
    }
    assert lines(RULE, files) == [2]


def test_set_not_null_reads_nothing_where_a_check_says_it():
    files = {
        "0001_a.sql": "CREATE TABLE a (b int, c int);",
        "0002_b.sql": "ALTER TABLE a ADD CONSTRAINT n CHECK (b IS NOT NULL) NOT VALID,\n"
        "    ADD CONSTRAINT m CHECK (c > 0) NOT VALID;",
        "0003_c.sql": "ALTER TABLE a VALIDATE CONSTRAINT n, VALIDATE CONSTRAINT m;",
        "0004_d.sql": "ALTER TABLE a ALTER COLUMN b SET NOT NULL;\n"
        "ALTER TABLE a ALTER COLUMN c SET NOT NULL;",
    }
    assert found(RULE, files) == [
        (
            "0004_d.sql",
            2,
            "SET NOT NULL on a.c reads the whole table, which nobody else can use meanwhile.",
        )
    ]


def test_a_check_that_was_never_validated_says_nothing():
    files = {
        "0001_a.sql": "CREATE TABLE a (b int);",
        "0002_b.sql": "ALTER TABLE a ADD CONSTRAINT n CHECK (b IS NOT NULL) NOT VALID;",
        "0003_c.sql": "ALTER TABLE a ALTER COLUMN b SET NOT NULL;",
    }
    assert [path for path, _, _ in found(RULE, files)] == ["0003_c.sql"]
