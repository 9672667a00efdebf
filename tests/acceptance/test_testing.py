"""``ceremony.testing``: databases for other people's tests."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from psycopg.conninfo import make_conninfo

from ceremony.actions.built import cloned
from ceremony.errors import CeremonyError
from ceremony.testing import Templates
from tests.acceptance.door import ROOT
from tests.acceptance.test_concurrency import url
from tests.acceptance.world import TABLE, WHOLE, World
from tests.conftest import Database

PROJECT = {
    "conftest.py": 'pytest_plugins = ["ceremony.testing"]\n',
    "test_things.py": """\
import psycopg
import pytest
from django.db import connections
from psycopg.conninfo import conninfo_to_dict


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_every_test_has_a_database_of_its_own(migrated_database, turn):
    with psycopg.connect(migrated_database("mine")) as connection:
        connection.execute("INSERT INTO things VALUES (1, 'one')")
        assert connection.execute("SELECT count(*) FROM things").fetchone() == (1,)
        row = connection.execute(
            "SELECT event FROM ceremony_ledger WHERE version = '0001'"
        ).fetchone()
        assert row == ("applied",)


@pytest.fixture
def mine(migrated_database, settings, django_db_blocker):
    copy = conninfo_to_dict(migrated_database("mine"))
    connections["mine"].close()
    kept = connections["mine"].settings_dict["NAME"]
    connections["mine"].settings_dict["NAME"] = copy["dbname"]
    with django_db_blocker.unblock():
        yield connections["mine"]
    connections["mine"].close()
    connections["mine"].settings_dict["NAME"] = kept


def test_djangos_own_connection(mine):
    with mine.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM things")
        assert cursor.fetchone() == (0,)


def test_two_at_once(migrated_database):
    assert migrated_database("mine") != migrated_database("mine")
""",
}


def test_a_project_uses_the_fixtures(database: Database, tmp_path: Path) -> None:
    for name, text in PROJECT.items():
        (tmp_path / name).write_text(text)
    series = tmp_path / "sql" / "mine"
    series.mkdir(parents=True)
    for name, text in WHOLE.items():
        (series / name).write_text(text)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "DATABASE_URL": url(database),
        "CEREMONY_ROOT": str(series.parent),
        "CEREMONY_EXTRA_ALIASES": "mine",
        "MINE_DATABASE_URL": url(database),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]

    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout
    with database.connect() as connection:
        left = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'ceremony_scratch%'"
        ).fetchall()
        made = connection.execute("SELECT to_regclass('things')").fetchone()
    assert (left, made) == ([], (None,))


def test_the_series_that_it_depends_on_are_there(world: World) -> None:
    world.write(WHOLE)
    world.write(
        {
            "series.toml": 'database = "shop"\n',
            "0001_notes.sql": "-- Depends: shop:0001\nCREATE TABLE notes (thing int"
            " REFERENCES things);\n",
        },
        series="notes",
    )
    world.target()
    with ExitStack() as kept:
        template = Templates(kept).of("notes")
        with cloned(template) as copy, psycopg.connect(make_conninfo(**copy)) as connection:
            found = connection.execute("SELECT to_regclass('things'), to_regclass('notes')")
            assert found.fetchone() == ("things", "notes")


def test_a_migration_that_fails_is_told(world: World) -> None:
    world.write({**WHOLE, "0002_again.sql": TABLE})
    world.target()
    with ExitStack() as kept, pytest.raises(CeremonyError) as caught:
        Templates(kept).of("shop")
    assert str(caught.value.code) == "build-failed"
    assert caught.value.happened == (
        "shop 0002_again failed on the scratch database: Statement 1 of 1 "
        '(shop/0002_again.sql:1:1) failed: relation "things" already exists (42P07).'
    )
    assert caught.value.next_step == "manage.py rehearse_sql shop shows where"


def test_a_protected_server_is_no_place_for_tests(world: World) -> None:
    world.write(WHOLE)
    world.target()
    settings.CEREMONY = {**settings.CEREMONY, "TARGETS": {"shop": {"ENVIRONMENT": "production"}}}
    with ExitStack() as kept, pytest.raises(CeremonyError) as caught:
        Templates(kept).of("shop")
    assert caught.value.code == "build-protected"
    assert caught.value.happened == (
        "The home database of shop, shop, is protected (production); tests build their databases "
        "on a local server."
    )
