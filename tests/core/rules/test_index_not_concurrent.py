import pytest

from ceremony.core.lint import lint
from ceremony.core.rules.index_not_concurrent import RULE
from tests.core.folders import series_of
from tests.core.rules.looking import found, lines

CONCURRENTLY = "-- Transaction: none\nCREATE INDEX CONCURRENTLY i ON a (b);"


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX i ON a (b);",
        "CREATE INDEX IF NOT EXISTS i ON a (b);",
        "CREATE UNIQUE INDEX i ON s.a (b) WHERE b > 0;",
        "CREATE INDEX ON a (b);",
        "ALTER TABLE a ADD PRIMARY KEY (b);",
        "ALTER TABLE a ADD CONSTRAINT u UNIQUE (b);",
        "ALTER TABLE a ADD CONSTRAINT e EXCLUDE USING gist (b WITH &&);",
        "ALTER TABLE a ADD COLUMN c int UNIQUE;",
        "ALTER TABLE a ADD COLUMN b int, ADD COLUMN c bigserial CONSTRAINT k PRIMARY KEY;",
        "DO $$ BEGIN CREATE INDEX i ON a (b); END $$;",
        "DO $$ BEGIN EXECUTE 'CREATE INDEX i ON a (b)'; END $$;",
        "CREATE INDEX i ON a (b); CREATE TABLE s.a (b int);",
        "DO $$ BEGIN IF true THEN RETURN; END IF; CREATE INDEX i ON a (b); END $$;",
    ],
)
def test_fires(sql):
    assert lines(RULE, sql) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE a (b int); CREATE INDEX i ON a (b);",
        "CREATE TABLE public.a (b int); CREATE INDEX i ON a (b);",
        "CREATE TABLE a AS SELECT 1 AS b; CREATE INDEX i ON a (b);",
        "CREATE MATERIALIZED VIEW a AS SELECT 1 AS b; CREATE INDEX i ON a (b);",
        "CREATE TEMPORARY TABLE a (b int); CREATE INDEX i ON a (b);",
        CONCURRENTLY,
        "CREATE INDEX i ON ONLY a (b);",
        "ALTER TABLE a ADD CONSTRAINT u UNIQUE USING INDEX i;",
        "ALTER TABLE a ADD CONSTRAINT u PRIMARY KEY USING INDEX i;",
        "ALTER TABLE a ADD CHECK (b > 0) NOT VALID;",
        "CREATE TABLE a (b int); ALTER TABLE a ADD PRIMARY KEY (b);",
        "CREATE TABLE a (b int); ALTER TABLE a ADD COLUMN c int UNIQUE;",
        "CREATE TABLE a (b int, EXCLUDE USING gist (b WITH &&));",
        "ALTER TABLE a ADD COLUMN c int NOT NULL DEFAULT 1 CHECK (c > 0);",
        "DO $$ BEGIN CREATE TABLE a (b int); CREATE INDEX i ON a (b); END $$;",
        "CREATE TABLE b (c int); ALTER TABLE b RENAME TO a; CREATE INDEX i ON a (c);",
        "SELECT 'CREATE INDEX i ON a (b)';",
        "DO $$ BEGIN PERFORM 'CREATE INDEX i ON a (b)'; END $$;",
    ],
)
def test_does_not_fire(sql):
    assert lines(RULE, sql) == []


def test_a_table_of_an_earlier_file_is_in_use_even_where_this_one_would_create_it():
    files = {
        "0001_a.sql": "CREATE TABLE a (b int);",
        "0002_b.sql": "CREATE TABLE IF NOT EXISTS a (b int);\nCREATE INDEX i ON a (b);",
    }
    assert found(RULE, files) == [
        (
            "0002_b.sql",
            2,
            "While the index i on a is built, every INSERT, UPDATE and DELETE on the table waits.",
        )
    ]


def test_a_table_that_was_dropped_and_is_built_anew_is_new():
    files = {
        "0001_a.sql": "CREATE TABLE a (b int);",
        "0002_b.sql": "DROP TABLE a;",
        "0003_c.sql": "CREATE TABLE a (b int);\nCREATE INDEX i ON a (b);",
    }
    assert found(RULE, files) == []


def test_a_constraint_of_a_partitioned_table_alone_builds_nothing():
    files = {
        "0001_a.sql": "CREATE TABLE a (b int) PARTITION BY LIST (b);",
        "0002_b.sql": "ALTER TABLE ONLY a ADD UNIQUE (b);\nALTER TABLE a ADD UNIQUE (b);",
    }
    assert lines(RULE, files) == [2]


def test_a_column_that_comes_with_an_index_is_better_added_alone():
    files = {
        "0001_a.sql": "CREATE TABLE a (b int);",
        "0002_b.sql": "ALTER TABLE a ADD COLUMN IF NOT EXISTS b int UNIQUE,\n"
        "ADD COLUMN c int CONSTRAINT k UNIQUE;",
    }
    [finding] = lint({"shop": series_of(files)}, [RULE])
    assert finding.message == (
        "While the index of the constraint k on a is built, the table can be neither read nor "
        "written."
    )
    assert finding.hint == (
        "Add the column alone. Build a unique index CONCURRENTLY in a file before this one, and "
        "add the constraint with USING INDEX."
    )


def test_a_constraint_is_called_by_its_name():
    files = {
        "0001_a.sql": "CREATE TABLE a (b int);",
        "0002_b.sql": "ALTER TABLE a ADD CONSTRAINT a_pk PRIMARY KEY (b);",
    }
    assert found(RULE, files) == [
        (
            "0002_b.sql",
            1,
            "While the index of the primary key a_pk on a is built, the table can be neither read "
            "nor written.",
        )
    ]


@pytest.mark.parametrize(
    "rename",
    ["ALTER TABLE a RENAME TO c", "ALTER TABLE a SET SCHEMA s", "ALTER TABLE a RENAME TO b"],
)
def test_a_table_under_another_name_is_in_use_all_the_same(rename):
    new = "s.a" if "SCHEMA" in rename else rename[-1]
    files = {
        "0001_a.sql": "CREATE TABLE a (b int);",
        "0002_b.sql": f"{rename};\nCREATE INDEX i ON {new} (b);",
    }
    assert lines(RULE, files) == [2]


def test_the_hint_for_a_partitioned_table_is_another():
    files = {
        "0001_a.sql": "CREATE TABLE a (b int) PARTITION BY RANGE (b);\nCREATE TABLE c (d int);",
        "0002_b.sql": "CREATE INDEX i ON a (b);\nCREATE INDEX j ON c (d);",
    }
    findings = lint({"shop": series_of(files)}, [RULE])
    assert [finding.hint for finding in findings] == [
        "Create the index ON ONLY the table, build it CONCURRENTLY on each partition, and attach "
        "those with ALTER INDEX … ATTACH PARTITION.",
        "Write CREATE INDEX CONCURRENTLY, in a file of its own with the header line -- "
        "Transaction: none",
    ]
