"""A baseline's file against a real server: it builds what it was written from, and only once."""

import subprocess
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from ceremony.core.baseline import BaselineFacts, Taste, write_baseline
from ceremony.core.catalog import Snapshot, diff
from ceremony.core.finding import errors
from ceremony.core.sql import parse_script
from ceremony.core.verify_file import parse_verify
from ceremony.pg.introspect import take
from ceremony.pg.schema_dump import dump_schema
from ceremony.pg.session import SessionSettings, open_session
from tests.pg.making import libpq

RICH = Path(__file__).parent / "baseline" / "rich.sql"


def snapshot(database) -> Snapshot:
    with open_session(conninfo_to_dict(database.conninfo), SessionSettings()) as session:
        return take(session, ledger_schema="public")


def written(server, database):
    parameters = conninfo_to_dict(database.conninfo)
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


def test_a_rich_schema_is_built_again_and_only_once(server, databases, database, tmp_path):
    with database.connect() as connection:
        connection.execute(RICH.read_text())
    live = snapshot(database)
    files = written(server, database)
    Path("/tmp/h_baseline.sql").write_text(files.change)
    fresh = databases.create()
    run(fresh, files.change)
    built = snapshot(fresh)
    print(diff(live, built))
    assert [d.sentence for d in diff(live, built)] == []
    run(fresh, files.change)
    assert [d.sentence for d in diff(built, snapshot(fresh))] == []
    run(database, files.change)
    assert [d.sentence for d in diff(live, snapshot(database))] == []
