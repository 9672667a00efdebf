"""What a target looks like before a run, and how many rows stand in it: asked of a real server."""

import contextlib
import time

import psycopg
import pytest

from ceremony.core.after_run import LARGEST
from ceremony.core.sql.relations import Name
from ceremony.errors import Failed
from ceremony.pg.preflight import Questions, invalid_indexes, look
from ceremony.pg.row_counts import Counts, count_rows
from ceremony.pg.session import SessionSettings, open_session
from tests.pg.making import libpq

SCHEMA = """
CREATE SCHEMA auth;
CREATE TABLE auth.users (id int PRIMARY KEY);
CREATE TABLE filled (id int);
CREATE TABLE "Odd Name" (id int);
CREATE VIEW seen AS SELECT * FROM filled;
CREATE TYPE mood AS ENUM ('good');
CREATE FUNCTION calculate(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
INSERT INTO filled VALUES (1), (2);
"""


@pytest.fixture
def session(target):
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute(SCHEMA)
    with open_session(libpq(target), SessionSettings()) as opened:
        yield opened


@contextlib.contextmanager
def in_a_transaction(target, statement):
    """Another session that has done something and does not end."""
    with psycopg.connect(target, application_name="reporting") as other:
        other.execute(statement)
        yield other
        other.rollback()


def names(*written):
    return [Name(*one.split(".")) for one in written]


def test_objects_of_every_kind_are_found(session):
    wanted = names(
        "auth.users", "public.filled", "public.Odd Name", "public.seen", "public.mood",
        "public.calculate", "public.users", "auth.filled", "nowhere.filled",
    )  # fmt: skip
    assert look(session, Questions(required=wanted)).required == frozenset(range(6))


def test_tables_with_rows(session):
    clean = names("public.filled", "auth.users", "public.missing", "public.Odd Name", "public.seen")
    found = look(session, Questions(clean=clean))
    assert found.filled == {0, 4}
    assert found.unreadable == frozenset()


def test_extensions(session):
    found = look(session, Questions(extensions=["plpgsql", "btree_gist", "no_such_thing"]))
    assert "plpgsql" in found.extensions
    assert "btree_gist" not in found.extensions
    assert found.available <= {"plpgsql", "btree_gist"}
    assert "plpgsql" in found.available


def test_a_quiet_target(session):
    found = look(session, Questions(touched=names("public.filled")))
    assert (found.long, found.in_the_way, found.prepared, found.invalid) == ((), (), (), ())
    assert (found.replicas, found.unseen, found.free) == ((), 0, None)


def test_a_transaction_that_is_too_old(session, target):
    with in_a_transaction(target, "SELECT 1") as other:
        time.sleep(0.05)
        (one,) = look(session, Questions(long=20)).long
        assert (one.pid, one.application) == (other.info.backend_pid, "reporting")
        assert one.state == "idle in transaction"
        assert look(session, Questions(long=60_000)).long == ()


def test_a_session_in_the_way(session, target):
    with in_a_transaction(target, "LOCK TABLE filled IN ACCESS SHARE MODE") as other:
        time.sleep(0.05)
        touched = names("public.filled", "auth.users")
        (one,) = look(session, Questions(touched=touched, in_the_way=20)).in_the_way
        assert (one.pid, one.table) == (other.info.backend_pid, "public.filled")
        assert look(session, Questions(touched=touched, in_the_way=60_000)).in_the_way == ()
        assert look(session, Questions(touched=names("auth.users"), in_the_way=20)).in_the_way == ()


def test_our_own_transactions_are_not_in_the_way(session):
    assert look(session, Questions(long=0, in_the_way=0)).long == ()


def test_an_invalid_index(session, target):
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("INSERT INTO filled VALUES (1)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY broken ON filled (id)")
    assert look(session, Questions()).invalid == ("broken",)
    assert invalid_indexes(session) == ("broken",)


def test_the_free_disk_is_seen_over_a_socket_of_this_machine(session):
    free = look(session, Questions(disk=True)).free
    assert free is not None
    assert free > 0


def test_a_role_that_may_see_little_is_told_so(session, target, role):
    """Of sessions of other roles it sees that they are there; the data directory it does not."""
    with open_session({**libpq(target), "user": role}, SessionSettings()) as plain:
        found = look(plain, Questions(clean=names("public.filled", "auth.users"), disk=True))
    assert found.unseen >= 1
    assert found.unreadable == {0, 1}
    assert found.free is None


