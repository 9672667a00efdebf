"""A refreshed snapshot is what reading everything gives, whatever was done in between."""

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ceremony.core.catalog import diff
from ceremony.pg import introspect
from ceremony.pg.introspect import SnapshotUnknown, take
from ceremony.pg.introspector import Introspector
from ceremony.pg.session import SessionSettings, open_session
from tests.pg.making import libpq

SCHEMA = """
CREATE SCHEMA shop;
CREATE TYPE shop.mood AS ENUM ('low', 'high');
CREATE TYPE shop.address AS (street text, zip text);
CREATE DOMAIN shop.mail AS text CHECK (VALUE LIKE '%@%');
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE shop.people (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mail shop.mail UNIQUE,
                          mood shop.mood DEFAULT 'low', home shop.address, n serial);
CREATE TABLE shop.orders (id int PRIMARY KEY, person int REFERENCES shop.people,
                          day date NOT NULL, total numeric(10, 2) CHECK (total > 0));
CREATE INDEX orders_day ON shop.orders (day) WHERE total > 1;
CREATE VIEW shop.big AS SELECT id, person FROM shop.orders WHERE total > 100;
CREATE VIEW shop.bigger AS SELECT person FROM shop.big;
CREATE MATERIALIZED VIEW shop.days AS SELECT day, count(*) AS n FROM shop.orders GROUP BY day;
CREATE TRIGGER touch BEFORE UPDATE ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.touch();
CREATE FUNCTION shop.of_row(o shop.orders) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION shop.atomic() RETURNS bigint LANGUAGE sql
    BEGIN ATOMIC SELECT count(*) FROM shop.orders; END;
CREATE POLICY own ON shop.orders USING (person > 0);
CREATE RULE quiet AS ON DELETE TO shop.orders DO INSTEAD NOTHING;
CREATE STATISTICS shop.facts ON person, day FROM shop.orders;
CREATE TABLE shop.visits (day date NOT NULL, id int) PARTITION BY RANGE (day);
CREATE INDEX visits_id ON shop.visits (id);
CREATE TABLE shop.visits_p20261120 PARTITION OF shop.visits
    FOR VALUES FROM ('2026-11-20') TO ('2026-11-21');
CREATE TABLE shop.child () INHERITS (shop.orders);
CREATE SEQUENCE shop.counter;
CREATE PUBLICATION feed FOR TABLE shop.orders;
COMMENT ON COLUMN shop.orders.day IS 'when';
"""

