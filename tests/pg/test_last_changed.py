"""When objects were last changed, on a server that keeps the times of commits, and on one that
does not.
"""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from ceremony.core.catalog import ObjectKey, ObjectKind
from ceremony.pg.introspect import take
from ceremony.pg.last_changed import last_changed
from ceremony.pg.session import SessionSettings, open_session

EVERYTHING = """
CREATE SCHEMA "Odd one";
CREATE TYPE public.mood AS ENUM ('good', 'bad');
CREATE DOMAIN public.positive AS int CHECK (VALUE > 0);
CREATE TABLE "Odd one"."a.b" (id int PRIMARY KEY, "x.y" text DEFAULT 'z', CHECK (id > 0));
CREATE INDEX odd_index ON "Odd one"."a.b" ("x.y");
CREATE VIEW public.seen AS SELECT id FROM "Odd one"."a.b";
CREATE MATERIALIZED VIEW public.kept AS SELECT 1 AS one;
CREATE SEQUENCE public.counter;
CREATE FUNCTION public.f(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE public.p() LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION public.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER trg BEFORE INSERT ON "Odd one"."a.b" FOR EACH ROW EXECUTE FUNCTION public.t();
CREATE POLICY mine ON "Odd one"."a.b" USING (true);
CREATE RULE quiet AS ON DELETE TO "Odd one"."a.b" DO INSTEAD NOTHING;
CREATE PUBLICATION news;
CREATE STATISTICS public.both ON id, "x.y" FROM "Odd one"."a.b";
CREATE OPERATOR public.*** (LEFTARG = int, RIGHTARG = text, FUNCTION = public.f);
CREATE COLLATION "Odd one"."plain.c" FROM "C";
"""
#: Kinds that say nothing about when: nobody changes them often enough to ask.
UNTOLD = {ObjectKind.CAST, ObjectKind.DEFAULT_PRIVILEGES}


def session_on(conninfo):
    parameters = {k: str(v) for k, v in conninfo_to_dict(conninfo).items()}
    return open_session(parameters, SessionSettings())


def run(conninfo, statements):
    with psycopg.connect(conninfo) as connection:
        connection.execute(statements)
    return datetime.now(UTC)


def test_every_kind_of_object_has_its_time(target):
    before = datetime.now(UTC) - timedelta(seconds=1)
    after = run(target, EVERYTHING)
    with session_on(target) as session:
        keys = sorted(take(session, ledger_schema="public").objects)
        found = last_changed(session, keys)
    made = [key for key in keys if key.name not in ("public", "plpgsql")]
    assert {key.kind for key in made} >= {
        kind for kind in ObjectKind if kind.value in ("column", "constraint", "trigger", "policy")
    }
    assert [key for key in made if key not in found and key.kind not in UNTOLD] == []
    assert all(before <= found[key] <= after for key in made if key in found)


ODD = '"Odd one"."a.b"'
CHANGES = [
    ("column", f'{ODD}."x.y"', f'ALTER TABLE {ODD} ALTER "x.y" DROP DEFAULT'),
    ("column", f'{ODD}."x.y"', f"""ALTER TABLE {ODD} ALTER "x.y" SET DEFAULT 'q'"""),
    ("view", "public.seen", f"CREATE OR REPLACE VIEW seen AS SELECT id FROM {ODD} WHERE id > 1"),
    ("enum", "public.mood", "ALTER TYPE public.mood ADD VALUE 'odd'"),
    ("function", "public.f(integer,text)", "ALTER FUNCTION public.f(int, text) STABLE"),
    ("table", ODD, f"GRANT SELECT ON {ODD} TO PUBLIC"),
    ("trigger", f"{ODD}.trg", f"ALTER TABLE {ODD} DISABLE TRIGGER trg"),
]


@pytest.mark.parametrize(("kind", "name", "change"), CHANGES)
def test_a_change_moves_the_time(target, kind, name, change):
    made = run(target, EVERYTHING)
    run(target, change)
    with session_on(target) as session:
        key = ObjectKey(ObjectKind(kind), name)
        assert last_changed(session, [key])[key] > made


def test_a_schema_that_the_role_may_not_use_hides_no_times(target):
    run(
        target,
        EVERYTHING + "CREATE FUNCTION \"Odd one\".g() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    )
    with session_on(target) as session:
        keys = sorted(take(session, ledger_schema="public").objects)
        told = last_changed(session, keys)
        session.ask("SELECT set_config('role', 'pg_monitor', false)")
        seen = last_changed(session, keys)
    hidden = ObjectKey(ObjectKind.FUNCTION, '"Odd one".g()')
    assert seen == {key: at for key, at in told.items() if key != hidden}
    assert hidden in told


def test_partitions_told_together_hide_no_other_times(target):
    run(
        target,
        "CREATE TABLE days (at date NOT NULL, n int) PARTITION BY RANGE (at);"
        " CREATE TABLE days_20261120 PARTITION OF days"
        " FOR VALUES FROM ('2026-11-20') TO ('2026-11-21')",
    )
    together = ObjectKey(ObjectKind.COLUMN, "public.days_*.n")
    alone = ObjectKey(ObjectKind.TABLE, "public.days")
    with session_on(target) as session:
        assert together in take(session, ledger_schema="public").objects
        assert last_changed(session, [together, alone]).keys() == {alone}


def test_nobody_knows_of_what_is_not_there(target):
    with session_on(target) as session:
        keys = [
            ObjectKey(ObjectKind(kind), f"public.gone{ending}")
            for kind, ending in (("table", ""), ("column", ".x"), ("function", "(integer)"))
        ]
        assert last_changed(session, keys) == {}


def test_where_times_are_not_kept_nothing_is_told(timeless_server):
    with session_on(timeless_server.conninfo()) as session:
        assert last_changed(session, [ObjectKey(ObjectKind.SCHEMA, "public")]) == {}


def test_nothing_is_asked_about_nothing(target):
    with session_on(target) as session:
        assert last_changed(session, []) == {}
