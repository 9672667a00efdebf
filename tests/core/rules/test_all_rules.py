"""What holds for every rule, whatever a file contains."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ceremony.core.finding import Finding
from ceremony.core.lint import lint
from ceremony.core.rules import BUILT_IN
from tests.core.folders import series_of

STATEMENTS = (
    "CREATE TABLE a (id int PRIMARY KEY, at timestamp, b_id int REFERENCES b)",
    "CREATE TEMP TABLE c AS SELECT 1 AS x",
    "CREATE TABLE a_1 PARTITION OF a FOR VALUES IN (1)",
    "CREATE TYPE t AS ENUM ('x', 'y')",
    "ALTER TYPE t ADD VALUE 'z'",
    "INSERT INTO a SELECT 'z'::t FROM a",
    "CREATE DOMAIN d AS timestamp CHECK (VALUE IS NOT NULL)",
    "CREATE INDEX ON a (lower(id::text))",
    "CREATE UNIQUE INDEX i ON s.a (id) WHERE id > 0",
    "ALTER TABLE a ADD COLUMN n uuid NOT NULL DEFAULT gen_random_uuid()",
    "ALTER TABLE a ALTER COLUMN id TYPE bigint, DROP COLUMN at, ADD CHECK (id > 0)",
    "ALTER TABLE IF EXISTS a RENAME TO b",
    "ALTER TABLE a RENAME COLUMN id TO U&\"n\\200B\"",
    "ALTER TABLE a SET SCHEMA s",
    "ALTER TABLE a ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE a ADD EXCLUDE USING gist (tsrange(at, at) WITH &&)",
    "CREATE POLICY p ON a USING (true)",
    "CREATE VIEW v AS WITH q AS (SELECT * FROM a) SELECT tsrange(q.at, now()) FROM q",
    "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "ALTER FUNCTION f(int) SET search_path = public, pg_temp",
    "ALTER ROUTINE f SECURITY DEFINER",
    "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS $f$BEGIN RETURN NEW; END$f$",
    "CREATE TRIGGER g BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION g()",
    "DO $d$BEGIN IF to_regclass('a') IS NULL THEN EXECUTE 'DROP TABLE ' || 'a'; END IF; END$d$",
    "DO $d$BEGIN UPDATE a SET id = 1; EXCEPTION WHEN undefined_table THEN NULL; END$d$",
    "DO $d$not PL/pgSQL$d$",
    "UPDATE a SET id = 1",
    "DELETE FROM a",
    "TRUNCATE a, b CASCADE",
    "DROP TABLE IF EXISTS a, s.b CASCADE",
    "DROP TYPE t",
    "DROP FUNCTION f(int), g",
    "DROP SCHEMA s CASCADE",
    "DROP TRIGGER g ON a",
    "CREATE SCHEMA AUTHORIZATION CURRENT_USER",
    "CREATE SCHEMA s CREATE TABLE x (id int)",
    "CREATE EXTENSION file_fdw",
    "CREATE ROLE r SUPERUSER",
    "GRANT SELECT (id) ON a TO PUBLIC",
    "COMMENT ON COLUMN a.id IS 'x'",
    "CREATE SEQUENCE q OWNED BY a.id",
    "ALTER SEQUENCE q RESTART",
    "CREATE AGGREGATE agg(int) (SFUNC = int4pl, STYPE = int)",
    "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)",
    "CREATE RULE r AS ON INSERT TO a DO ALSO UPDATE b SET id = 1",
    "CREATE STATISTICS st ON id, at FROM a",
    "REFRESH MATERIALIZED VIEW v",
    "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE",
    "CALL p(1)",
    "VALUES (1)",
    "SELECT 1 INTO k",
)  # fmt: skip

_SCRIPTS = st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=6)


def _linted(*scripts: str, rollback: str = "") -> tuple[Finding, ...]:
    files = {"series.toml": '[lint]\nlint-row-level-security = "warning"\n'}
    for number, script in enumerate(scripts, 1):
        files[f"{number:04}_x.sql"] = script
    if rollback:
        files[f"{len(scripts):04}_x.rollback.sql"] = rollback
    series = series_of(files)
    return lint({"shop": series}, BUILT_IN)


def _sql(statements: list[str]) -> str:
    return "".join(f"{statement};\n" for statement in statements)


@settings(max_examples=150, deadline=None)
@given(_SCRIPTS, _SCRIPTS, _SCRIPTS)
def test_no_file_stops_a_rule_and_every_finding_has_a_place(first, second, back):
    codes = {rule.code for rule in BUILT_IN}
    texts = {"": _sql(first), "second": _sql(second), "back": _sql(back)}
    found = _linted(texts[""], texts["second"], rollback=texts["back"])
    for finding in found:
        assert finding.code in codes
        assert finding.path.endswith(("0001_x.sql", "0002_x.sql", "0002_x.rollback.sql"))
        assert 1 <= finding.line <= max(text.count("\n") for text in texts.values())


@settings(max_examples=60, deadline=None)
@given(_SCRIPTS)
def test_words_in_comments_and_literals_are_no_statements(statements):
    text = _sql(statements)
    commented = "".join(f"-- {line}\n" for line in text.splitlines())
    assert _linted(f"{commented}/* {text} */\nSELECT $quoted${text}$quoted$;\n") == ()


@settings(max_examples=60, deadline=None)
@given(_SCRIPTS)
def test_what_a_function_does_later_is_no_change_of_this_file(statements):
    body = "".join(f"{s};\n" for s in statements if not s.startswith(("DO", "CREATE", "WITH")))
    text = f"CREATE OR REPLACE FUNCTION later() RETURNS void LANGUAGE sql AS $quoted${body}$quoted$"
    codes = {finding.code for finding in _linted(text)}
    assert codes <= {"lint-tsrange-over-timestamptz", "lint-undeclared-dependency"}


ON_THE_WAY_BACK = {
    "lint-dangerous-statement": "DROP ROLE r;",
    "lint-data-loss-unsaid": "DROP TABLE x;",
    "lint-definer-search-path": "ALTER FUNCTION f SECURITY DEFINER;",
    "lint-dynamic-sql": "DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'a'; END $$;",
    "lint-probe-missing": "-- Transaction: none\nDROP SUBSCRIPTION s;",
    "lint-tsrange-over-timestamptz": "SELECT tsrange(now()::timestamp, NULL);",
    "lint-whole-table-update": "UPDATE x SET y = 1;",
}


def test_rules_about_what_a_statement_does_look_at_ways_back():
    for code, sql in ON_THE_WAY_BACK.items():
        found = _linted("CREATE TABLE IF NOT EXISTS a ();", rollback=sql)
        assert code in {f.code for f in found if f.path.endswith(".rollback.sql")}


def test_a_tree_too_deep_for_one_piece_is_read_to_its_end():
    deep = " || ".join(["'a'"] * 200)
    text = f"CREATE TABLE IF NOT EXISTS a (at timestamp DEFAULT ({deep})::timestamp)"
    assert [f.code for f in _linted(text) if f.code == "lint-timestamp-without-zone"] != []
