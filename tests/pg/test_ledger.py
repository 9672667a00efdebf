"""The ledger: append-only, chained, made with its first row or not at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from ceremony.core.chain import GENESIS
from ceremony.core.ledger_hash import row_hash
from ceremony.core.ledger_row import Event
from ceremony.errors import Failed, Refused
from ceremony.pg import ledger as module
from ceremony.pg.ledger import Facts, Ledger
from ceremony.pg.session import SessionSettings, open_session
from tests.pg.making import CONTEXT, OPENED, libpq


@pytest.fixture
def session(target):
    with open_session(libpq(target), SessionSettings()) as opened:
        yield opened


@pytest.fixture
def ledger(session):
    made = Ledger(session)
    made.create(OPENED, CONTEXT)
    return made


def test_it_is_made_with_its_first_row(session):
    ledger = Ledger(session)
    assert not ledger.exists()
    row = ledger.create(OPENED, CONTEXT)
    assert ledger.exists()
    assert ledger.rows() == (row,)
    assert (row.sequence, row.event, row.previous_hash) == (1, Event.OPENED, GENESIS)
    assert row.detail == (
        '{"control":"control-1","environment":"local","format":1,'
        '"ledger":"00000000-0000-0000-0000-000000000001"}'
    )
    assert (row.audit_sequence, row.audit_hash) == (7, "a" * 64)


@pytest.mark.parametrize("schema", ["public", "it's %s odd"])
def test_default_privileges_let_nobody_else_write(session, target, schema):
    roles = session.ask("SELECT 'app_' || current_database(), current_database()")[0]
    app = roles[0]
    with psycopg.connect(target, autocommit=True) as other:
        other.execute(f'CREATE ROLE "{app}"')
        other.execute(f'ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO "{app}", PUBLIC')
        try:
            Ledger(session, schema).create(OPENED, CONTEXT)
            table = f'"{schema}".ceremony_ledger'.replace("%", "%%")
            rights = other.execute(
                "SELECT grantee::regrole::text, privilege_type FROM pg_class, aclexplode(relacl) "
                f"WHERE oid = '{table.replace(chr(39), chr(39) * 2)}'::regclass "
                "AND grantee <> relowner",
                (),
            ).fetchall()
        finally:
            other.execute(f'DROP OWNED BY "{app}"')
            other.execute(f'DROP ROLE "{app}"')
    assert {right for _, right in rights} <= {"SELECT", "MAINTAIN"}
    assert (app, "SELECT") in rights


def test_rows_read_back_are_the_rows_written(ledger):
    tokyo = timezone(timedelta(hours=9))
    context = replace(
        CONTEXT, recorded_by="Zoë 'x\\", clock=lambda: datetime(2026, 1, 17, 9, 0, 0, 123456, tokyo)
    )
    written = ledger.append(
        Facts(Event.APPLIED, "shop", "0013_5", 'na"me', "sha256:1", "meaning1:2"), context
    )
    read = ledger.rows()[-1]
    assert read == replace(written, recorded_at=written.recorded_at.astimezone(UTC))
    assert row_hash(read) == read.hash


def test_each_row_follows_the_one_before(ledger):
    for _ in range(5):
        ledger.append(Facts(Event.HALTED), CONTEXT)
    rows = ledger.rows()
    assert [row.sequence for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row.previous_hash for row in rows[1:]] == [row.hash for row in rows[:-1]]


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("UPDATE {} SET recorded_by = 'me'", "UPDATE"),
        ("DELETE FROM {}", "DELETE"),
        ("DELETE FROM {} WHERE false", "DELETE"),
        ("TRUNCATE {}", "TRUNCATE"),
        ("SET session_replication_role = replica; DELETE FROM {}", "DELETE"),
        (
            "INSERT INTO {0} SELECT * FROM {0} ON CONFLICT (sequence) DO UPDATE SET series = 'x'",
            "UPDATE",
        ),
    ],
)
def test_it_takes_new_rows_only(ledger, target, text, operation):
    with (
        psycopg.connect(target) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege) as caught,
    ):
        connection.execute(text.format("public.ceremony_ledger"))
    assert caught.value.diag.message_primary == (
        f"The ledger public.ceremony_ledger is append-only: {operation} is refused."
    )
    assert caught.value.diag.message_hint == (
        "A correction is a new row. Ask for it with the commands of ceremony."
    )


def test_two_writers_cannot_both_continue(target, ledger):
    with open_session(libpq(target), SessionSettings()) as other_session:
        other = Ledger(other_session)
        assert other.head == ledger.head
        ledger.append(Facts(Event.HALTED), CONTEXT)
        with pytest.raises(Failed) as caught:
            other.append(Facts(Event.HALTED), CONTEXT)
        assert caught.value.code == "ledger-moved"
        assert caught.value.happened == (
            'Row 2 of "public"."ceremony_ledger" was written by somebody else meanwhile.'
        )
        assert other.append(Facts(Event.RESUMED), CONTEXT).sequence == 3


def test_a_schema_of_its_own_with_a_strange_name(session):
    ledger = Ledger(session, 'odd "one"; --')
    assert not ledger.exists()
    ledger.create(OPENED, CONTEXT)
    assert ledger.exists()
    assert ledger.table == '"odd ""one""; --"."ceremony_ledger"'
    assert len(ledger.rows()) == 1


def test_a_temporary_table_does_not_stand_in_its_place(session, ledger):
    session.ask("CREATE TEMP TABLE ceremony_ledger (x int)")
    assert ledger.append(Facts(Event.HALTED), CONTEXT).sequence == 2
    assert len(ledger.rows()) == 2


def weak(target, *grants):
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS weak_one")
        connection.execute("CREATE ROLE weak_one LOGIN")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM public")
        for grant in grants:
            connection.execute(grant)
    return libpq(make_conninfo(target, user="weak_one"))


def test_the_right_to_create_a_table_is_enough(target):
    parameters = weak(target, "GRANT CREATE ON SCHEMA public TO weak_one")
    with open_session(parameters, SessionSettings()) as session:
        ledger = Ledger(session)
        ledger.create(OPENED, CONTEXT)
        assert ledger.append(Facts(Event.HALTED), CONTEXT).sequence == 2


def test_without_it_the_grant_is_named(target):
    with open_session(weak(target), SessionSettings()) as session:
        ledger = Ledger(session)
        with pytest.raises(Failed) as caught:
            ledger.create(OPENED, CONTEXT)
        assert not ledger.exists()
    assert str(caught.value) == (
        'The ledger table could not be written to "public"."ceremony_ledger" as "weak_one": '
        "permission denied for schema public (42501). [permission-denied]\n"
        "Nothing was changed: the ledger is created as a whole or not at all.\n"
        'Next: GRANT USAGE, CREATE ON SCHEMA "public" TO "weak_one"; then: run the same command '
        "again"
    )


def test_another_format_is_refused(target, session):
    session.ask("CREATE TABLE ceremony_ledger (id int)")
    with pytest.raises(Refused) as caught:
        Ledger(session).rows()
    assert caught.value.code == "ledger-version"
    assert caught.value.happened == (
        '"public"."ceremony_ledger" has other columns; this version of ceremony reads and writes '
        "format 1."
    )


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("event", "merged", "has rows of the event 'merged'"),
        ("event", "applied", "says it has format None"),
        ("detail", "[]", "says it has format None"),
        ("detail", "format 1", "says it has format None"),
    ],
)
def test_rows_of_another_hand_are_refused(session, ledger, column, value, said):
    number = 2 if value == "merged" else 1
    ledger.append(Facts(Event.APPLIED, "shop", "0001", "x"), CONTEXT)
    session.ask("ALTER TABLE ceremony_ledger DISABLE TRIGGER ALL")
    session.ask(f"UPDATE ceremony_ledger SET {column} = %s WHERE sequence = %s", (value, number))
    with pytest.raises(Refused) as caught:
        ledger.rows()
    assert caught.value.happened == (
        f'"public"."ceremony_ledger" {said}; this version of ceremony reads and writes format 1.'
    )


def test_whether_a_row_is_in_can_be_asked_in_any_schema(session):
    ledger = Ledger(session, 'per%cent "s"')
    row = ledger.create(OPENED, CONTEXT)
    assert ledger.contains(row)
    assert not ledger.contains(replace(row, hash="0" * 64))


def test_a_newer_format_is_refused(session, monkeypatch):
    monkeypatch.setattr(module, "FORMAT", 2)
    Ledger(session).create(OPENED, CONTEXT)
    monkeypatch.setattr(module, "FORMAT", 1)
    with pytest.raises(Refused) as caught:
        Ledger(session).rows()
    assert caught.value.happened == (
        '"public"."ceremony_ledger" says it has format 2; this version of ceremony reads and '
        "writes format 1."
    )


def test_a_view_of_that_name_is_refused(session):
    session.ask("CREATE VIEW ceremony_ledger AS SELECT 1")
    with pytest.raises(Refused, match="is no ordinary table"):
        Ledger(session).exists()


def test_several_rows_are_written_together(ledger):
    facts = [Facts(Event.BASELINED, "shop", f"000{n}", "x") for n in (1, 2, 3)]
    written = ledger.append_all(facts, CONTEXT)
    assert [row.version for row in ledger.rows()[1:]] == ["0001", "0002", "0003"]
    assert [row.hash for row in ledger.rows()[1:]] == [row.hash for row in written]
    assert ledger.append(Facts(Event.HALTED), CONTEXT).previous_hash == written[-1].hash


def test_of_several_rows_none_is_in_when_one_is_refused(target, ledger):
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute(
            "ALTER TABLE ceremony_ledger ADD CONSTRAINT no_third CHECK (sequence <> 3)"
        )
    facts = [Facts(Event.BASELINED, "shop", f"000{n}", "x") for n in (1, 2, 3)]
    with pytest.raises(Failed):
        ledger.append_all(facts, CONTEXT)
    assert [row.sequence for row in ledger.rows()] == [1]
    assert ledger.append(Facts(Event.HALTED), CONTEXT).sequence == 2
