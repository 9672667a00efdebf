import pytest

from ceremony.core.finding import Severity
from ceremony.core.lint import Rule, lint
from tests.core.folders import series_of


def _seen(**series):
    """What each script of these series finds ``before`` it, as words, by path."""
    seen = {}

    def look(subject):
        keys = subject.before.objects
        seen[subject.path] = {f"{key} < {made.version}" for key, made in keys.items()}
        return ()

    rule = Rule("lint-looks", "t", "r", "https://example.org", look, on_rollbacks=True)
    library = {name: series_of(files, name) for name, files in series.items()}
    lint(library, [rule])
    return seen


def _after(*statements):
    files = {f"{number:04}_x.sql": sql for number, sql in enumerate(statements, 1)}
    last = f"{len(statements) + 1:04}_x.sql"
    found = _seen(shop={**files, last: "SELECT 1;"})[f"shop/{last}"]
    return {word.partition(" < ")[0] for word in found}


@pytest.mark.parametrize(
    ("sql", "made"),
    [
        ("CREATE TABLE a ();", {"table a"}),
        ("CREATE TABLE S.a ();", {"table s.a"}),
        ('CREATE TABLE "A" ();', {'table "A"'}),
        (
            "CREATE TABLE a (b int CONSTRAINT k CHECK (b > 0), CONSTRAINT u UNIQUE (b));",
            {"table a", "column a.b", "constraint a.k", "constraint a.u"},
        ),
        ("CREATE TABLE a AS SELECT 1;", {"table a"}),
        ("SELECT 1 AS b INTO a;", {"table a"}),
        ("DO $$ DECLARE a int; BEGIN SELECT 1 INTO a; END $$;", set()),
        (
            "CREATE SCHEMA s CREATE TABLE a (b int) CREATE VIEW v AS SELECT 1;",
            {"schema s", "table s.a", "column s.a.b", "view s.v"},
        ),
        ("CREATE SCHEMA s CREATE TABLE s.a ();", {"schema s", "table s.a"}),
        ("CREATE MATERIALIZED VIEW a AS SELECT 1;", {"materialized view a"}),
        ("CREATE FOREIGN TABLE s.a () SERVER x;", {"foreign table s.a"}),
        ("CREATE AGGREGATE g (int) (SFUNC = int4pl, STYPE = int);", {"aggregate g"}),
        ("CREATE PUBLICATION p;", {"publication p"}),
        ("CREATE RULE r AS ON INSERT TO a DO NOTHING;", {"rule a.r"}),
        ("CREATE STATISTICS s.x ON a, b FROM c;", {"statistics s.x"}),
        ("CREATE VIEW a AS SELECT 1;", {"view a"}),
        ("CREATE INDEX i ON s.a (b);", {"index s.i"}),
        ("CREATE SEQUENCE q;", {"sequence q"}),
        ("CREATE TYPE t AS ENUM ('a');", {"enum t"}),
        ("CREATE TYPE t AS (a int);", {"type t"}),
        ("CREATE TYPE t AS RANGE (SUBTYPE = int);", {"range type t"}),
        ("CREATE DOMAIN s.d AS int;", {"domain s.d"}),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS '1';", {"function f"}),
        ("CREATE PROCEDURE f() LANGUAGE sql AS '';", {"procedure f"}),
        ("CREATE TRIGGER t BEFORE UPDATE ON a EXECUTE FUNCTION f();", {"trigger a.t"}),
        ("CREATE POLICY p ON a USING (true);", {"policy a.p"}),
        ("CREATE SCHEMA s;", {"schema s"}),
        ("CREATE EXTENSION e;", {"extension e"}),
        ("ALTER TABLE a ADD COLUMN b int;", {"column a.b"}),
        ("ALTER TABLE a ADD CONSTRAINT k CHECK (b > 0) NOT VALID;", {"constraint a.k"}),
        ("DO $$ BEGIN CREATE TABLE a (); END $$;", {"table a"}),
        ("DO $$ BEGIN EXECUTE 'CREATE TABLE a ()'; END $$;", {"table a"}),
        ("DO $$ BEGIN EXECUTE 'CREATE TABLE ' || 'a ()'; END $$;", set()),
        (
            "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS "
            "$$ BEGIN CREATE TABLE a (); END $$;",
            {"function f"},
        ),
    ],
)
def test_what_a_file_makes_is_there_for_the_next(sql, made):
    assert _after(sql) == made


