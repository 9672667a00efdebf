import pytest

from ceremony.core.rules.breaks_contract import RULE
from tests.core.rules.looking import found, lines

CONTRACT = """
constraint = [{ since = "0001", table = "a", name = "k" }]
index = [{ since = "0001", table = "a", name = "i" }]
trigger = [{ since = "0001", table = "a", name = "t" }]
policy = [{ since = "0001", table = "a", name = "p" }]
function = [{ since = "0001", name = "f(integer)" }]
enum = [{ since = "0001", name = "e" }]
extension = [{ since = "0001", name = "pg_trgm" }]
view = [
  { since = "0001", name = "v" },
  { since = "0001", name = "maybe", level = "optional" },
  { since = "0001", name = "ends", until = "0002" },
  { since = "0003", name = "later" },
]
schema = [{ since = "0001", name = "s" }]

[[table]]
name = "a"
since = "0001"
required = { b = "integer" }
optional = { c = "" }

[[table]]
name = "s.a"
since = "0001"
"""


def _files(sql):
    return {
        "contract.toml": CONTRACT,
        "0001_a.sql": "SELECT 1;",
        "0002_b.sql": sql,
        "0003_c.sql": "SELECT 1;",
    }


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE a;",
        "DROP TABLE IF EXISTS x, s.a CASCADE;",
        "ALTER TABLE a RENAME TO x;",
        "DROP FUNCTION f(int4);",
        "ALTER FUNCTION f(integer) SET SCHEMA s;",
        "ALTER TABLE a SET SCHEMA s;",
        "ALTER TABLE a DROP COLUMN b;",
        "ALTER TABLE a DROP COLUMN IF EXISTS b;",
        "ALTER TABLE a RENAME COLUMN b TO x;",
        "ALTER TABLE a DROP CONSTRAINT k;",
        "ALTER TABLE a RENAME CONSTRAINT k TO x;",
        "DROP INDEX i;",
        "ALTER INDEX i RENAME TO x;",
        "DROP TRIGGER t ON a;",
        "ALTER TRIGGER t ON a RENAME TO x;",
        "DROP POLICY p ON a;",
        "ALTER POLICY p ON a RENAME TO x;",
        "DROP FUNCTION f(integer);",
        "ALTER FUNCTION f(integer) RENAME TO x;",
        "DROP TYPE e;",
        "ALTER TYPE e RENAME TO x;",
        "DROP EXTENSION pg_trgm;",
        "DROP VIEW v;",
        "DROP SCHEMA s CASCADE;",
        "DO $$ BEGIN DROP TABLE a; END $$;",
        "DO $$ BEGIN EXECUTE 'DROP TABLE a'; END $$;",
    ],
)
def test_fires(sql):
    assert lines(RULE, _files(sql)) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE b;",
        "DROP TABLE x.a;",
        "DROP VIEW a;",
        "ALTER TABLE a DROP COLUMN c;",
        "ALTER TABLE a DROP COLUMN x;",
        "ALTER TABLE x DROP COLUMN b;",
        "ALTER TABLE x RENAME TO y;",
        "ALTER TABLE a RENAME COLUMN c TO d;",
        "ALTER TABLE a DROP CONSTRAINT x;",
        "ALTER TABLE x DROP CONSTRAINT k;",
        "DROP INDEX s.i;",
        "DROP TRIGGER t ON b;",
        "DROP TRIGGER t ON a; CREATE TRIGGER t BEFORE UPDATE ON a EXECUTE FUNCTION f();",
        "DROP POLICY IF EXISTS p ON a; CREATE POLICY p ON a USING (true);",
        "ALTER TABLE a DROP CONSTRAINT IF EXISTS k, ADD CONSTRAINT k CHECK (b > 0);",
        "DROP FUNCTION g(integer);",
        "DROP FUNCTION f(text);",
        "DROP TYPE x;",
        "DROP VIEW maybe;",
        "DROP VIEW ends;",
        "DROP VIEW later;",
        "CREATE FUNCTION g() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TABLE a; END $$;",
        "SELECT 'DROP TABLE a';",
        "TRUNCATE a;",
        "ALTER INDEX x RENAME TO i;",
    ],
)
def test_does_not_fire(sql):
    assert lines(RULE, _files(sql)) == []


@pytest.mark.parametrize("sql", ["DROP SCHEMA s CASCADE;", "ALTER SCHEMA s RENAME TO t;"])
def test_a_schema_takes_along_what_is_in_it(sql):
    contract = '[[table]]\nname = "s.a"\nsince = "0001"\n[[table]]\nname = "a"\nsince = "0001"\n'
    [(_, _, message)] = found(RULE, {"contract.toml": contract, "0001_a.sql": sql})
    assert "the table s.a, which" in message


def test_says_since_when_and_what_can_be_done():
    assert found(RULE, _files("SELECT 1;\nALTER TABLE a RENAME COLUMN b TO c;")) == [
        (
            "0002_b.sql",
            2,
            "This renames the column public.a.b, which the contract requires since 0001.",
        )
    ]


def test_ways_back_may_take_away_what_their_change_brought():
    files = _files("SELECT 1;") | {"0002_b.rollback.sql": "DROP TABLE a;"}
    assert found(RULE, files) == []