def test_it_takes_two_round_trips(session, monkeypatch):
    asked = []
    ask = session.ask
    monkeypatch.setattr(session, "ask", lambda *given: asked.append(given) or ask(*given))
    look(session, Questions(clean=names("public.filled"), touched=names("public.filled")))
    assert len(asked) == 2
    asked.clear()
    look(session, Questions())
    assert len(asked) == 1


def by_name(counts):
    return {counts.names[oid]: rows for oid, rows in counts.rows.items()}


def test_rows_are_counted(session, target):
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE parts (id int) PARTITION BY RANGE (id);"
            "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);"
            "INSERT INTO parts SELECT generate_series(0, 4);"
            "CREATE TABLE ceremony_ledger (id int)"
        )
    assert by_name(count_rows(session, "public", LARGEST)) == {
        "auth.users": 0,
        "public.Odd Name": 0,
        "public.filled": 2,
        "public.parts": 5,
    }


def test_what_is_too_large_is_left_out_and_said(session):
    found = count_rows(session, "public", 100)
    assert "public.filled" not in by_name(found)
    assert found.left_out == {"public.filled": "it has 0 MB"}


def test_what_may_not_be_read_is_left_out_and_said(session, target, role):
    with open_session({**libpq(target), "user": role}, SessionSettings()) as plain:
        found = count_rows(plain, "public", LARGEST)
    assert by_name(found) == {}
    assert set(found.left_out.values()) == {"the role may not read it"}


POLICY = """
GRANT SELECT ON filled TO {role};
ALTER TABLE filled ENABLE ROW LEVEL SECURITY;
"""


def test_what_row_level_security_hides_is_not_taken_for_nothing(session, target, role):
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute(POLICY.format(role=role))
    with open_session({**libpq(target), "user": role}, SessionSettings()) as plain:
        assert look(plain, Questions(clean=names("public.filled"))).unreadable == {0}
        found = count_rows(plain, "public", LARGEST)
    assert "public.filled" not in by_name(found)
    assert found.left_out["public.filled"] == "row-level security hides rows of it"


def test_a_table_that_became_a_partition_is_still_counted(session, target):
    before = count_rows(session, "public", LARGEST)
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE whole (id int) PARTITION BY RANGE (id);"
            "ALTER TABLE whole ATTACH PARTITION filled FOR VALUES FROM (0) TO (10)"
        )
    assert "public.filled" not in by_name(count_rows(session, "public", LARGEST))
    found = by_name(count_rows(session, "public", LARGEST, before.rows))
    assert (found["public.whole"], found["public.filled"]) == (2, 2)


def test_many_tables_are_counted_in_parts(session, target, monkeypatch):
    monkeypatch.setattr("ceremony.pg.row_counts.TOGETHER", 2)
    with psycopg.connect(target, autocommit=True) as connection:
        for number in range(5):
            connection.execute(f"CREATE TABLE many_{number} AS SELECT generate_series(1, {number})")
    found = by_name(count_rows(session, "public", LARGEST))
    assert [found[f"public.many_{number}"] for number in range(5)] == [0, 1, 2, 3, 4]
    assert found["public.filled"] == 2


def test_what_is_no_table_neither_stands_in_the_way_nor_stops_the_look(session, target):
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("CREATE INDEX an_index ON filled (id); CREATE TYPE pair AS (a int)")
    found = look(session, Questions(clean=names("public.an_index", "public.pair", "public.filled")))
    assert found.filled == {2}


def test_who_holds_a_table_is_told_where_its_rows_cannot_be(session, target):
    session.ask("SET lock_timeout = 50")
    with in_a_transaction(target, "LOCK TABLE filled") as other:
        time.sleep(0.05)
        asked = names("public.filled")
        found = look(session, Questions(clean=asked, touched=asked, in_the_way=20))
        assert [one.pid for one in found.in_the_way] == [other.info.backend_pid]
    assert found.filled == frozenset()
    assert found.unasked.endswith("[lock-timeout]")


def test_a_table_that_somebody_holds_for_himself(session):
    session.ask("SET lock_timeout = 50")
    with psycopg.connect(session.connection.info.dsn) as other:
        other.execute("LOCK TABLE filled")
        with pytest.raises(Failed) as error:
            count_rows(session, "public", LARGEST)
    assert error.value.code == "lock-timeout"


def test_an_empty_database(target):
    with open_session(libpq(target), SessionSettings()) as opened:
        assert count_rows(opened, "public", LARGEST) == Counts()