@pytest.mark.parametrize(
    ("first", "then", "left"),
    [
        ("CREATE TABLE a (b int);", "DROP TABLE a;", set()),
        ("CREATE TABLE a (b int);", "DROP TABLE s.a;", {"table a", "column a.b"}),
        ("CREATE TABLE a (b int);", "ALTER TABLE a RENAME TO c;", {"table c", "column c.b"}),
        ("CREATE TABLE a (b int);", "ALTER TABLE a SET SCHEMA s;", {"table s.a", "column s.a.b"}),
        ("CREATE TABLE a (b int);", "ALTER TABLE a DROP COLUMN b;", {"table a"}),
        ("CREATE SCHEMA s;", "ALTER SCHEMA s RENAME TO t;", {"schema t"}),
        ("CREATE TYPE s.t AS ENUM ('a');", "ALTER TYPE s.t RENAME TO u;", {"enum s.u"}),
        ("CREATE DOMAIN d AS int;", "ALTER DOMAIN d SET SCHEMA s;", {"domain s.d"}),
        ("CREATE EXTENSION e;", "ALTER EXTENSION e SET SCHEMA s;", {"extension e"}),
        ("CREATE PUBLICATION p;", "ALTER PUBLICATION p RENAME TO q;", {"publication q"}),
        (
            "CREATE TABLE a (b int);",
            "ALTER TABLE a RENAME COLUMN b TO c;",
            {"table a", "column a.c"},
        ),
        (
            "CREATE TABLE a (CONSTRAINT k CHECK (1 > 0));",
            "ALTER TABLE a DROP CONSTRAINT k;",
            {"table a"},
        ),
        ("CREATE INDEX i ON a (b);", "DROP INDEX i;", set()),
        ("CREATE INDEX i ON a (b);", "ALTER INDEX i RENAME TO j;", {"index j"}),
        ("CREATE TYPE t AS ENUM ('a');", "DROP TYPE t;", set()),
        ("CREATE TYPE t AS ENUM ('a');", "ALTER TYPE t RENAME TO u;", {"enum u"}),
        ("CREATE DOMAIN d AS int;", "DROP DOMAIN d;", set()),
        ("CREATE VIEW v AS SELECT 1;", "DROP VIEW IF EXISTS v, w;", set()),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS '1';", "DROP FUNCTION f();", set()),
        (
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS '1';",
            "ALTER FUNCTION f() RENAME TO g;",
            {"function g"},
        ),
        (
            "CREATE TRIGGER t BEFORE UPDATE ON a EXECUTE FUNCTION f();",
            "DROP TRIGGER t ON a;",
            set(),
        ),
        ("CREATE POLICY p ON a USING (true);", "DROP POLICY p ON a;", set()),
        ("CREATE SCHEMA s;", "DROP SCHEMA s;", set()),
        ("CREATE EXTENSION e;", "DROP EXTENSION e;", set()),
        ("CREATE SEQUENCE q;", "DROP SEQUENCE q;", set()),
    ],
)
def test_what_a_file_drops_or_renames_is_followed(first, then, left):
    assert _after(first, then) == left


def test_the_first_maker_counts():
    seen = _seen(
        shop={
            "0001_a.sql": "CREATE TABLE a ();",
            "0002_b.sql": "CREATE TABLE IF NOT EXISTS a ();",
            "0003_c.sql": "SELECT 1;",
        }
    )
    assert seen["shop/0003_c.sql"] == {"table a < 0001"}


def test_a_way_back_finds_what_its_change_made():
    seen = _seen(
        shop={
            "0001_a.sql": "CREATE TABLE a ();",
            "0001_a.rollback.sql": "DROP TABLE a;",
            "0002_b.sql": "CREATE TABLE b ();",
        }
    )
    assert seen == {
        "shop/0001_a.sql": set(),
        "shop/0001_a.rollback.sql": {"table a < 0001"},
        "shop/0002_b.sql": {"table a < 0001"},
    }


def test_planned_files_are_there_for_planned_files_alone():
    seen = _seen(
        shop={
            "0001_a.sql": "-- Planned: later\nCREATE TABLE a ();",
            "0002_b.sql": "CREATE TABLE b ();",
            "0003_c.sql": "-- Planned: later\nCREATE TABLE c ();",
        }
    )
    assert seen["shop/0002_b.sql"] == set()
    assert seen["shop/0003_c.sql"] == {"table a < 0001", "table b < 0002"}


def test_retired_and_superseded_files_are_not_looked_at():
    seen = _seen(
        shop={
            "0001_a.sql": "CREATE TABLE a ();",
            "0002_b.sql.retired": "-- Retired: x\nCREATE TABLE b ();",
            "0003_c.sql": "-- Supersedes: 0001-0002\nCREATE TABLE c ();",
            "0004_d.sql": "SELECT 1;",
        }
    )
    assert seen == {"shop/0003_c.sql": set(), "shop/0004_d.sql": {"table c < 0003"}}


def test_series_that_this_one_depends_on_are_there_with_those_they_depend_on():
    seen = _seen(
        base={"0001_a.sql": "CREATE TABLE a ();"},
        middle={"0001_b.sql": "-- Depends: base:0001\nCREATE TABLE b ();"},
        other={"0001_c.sql": "CREATE TABLE c ();"},
        top={"0001_d.sql": "-- Depends: middle:0001, django:auth.0001_initial\nSELECT 1;"},
    )
    assert seen["top/0001_d.sql"] == {"table a < 0001", "table b < 0001"}


def test_a_file_that_cannot_be_read_makes_nothing():
    seen = _seen(shop={"0001_a.sql": "CREATE TABEL a ();", "0002_b.sql": "SELECT 1;"})
    assert seen["shop/0002_b.sql"] == set()


def test_the_findings_of_all_series_are_sorted():
    def look(subject):
        yield subject.commands[0].remark("m", "h")

    rule = Rule("lint-looks", "t", "r", "https://example.org", look, Severity.NOTICE)
    library = {
        name: series_of({"0002_b.sql": "SELECT 1;", "0001_a.sql": "\nSELECT 1;"}, name)
        for name in ("b", "a")
    }
    assert [(f.path, f.line) for f in lint(library, [rule])] == [
        ("a/0001_a.sql", 2), ("a/0002_b.sql", 1), ("b/0001_a.sql", 2), ("b/0002_b.sql", 1),
    ]  # fmt: skip