#: Each may fail where an earlier one took away what it needs; then nothing changed.
STATEMENTS = [
    "ALTER TABLE shop.orders RENAME TO purchases",
    "ALTER TABLE shop.purchases RENAME TO orders",
    "ALTER TABLE shop.orders RENAME day TO date",
    "ALTER TABLE shop.orders RENAME date TO day",
    "ALTER TABLE shop.people RENAME id TO number",
    "ALTER TABLE shop.people RENAME number TO id",
    "ALTER TYPE shop.mood RENAME TO spirits",
    "ALTER TYPE shop.spirits RENAME TO mood",
    "ALTER TYPE shop.mood ADD VALUE IF NOT EXISTS 'middle' BEFORE 'high'",
    "ALTER TYPE shop.mood RENAME VALUE 'low' TO 'down'",
    "ALTER TYPE shop.address ADD ATTRIBUTE city text",
    "ALTER TYPE shop.address RENAME TO place",
    "ALTER DOMAIN shop.mail SET DEFAULT 'a@b'",
    "ALTER DOMAIN shop.mail DROP CONSTRAINT mail_check",
    "ALTER DOMAIN shop.mail RENAME TO post",
    "ALTER SCHEMA shop RENAME TO store",
    "ALTER SCHEMA store RENAME TO shop",
    "ALTER FUNCTION shop.touch() RENAME TO touched",
    "ALTER FUNCTION shop.touch() SECURITY DEFINER",
    "CREATE OR REPLACE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN RETURN OLD; END'",
    "DROP FUNCTION shop.atomic()",
    "ALTER TABLE shop.orders ADD note text DEFAULT 'x'",
    "ALTER TABLE shop.orders ALTER note DROP DEFAULT",
    "ALTER TABLE shop.orders DROP note",
    "ALTER TABLE shop.orders ALTER day DROP NOT NULL",
    "ALTER TABLE shop.orders DROP CONSTRAINT orders_total_check",
    "ALTER TABLE shop.orders DROP CONSTRAINT orders_person_fkey",
    "ALTER TABLE shop.orders ADD CONSTRAINT again FOREIGN KEY (person) REFERENCES shop.people"
    " NOT VALID",
    "ALTER TABLE shop.orders VALIDATE CONSTRAINT again",
    "ALTER TABLE shop.people DISABLE TRIGGER ALL",
    "ALTER TABLE shop.people ENABLE TRIGGER ALL",
    "ALTER TABLE shop.orders DISABLE TRIGGER touch",
    "DROP TRIGGER touch ON shop.orders",
    "DROP INDEX shop.orders_day",
    "ALTER INDEX shop.orders_day RENAME TO by_day",
    "ALTER INDEX shop.orders_day SET (fillfactor = 50)",
    "CREATE INDEX CONCURRENTLY orders_person ON shop.orders (person)",
    "REINDEX TABLE CONCURRENTLY shop.orders",
    "ALTER TABLE shop.orders CLUSTER ON orders_pkey",
    "ALTER TABLE shop.orders REPLICA IDENTITY FULL",
    "ALTER TABLE shop.orders SET (fillfactor = 70, toast.autovacuum_enabled = off)",
    "ALTER TABLE shop.people SET (toast.autovacuum_enabled = off)",
    "ALTER TABLE shop.orders ENABLE ROW LEVEL SECURITY",
    "ALTER POLICY own ON shop.orders USING (person > 1)",
    "DROP POLICY own ON shop.orders",
    "DROP RULE quiet ON shop.orders",
    "DROP STATISTICS shop.facts",
    "ALTER STATISTICS shop.facts SET STATISTICS 9",
    "DROP VIEW shop.bigger",
    "CREATE OR REPLACE VIEW shop.bigger AS SELECT person FROM shop.big LIMIT 3",
    "ALTER VIEW shop.big RENAME COLUMN person TO who",
    "DROP MATERIALIZED VIEW shop.days",
    "REFRESH MATERIALIZED VIEW shop.days WITH NO DATA",
    "DROP TABLE shop.child",
    "ALTER TABLE shop.child NO INHERIT shop.orders",
    "ALTER TABLE shop.child INHERIT shop.orders",
    "CREATE TABLE shop.visits_p20261121 PARTITION OF shop.visits"
    " FOR VALUES FROM ('2026-11-21') TO ('2026-11-22')",
    "CREATE INDEX ON shop.visits_p20261120 (day)",
    "ALTER TABLE shop.visits DETACH PARTITION shop.visits_p20261120",
    "DROP TABLE shop.visits",
    "ALTER TABLE shop.people ALTER id DROP IDENTITY",
    "ALTER TABLE shop.people ALTER n DROP DEFAULT",
    "ALTER SEQUENCE shop.counter OWNED BY shop.orders.id",
    "ALTER SEQUENCE shop.counter OWNED BY NONE",
    "ALTER SEQUENCE shop.counter INCREMENT 3",
    "ALTER SEQUENCE shop.people_n_seq RENAME TO other_seq",
    "SELECT nextval('shop.counter')",
    "DROP SEQUENCE shop.counter CASCADE",
    "COMMENT ON COLUMN shop.orders.day IS 'the day'",
    "COMMENT ON COLUMN shop.orders.day IS NULL",
    "COMMENT ON INDEX shop.orders_day IS 'quick'",
    "COMMENT ON CONSTRAINT orders_pkey ON shop.orders IS 'one each'",
    "COMMENT ON TYPE shop.mood IS 'how it is'",
    "COMMENT ON SCHEMA shop IS 'goods'",
    "COMMENT ON FUNCTION shop.touch() IS 'a hand'",
    "GRANT SELECT ON shop.orders TO PUBLIC",
    "GRANT UPDATE (day) ON shop.orders TO PUBLIC",
    "GRANT USAGE ON SCHEMA shop TO PUBLIC",
    "REVOKE EXECUTE ON FUNCTION shop.touch() FROM PUBLIC",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO PUBLIC",
    "ALTER PUBLICATION feed ADD TABLE shop.people",
    "DROP PUBLICATION feed",
    "CREATE TABLE shop.more (id int PRIMARY KEY, person int REFERENCES shop.people)",
    "DROP TABLE shop.more",
    "ALTER TABLE shop.people SET SCHEMA public",
    "DROP TABLE shop.people CASCADE",
    "DROP TABLE shop.orders CASCADE",
    "DROP SCHEMA shop CASCADE",
    "ALTER EXTENSION plpgsql ADD FUNCTION shop.touch()",
    "CREATE COLLATION shop.own FROM \"C\"",
    "ALTER TABLE shop.orders ADD word text COLLATE shop.own",
    "ALTER COLLATION shop.own RENAME TO its",
    "CREATE OPERATOR shop.## (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)",
    "CREATE CAST (text AS shop.mood) WITH INOUT",
    "INSERT INTO shop.orders VALUES (1, NULL, now(), 5)",
    "BEGIN; SAVEPOINT a; ALTER TABLE shop.orders ADD sub int; RELEASE a; COMMIT",
    "BEGIN; SAVEPOINT a; ALTER TABLE shop.orders ADD undone int; ROLLBACK TO a; COMMIT",
    "DO $$ BEGIN ALTER TABLE shop.orders ADD caught int; PERFORM 1/0;"
    " EXCEPTION WHEN division_by_zero THEN ALTER TABLE shop.orders ADD kept int; END $$",
    "VACUUM FULL pg_attribute",
    "VACUUM FREEZE",
    "ANALYZE",
]  # fmt: skip


def same_as_read_whole(introspector, session, known, said):
    refreshed = introspector.refresh(known)
    whole = take(session, ledger_schema="public")
    assert [d.sentence for d in diff(refreshed, whole)] == [], said
    assert refreshed == whole, said
    return refreshed


