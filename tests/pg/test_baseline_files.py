"""A baseline's file against a real server: it builds what it was written from, and only once."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ceremony.core.baseline import BaselineFacts, Taste, write_baseline
from ceremony.core.catalog import Snapshot, diff
from ceremony.core.finding import errors
from ceremony.core.sql import parse_script
from ceremony.core.verify_file import parse_verify
from ceremony.pg.introspect import take
from ceremony.pg.names import quoted
from ceremony.pg.schema_dump import dump_schema
from ceremony.pg.session import SessionSettings, open_session
from tests.pg.making import libpq

RICH = Path(__file__).parent / "baseline" / "rich.sql"


def snapshot(database) -> Snapshot:
    with open_session(libpq(database.conninfo), SessionSettings()) as session:
        return take(session, ledger_schema="public")


def written(server, database):
    parameters = libpq(database.conninfo)
    with open_session(parameters, SessionSettings()) as session:
        identity = session.identity
    dump = dump_schema(
        parameters, pg_bin=str(server.bindir), server_version=identity.server_version
    )
    live = snapshot(database)
    views = [o for o in live.objects.values() if o.structure.get("populated") == "no"]
    taste = Taste(identity.current_user, unfilled=frozenset(view.key.name for view in views))
    return write_baseline(dump, BaselineFacts("shop", "0000-0029", "PostgreSQL 18"), taste)


def script_of(text: str):
    script, findings = parse_script("shop/0030_base.sql", text, text.encode(), transactional=True)
    assert errors(findings) == ()
    assert script is not None
    return script


def run(database, text: str) -> None:
    """As the executor sends it: statement by statement in one transaction."""
    with database.connect() as connection, connection.transaction():
        for statement in script_of(text).sent:
            connection.execute(statement.text)


def rebuilt(server, databases, database) -> None:
    """The file builds what it was written from; twice is once; and it changes nothing there."""
    live = snapshot(database)
    files = written(server, database)
    fresh = databases.create()
    try:
        run(fresh, files.change)
        built = snapshot(fresh)
        assert [d.sentence for d in diff(live, built)] == []
        assert (live.digest, live.rights_digest) == (built.digest, built.rights_digest)
        run(fresh, files.change)
        assert [d.sentence for d in diff(built, snapshot(fresh))] == []
        run(database, files.change)
        assert [d.sentence for d in diff(live, snapshot(database))] == []
        checks, findings = parse_verify("shop/0030_base.verify.sql", files.checks)
        assert (len(checks), findings) == (1, ())
        with fresh.connect() as connection:
            assert connection.execute(checks[0].question.text).fetchall() == []
    finally:
        databases.drop(fresh.name)


def test_a_rich_schema_is_built_again_and_only_once(server, databases, database):
    with database.connect() as connection:
        connection.execute(RICH.read_text())
    rebuilt(server, databases, database)


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cf", "Zl", "Zp", "Co", "Cn")),
    min_size=1,
    max_size=12,
)
COLUMNS = st.sampled_from(
    [
        "bigint GENERATED ALWAYS AS IDENTITY",
        "bigserial",
        "text NOT NULL DEFAULT 'it''s; $guard$ -- x'",
        "numeric(10, 2) DEFAULT (1 + 2) * 3 CHECK ({0} > 0)",
        "timestamptz DEFAULT now()",
        "integer[] DEFAULT ARRAY[1, 2]",
        "jsonb DEFAULT '{{\"a\": [1, 2]}}'",
        'text COLLATE "C" UNIQUE',
    ]
)
TABLES = st.lists(
    st.tuples(NAMES, st.lists(st.tuples(NAMES, COLUMNS), max_size=4, unique_by=lambda c: c[0])),
    min_size=1,
    max_size=5,
    unique_by=lambda table: table[0],
)
LINKS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=6)


@settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(tables=TABLES, links=LINKS)
def test_tables_with_any_names_and_links_are_built_again(server, databases, tables, links):
    database = databases.create()
    try:
        with database.connect() as connection:
            for statement in creation(tables, links):
                connection.execute(statement)
        rebuilt(server, databases, database)
    finally:
        databases.drop(database.name)


def creation(tables, links):
    """Each table with a key of its own, and foreign keys between them, in circles too."""
    for name, columns in tables:
        made = [f"{quoted(one)} {kind.format(quoted(one))}" for one, kind in columns if one != "k"]
        yield f"CREATE TABLE {quoted(name)} ({', '.join(['k bigint PRIMARY KEY', *made])})"
    for number, (one, other) in enumerate(links):
        if max(one, other) < len(tables):
            owner, found = tables[one][0], tables[other][0]
            column = f"l{number}"
            if column not in dict(tables[one][1]):
                yield f"ALTER TABLE {quoted(owner)} ADD {column} bigint REFERENCES {quoted(found)}"


def test_a_name_with_a_line_break_cannot_leave_its_comment(server, databases, database):
    name = quoted("a\nDROP TABLE victim; --")
    with database.connect() as connection:
        connection.execute(f"CREATE TABLE victim (id int); CREATE TABLE {name} (id int)")
    text = written(server, database).change
    assert [s.kind for s in script_of(text).sent] == [
        "variable_set_stmt", "create_stmt", "create_stmt",
    ]  # fmt: skip


def test_the_ledger_and_secrets_stay_out(server, database):
    with database.connect() as connection:
        connection.execute(
            "CREATE TABLE kept (id int);"
            "CREATE TABLE ceremony_ledger (sequence bigint PRIMARY KEY);"
            "CREATE FUNCTION ceremony_ledger_refuse() RETURNS trigger LANGUAGE plpgsql"
            " AS 'BEGIN RETURN NULL; END';"
            "CREATE TRIGGER no BEFORE DELETE ON ceremony_ledger FOR EACH STATEMENT"
            " EXECUTE FUNCTION ceremony_ledger_refuse();"
            "CREATE FOREIGN DATA WRAPPER wire; CREATE SERVER far FOREIGN DATA WRAPPER wire;"
            "CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (password 'hunter2')"
        )
    text = written(server, database).change
    assert "kept" in text
    assert "ceremony_ledger" not in text
    assert "hunter2" not in text


def test_a_schema_public_that_was_made_anew_keeps_its_owner(server, databases, database):
    with database.connect() as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        connection.execute("CREATE TABLE public.t (id int)")
    rebuilt(server, databases, database)


def test_a_database_without_schema_public(server, databases, database):
    with database.connect() as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA app; CREATE TABLE app.t ()")
    live = snapshot(database)
    text = written(server, database).change
    fresh = databases.create()
    run(fresh, text)
    assert [d.sentence for d in diff(live, snapshot(fresh))] == ["Schema public appeared."]
    databases.drop(fresh.name)


NEW_IN_18 = """
CREATE TABLE t (
    id int4range, span tstzrange, a int, CONSTRAINT a_there NOT NULL a NO INHERIT,
    twice int GENERATED ALWAYS AS (a * 2) VIRTUAL,
    CONSTRAINT loose CHECK (a > 0) NOT ENFORCED,
    PRIMARY KEY (id, span WITHOUT OVERLAPS)
);
CREATE TABLE u (
    id int4range, span tstzrange,
    CONSTRAINT within FOREIGN KEY (id, PERIOD span) REFERENCES t (id, PERIOD span),
    CONSTRAINT weak FOREIGN KEY (id, PERIOD span) REFERENCES t (id, PERIOD span) NOT ENFORCED
);
ALTER TABLE u ADD CONSTRAINT id_there NOT NULL id NOT VALID;
"""


def test_what_is_new_in_18_is_built_again(server, databases, database):
    """Older servers build what they know of it."""
    with database.connect() as connection:
        connection.execute(NEW_IN_18 if server.version >= 18 else "CREATE TABLE t (id int)")
    rebuilt(server, databases, database)
