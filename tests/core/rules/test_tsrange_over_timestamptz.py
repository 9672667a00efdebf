import pytest

from ceremony.core.rules.tsrange_over_timestamptz import RULE
from tests.core.rules.looking import found, lines

_A = {"0001_a.sql": "CREATE TABLE a (s timestamptz, e timestamptz, x timestamp, y timestamp);"}


def _after_a(sql):
    return lines(RULE, {**_A, "0002_b.sql": sql})


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX i ON a USING gist (tsrange(s::timestamp, e::timestamp));",
        "CREATE INDEX i ON a USING gist (tsrange(s, e));",
        "ALTER TABLE a ADD EXCLUDE USING gist (tsrange(s, e) WITH &&);",
        "ALTER TABLE a ADD CHECK (NOT isempty(tsrange(s, e)));",
        "CREATE VIEW v AS SELECT tsrange(s::timestamp, e::timestamp) FROM a;",
        "CREATE VIEW v AS SELECT tsrange(b.s::timestamp, b.x) FROM a AS b;",
        "UPDATE a SET x = lower(tsrange(x, e::timestamp)) WHERE true;",
        "SELECT tsrange(now()::timestamp, NULL);",
        "SELECT tsrange(CURRENT_TIMESTAMP::timestamp, NULL);",
        "SELECT tsrange((now() - interval '1 day')::timestamp, NULL);",
        "SELECT tsrange(x, coalesce(e, now())::timestamp) FROM a;",
        "SELECT pg_catalog.tsrange('2026-01-01 00:00+01'::timestamptz::timestamp, NULL);",
        "CREATE TABLE c (s timestamptz, e timestamptz, CHECK (NOT isempty(tsrange(s, e))));",
        "DO $$ BEGIN ALTER TABLE a ADD CHECK (NOT isempty(tsrange(s, e))); END $$;",
        "CREATE FUNCTION f() RETURNS bool LANGUAGE sql AS "
        "'SELECT isempty(tsrange(s::timestamp, e::timestamp)) FROM a';",
    ],
)
def test_fires(sql):
    assert _after_a(sql) == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX i ON a USING gist (tstzrange(s, e));",
        "CREATE INDEX i ON a USING gist (tsrange(x, y));",
        "ALTER TABLE a ADD EXCLUDE USING gist (tsrange(x, y) WITH &&);",
        "CREATE VIEW v AS SELECT tsrange(s AT TIME ZONE 'UTC', e AT TIME ZONE 'UTC') FROM a;",
        "CREATE VIEW v AS SELECT tsrange(unknown.s, unknown.e) FROM elsewhere AS unknown;",
        "CREATE VIEW v AS SELECT tsrange(s, e) FROM elsewhere;",
        "CREATE VIEW v AS SELECT tsrange(b.x, b.y), b.s FROM a AS b;",
        "SELECT tsrange(LOCALTIMESTAMP, NULL);",
        "SELECT tsrange(x, coalesce(y, x + interval '1 day')) FROM a;",
        "SELECT tsrange(coalesce(s, e) AT TIME ZONE 'UTC', NULL) FROM a;",
        "SELECT tsrange('2026-01-01', '2026-02-01'), '[2026-01-01,)'::tsrange;",
        "SELECT 'tsrange(s, e)' FROM a;",
        "CREATE TABLE c (s timestamp, e timestamp, CHECK (NOT isempty(tsrange(s, e))));",
        "CREATE TABLE c (at tsrange, s timestamptz);",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN PERFORM tsrange(NEW.s, NEW.e); RETURN NEW; END$$;",
    ],
)
def test_does_not_fire(sql):
    assert _after_a(sql) == []


def test_names_the_column_and_the_line_in_the_body():
    sql = (
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$\nBEGIN\n"
        "    PERFORM tsrange(a.s::timestamp, a.e::timestamp) FROM a;\nEND\n$$;\n"
    )
    assert found(RULE, {**_A, "0002_b.sql": sql}) == [
        ("0002_b.sql", 3, "tsrange over a.s, which is timestamptz.")
    ]


def test_points_at_the_call():
    sql = "CREATE INDEX i\n    ON a USING gist (\n    tsrange(s, e));"
    assert _after_a(sql) == [3]