@pytest.fixture(scope="module")
def template(databases):
    """A database with the schema, to be copied."""
    made = databases.create()
    with made.connect() as connection:
        connection.execute(SCHEMA)
    yield made.name
    databases.drop(made.name)


@pytest.fixture
def at_work(databases, template):
    """A connection that changes things, and the session and introspector that watch."""
    made = databases.create(template)
    with (
        psycopg.connect(made.conninfo, autocommit=True) as connection,
        open_session(libpq(made.conninfo), SessionSettings()) as session,
    ):
        yield connection, session, Introspector(session, ledger_schema="public")
    databases.drop(made.name)


def tried(connection, statement):
    try:
        connection.execute(statement)
    except psycopg.Error:
        if connection.info.transaction_status != 0:
            connection.execute("ROLLBACK")


@pytest.mark.parametrize("statement", STATEMENTS)
def test_one_statement(at_work, statement):
    connection, session, introspector = at_work
    known = introspector.full()
    tried(connection, statement)
    same_as_read_whole(introspector, session, known, statement)


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(STATEMENTS), min_size=4, max_size=14), st.data())
def test_many_statements_in_any_order(databases, template, statements, data):
    made = databases.create(template)
    with (
        psycopg.connect(made.conninfo, autocommit=True) as connection,
        open_session(libpq(made.conninfo), SessionSettings()) as session,
    ):
        introspector = Introspector(session, ledger_schema="public")
        known = introspector.full()
        for statement in statements:
            tried(connection, statement)
            if data.draw(st.booleans()):
                known = same_as_read_whole(introspector, session, known, statements)
        same_as_read_whole(introspector, session, known, statements)
    databases.drop(made.name)


def test_a_role_renamed_is_seen(at_work):
    connection, session, introspector = at_work
    for role in ("refresh_role", "refresh_other"):
        tried(connection, f"DROP ROLE {role}")
    connection.execute("CREATE ROLE refresh_role; ALTER TABLE shop.orders OWNER TO refresh_role")
    known = introspector.full()
    connection.execute("ALTER ROLE refresh_role RENAME TO refresh_other")
    known = same_as_read_whole(introspector, session, known, "renamed")
    connection.execute("DROP OWNED BY refresh_other CASCADE; DROP ROLE refresh_other")
    same_as_read_whole(introspector, session, known, "dropped")


def test_what_was_not_over_at_the_earlier_moment_is_seen(at_work):
    connection, session, introspector = at_work
    with psycopg.connect(connection.info.dsn) as slow:
        slow.execute("CREATE TABLE shop.slow (id int)")
        known = introspector.full()
        slow.commit()
    after = same_as_read_whole(introspector, session, known, "committed")
    assert [d.sentence for d in diff(known, after)] == ["Table shop.slow appeared."]


def test_another_snapshot_than_the_last_is_no_beginning(at_work):
    connection, session, introspector = at_work
    known = introspector.full()
    other = take(session, ledger_schema="public")
    connection.execute("DROP VIEW shop.bigger")
    same_as_read_whole(introspector, session, other, "not the last one")
    same_as_read_whole(introspector, session, known, "an older one")


def test_nothing_changed_gives_the_very_same(at_work):
    connection, _, introspector = at_work
    known = introspector.full()
    tried(connection, "INSERT INTO shop.people DEFAULT VALUES")
    assert introspector.refresh(known) is known


def test_a_session_that_was_reset_is_no_obstacle(at_work):
    connection, session, introspector = at_work
    known = introspector.full()
    known = introspector.refresh(known)
    session.ask("DEALLOCATE ALL")
    connection.execute("DROP VIEW shop.bigger")
    same_as_read_whole(introspector, session, known, "reset")


def test_an_error_in_between_is_no_obstacle(at_work, monkeypatch):
    """The catalog is locked while it is read: after that, everything is read."""
    monkeypatch.setattr(introspect, "LOCK_TIMEOUT", 50)
    connection, session, introspector = at_work
    known = introspector.full()
    with psycopg.connect(connection.info.dsn) as other:
        other.execute("DROP VIEW shop.bigger; ALTER TABLE shop.people ADD locked int")
        connection.execute("ALTER TYPE shop.mood RENAME TO spirits")
        with pytest.raises(SnapshotUnknown):
            introspector.refresh(known)
        other.commit()
    same_as_read_whole(introspector, session, known, "after the lock")


def test_a_refresh_takes_few_round_trips(target, proxied):
    with (
        psycopg.connect(target, autocommit=True) as connection,
        proxied(target, delay=0.004) as (proxy, through),
        open_session(libpq(through), SessionSettings()) as session,
    ):
        connection.execute(SCHEMA)
        introspector = Introspector(session, ledger_schema="public")
        known = introspector.full()
        connection.execute("ALTER TABLE shop.orders ADD more int")
        proxy.reset()
        known = introspector.refresh(known)
        assert proxy.turns == 3
        connection.execute("DROP VIEW shop.bigger")
        proxy.reset()
        introspector.refresh(known)
        assert proxy.turns == 4
