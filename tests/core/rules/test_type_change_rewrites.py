import pytest

from ceremony.core.rules.type_change_rewrites import RULE
from tests.core.rules.looking import found, lines

#: The old type, the new one, and USING, where PostgreSQL writes the table anew.
#: ``tests/pg/test_type_changes.py`` asks a server about each.
REWRITES = [
    ("int", "bigint", ""),
    ("int", "text", ""),
    ("varchar(10)", "varchar(5)", ""),
    ("text", "varchar(10)", ""),
    ("varchar", "varchar(10)", ""),
    ("char(5)", "text", ""),
    ("char(5)", "char(6)", ""),
    ("numeric(8,2)", "numeric(8,3)", ""),
    ("numeric(8,2)", "numeric(7,2)", ""),
    ("numeric", "numeric(8,2)", ""),
    ("timestamp(6)", "timestamp(3)", ""),
    ("timestamp", "timestamp(5)", ""),
    ("interval", "interval(2)", ""),
    ("timestamptz", "date", ""),
    ("json", "jsonb", ""),
    ("varchar(5)[]", "varchar(10)[]", ""),
    ("text", "text", "upper(b)"),
    ("text", "int", "b::int"),
    ("varchar(9)", "text", "(b::varchar(3))::text"),
    ("int", "positive", ""),
    ("positive", "bigint", ""),
]

KEEPS = [
    ("varchar(5)", "varchar(10)", ""),
    ("varchar(5)", "varchar", ""),
    ("varchar(5)", "text", ""),
    ("varchar", "text", ""),
    ("text", "varchar", ""),
    ("numeric(8,2)", "numeric(10,2)", ""),
    ("numeric(8)", "numeric(9)", ""),
    ("numeric(8,2)", "numeric", ""),
    ("varbit(4)", "varbit(8)", ""),
    ("timestamp(3)", "timestamp(5)", ""),
    ("timestamp(3)", "timestamp", ""),
    ("timestamptz", "timestamptz(6)", ""),
    ("time(0)", "time(3)", ""),
    ("interval(2)", "interval(4)", ""),
    ("interval(2)", "interval", ""),
    ("cidr", "inet", ""),
    ("text", "text", ""),
    ("int", "integer", ""),
    ("varchar(5)", "text", "b"),
    ("varchar(5)", "text", "b::text"),
    ("int[]", "int[]", ""),
    ("plain", "int", ""),
    ("int", "plain", ""),
    ("plain", "plain", ""),
]

DOMAINS = "CREATE DOMAIN plain AS int;\nCREATE DOMAIN positive AS int CHECK (value > 0);\n"


def _files(old, new, using):
    change = f"ALTER TABLE a ALTER COLUMN b TYPE {new}" + (f" USING {using}" if using else "")
    return {"0001_a.sql": f"{DOMAINS}CREATE TABLE a (b {old});", "0002_b.sql": f"{change};"}


@pytest.mark.parametrize(("old", "new", "using"), REWRITES)
def test_fires(old, new, using):
    assert found(RULE, _files(old, new, using)) == [
        (
            "0002_b.sql",
            1,
            "a is written anew to give b another type, and nobody can read it meanwhile.",
        )
    ]


@pytest.mark.parametrize(("old", "new", "using"), KEEPS)
def test_does_not_fire(old, new, using):
    assert found(RULE, _files(old, new, using)) == []


def test_a_type_that_no_file_tells_may_be_any():
    assert lines(RULE, "ALTER TABLE a ALTER COLUMN b TYPE text;") == [1]


def test_the_type_is_the_one_that_the_last_file_gave():
    files = {
        "0001_a.sql": "CREATE TABLE a (b varchar(5));",
        "0002_b.sql": "ALTER TABLE a ALTER b TYPE varchar(10);",
        "0003_c.sql": "ALTER TABLE a RENAME COLUMN b TO c;",
        "0004_d.sql": "ALTER TABLE a ALTER c TYPE varchar(7);",
    }
    assert [path for path, _, _ in found(RULE, files)] == ["0004_d.sql"]


def test_a_new_table_has_no_rows_to_write():
    assert lines(RULE, "CREATE TABLE a (b int); ALTER TABLE a ALTER b TYPE bigint;") == []


def test_other_alterations_are_not_meant():
    sql = "ALTER TABLE a ALTER b SET DEFAULT 1; ALTER TYPE t ADD ATTRIBUTE c int;"
    assert lines(RULE, sql) == []
