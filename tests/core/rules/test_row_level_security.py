import pytest

from ceremony.core.rules.row_level_security import RULE
from tests.core.rules.looking import found, lines

_ON = "ALTER TABLE a ENABLE ROW LEVEL SECURITY;"
_POLICY = "CREATE POLICY p ON a USING (true);"


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE a (id int);",
        "CREATE TABLE IF NOT EXISTS a (id int);",
        "CREATE UNLOGGED TABLE a (id int);",
        "CREATE TABLE a AS SELECT 1 AS id;",
        "SELECT 1 AS id INTO a;",
        "DO $$ BEGIN CREATE TABLE a (id int); END $$;",
        f"CREATE TABLE a (id int);\n{_POLICY}",
        f"CREATE TABLE a (id int);\n{_ON}\n{_POLICY}\nALTER TABLE a DISABLE ROW LEVEL SECURITY;",
        "CREATE TABLE a (id int);\nALTER TABLE s.a ENABLE ROW LEVEL SECURITY;\n"
        "CREATE POLICY p ON s.a USING (true);",
        "CREATE TABLE a (id int) PARTITION BY LIST (id);",
        "CREATE TABLE a (id int);\nDROP FUNCTION a();",
        "CREATE SCHEMA s CREATE TABLE a (id int);",
        "ALTER TABLE a DISABLE ROW LEVEL SECURITY;",
    ],
)
def test_fires(sql):
    assert lines(RULE, sql) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        f"CREATE TABLE a (id int);\n{_ON}\n{_POLICY}",
        f"CREATE TABLE a (id int);\n{_ON}",
        f"CREATE TABLE a (id int);\n{_POLICY}\nALTER TABLE a ADD COLUMN b int,\n"
        "ENABLE ROW LEVEL SECURITY;",
        f"CREATE TABLE public.a (id int);\n{_ON}\n{_POLICY}",
        f"CREATE TABLE b (id int);\nALTER TABLE b RENAME TO a;\n{_ON}\n{_POLICY}",
        f"DO $$ BEGIN CREATE TABLE a (id int); {_ON} {_POLICY} END $$;",
        "CREATE TEMP TABLE a (id int);",
        "CREATE TABLE pg_temp.a (id int);",
        "ALTER TABLE a DISABLE ROW LEVEL SECURITY;\nALTER TABLE a ENABLE ROW LEVEL SECURITY;",
        "CREATE TEMP TABLE a AS SELECT 1;",
        "CREATE TABLE a_1 PARTITION OF a FOR VALUES IN (1);",
        "CREATE TABLE a (id int);\nALTER TABLE b ATTACH PARTITION a FOR VALUES IN (1);",
        "CREATE TABLE a (id int);\nDROP TABLE a;",
        "CREATE VIEW a AS SELECT 1;",
        "CREATE MATERIALIZED VIEW a AS SELECT 1;",
        "ALTER TABLE a ADD COLUMN b int;",
        "ALTER TABLE a RENAME TO b;",
    ],
)
def test_does_not_fire(sql):
    assert lines(RULE, sql) == []


def test_a_series_has_to_ask_for_it():
    assert RULE.severity is None


def test_a_table_that_is_there_is_not_created():
    files = {
        "0001_a.sql": f"CREATE TABLE a (id int);\n{_ON}",
        "0002_b.sql": "CREATE TABLE IF NOT EXISTS a (id int);",
        "0003_c.sql": "DROP TABLE a;\nCREATE TABLE a (id int);",
    }
    assert lines(RULE, files) == [2]


def test_switching_it_off_is_said():
    assert found(RULE, "ALTER TABLE s.a DISABLE ROW LEVEL SECURITY;") == [
        ("0001_a.sql", 1, "The table s.a loses its row-level security.")
    ]


def test_security_belongs_into_the_file_of_the_table():
    files = {
        "0001_a.sql": 'CREATE TABLE s."A" (id int);',
        "0002_b.sql": 'ALTER TABLE s."A" ENABLE ROW LEVEL SECURITY;',
    }
    assert found(RULE, files) == [
        ("0001_a.sql", 1, 'The table s."A" is created without row-level security.')
    ]
