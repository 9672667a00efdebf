"""Elsewhere: a stranger's folder and server, another control, dumps, data, and half-done files."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from ceremony.models import AuditEvent
from project.cluster import Cluster
from tests.acceptance.catalog import catalog
from tests.acceptance.door import ROOT, manage, shell
from tests.acceptance.test_concurrency import url
from tests.acceptance.world import CHECK, TABLE, WHOLE, World, point
from tests.conftest import Database, Databases
from tests.house.checkout import Checkout

ODD = """
CREATE TABLE "select" ("from" int, "Ünïcode ☃" text, "two words" int);
CREATE TABLE "With ""quotes"" and 'more'" (id int);
CREATE SCHEMA "Other Schema";
CREATE TABLE "Other Schema"."Table" (id int PRIMARY KEY);
CREATE FUNCTION "Other Schema"."do; it"() RETURNS int LANGUAGE sql
    AS $body$ SELECT 1; SELECT 2 -- ; not a statement
$body$;
"""
ODD_CHECK = '-- check: odd\n-- expect: no rows\nSELECT * FROM "With ""quotes"" and \'more\'";\n'
ODD_BACK = """
DROP SCHEMA "Other Schema" CASCADE;
DROP TABLE "With ""quotes"" and 'more'", "select";
"""


@pytest.fixture
def stranger() -> Iterator[Checkout]:
    """A machine on which nothing was set up: the control server is started by the command."""
    area = Path(tempfile.mkdtemp(prefix="c ", dir="/tmp"))
    area.chmod(0o711)
    made = Checkout(area)
    yield made
    made.end()
    shutil.rmtree(area)


def test_a_stranger_runs_a_folder_at_once(
    stranger: Checkout, database: Database, tmp_path: Path
) -> None:
    """No series.toml; the control database is on another server than the target."""
    folder = tmp_path / "my sql" / "mine"
    folder.mkdir(parents=True)
    (folder / "0001_odd.sql").write_text(ODD)
    (folder / "0001_odd.verify.sql").write_text(ODD_CHECK)
    stranger.environment = {
        "CEREMONY_ROOT": str(folder.parent),
        "CEREMONY_EXTRA_ALIASES": "mine",
        "MINE_DATABASE_URL": url(database),
    }

    answer = stranger.run("manage.py", "apply_sql", "mine", "--database", "mine")

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("✓ Applied 1 migration of mine on mine (local) in ")
    assert "The one check passed." in answer.stdout
    with database.connect() as connection:
        made = catalog(connection)
    assert any("do; it" in fact for fact in made)


def test_odd_identifiers_go_as_they_came(world: World) -> None:
    world.write(
        {"0001_o.sql": ODD, "0001_o.verify.sql": ODD_CHECK, "0001_o.rollback.sql": ODD_BACK}
    )
    world.target()
    empty = world.catalog()
    world.applied()
    assert world.catalog() != empty

    world.rolled_back()

    assert world.catalog() == empty


def test_control_database_without_its_tables(world: World, databases: Databases, golden) -> None:
    empty = databases.create()
    world.write(WHOLE)

    answer = shell(
        "apply_sql",
        "shop",
        DATABASE_URL=url(empty),
        CEREMONY_ROOT=str(world.root),
        CEREMONY_EXTRA_ALIASES="shop",
        SHOP_DATABASE_URL=url(world.target()),
    )

    databases.drop(empty.name)
    golden("elsewhere/control-not-migrated", answer.told())
    assert world.ledger() == ()


def test_a_second_control_is_refused_until_it_takes_over(
    world: World, databases: Databases, control_template: str, golden
) -> None:
    world.write(WHOLE)
    world.target()
    world.applied()
    world.write({"0002_more.sql": "CREATE TABLE more (id int);\n"})
    before = world.catalog(), world.ledger()
    other = databases.create(control_template)
    connection.close()
    connection.settings_dict["NAME"] = other.name
    point("default", NAME=other.name)

    refused = world.apply()
    unchanged = (world.catalog(), world.ledger()) == before
    adopted = manage("reconcile_sql", "--database", "shop", "--adopt", "the old control burnt")
    applied = world.apply()
    status = manage("status_sql", "shop")

    events = AuditEvent.objects.filter(payload__contains="the old control burnt")
    actions = [event.action for event in events]
    connection.close()
    databases.drop(other.name)
    told = refused.told() + adopted.told()
    golden("elsewhere/second-control", _without_uuids(told))
    assert unchanged
    assert (refused.status, adopted.status, applied.status, status.status) == (3, 0, 0, 0)
    assert "[ledger-other-control]" in refused.err
    assert world.applied_versions() == ["0001", "0002"]
    assert "target adopted" in actions


def _without_uuids(text: str) -> str:
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<control>", text)


def test_a_dump_is_a_migration(world: World, database: Database, server: Cluster) -> None:
    """pg_dump's whole text: its preamble, \\restrict, COPY data, sequences; the same schema."""
    with database.connect() as source:
        for file in sorted((ROOT / "migrations_sql" / "listings").glob("00[0-4]_*schema.sql")):
            source.execute(file.read_bytes())
        source.execute(
            "INSERT INTO listings (seller_sku, title) VALUES ('a', E'tab\\tback\\\\slash\\nline'),"
            " ('b', E'\\\\.'), ('ü', '')"
        )
        wanted = catalog(source, ("settings", "listings"))
    dump = [str(server.bindir / "pg_dump"), f"--dbname={database.conninfo}"]
    text = subprocess.run(dump, capture_output=True, check=True).stdout
    assert b"COPY public.listings" in text
    world.write({"0001_dump.sql": text})
    world.target()

    world.applied()

    assert world.catalog(tables=("settings", "listings")) == wanted


DATA = (
    f"{TABLE}COPY things (id, name) FROM STDIN;\n1\tone\n2\ttwo; -- not a comment\n"
    "3\tü\\tä\\\\\n\\.\nINSERT INTO things VALUES (4, 'four');\n"
)


def test_inline_data(world: World) -> None:
    world.write({"0001_things.sql": DATA, "0001_things.verify.sql": CHECK})
    world.target()

    world.applied()

    assert world.ask("SELECT * FROM things ORDER BY 1") == [
        (1, "one"),
        (2, "two; -- not a comment"),
        (3, "ü\tä\\"),
        (4, "four"),
    ]


def test_inline_data_that_fails_names_its_line(world: World, golden) -> None:
    world.write({"0001_things.sql": DATA.replace("2\ttwo", "two\t2")})
    world.target()

    answer = world.apply()

    golden("elsewhere/copy-fails", answer.told())
    assert answer.status == 1
    assert world.ask("SELECT to_regclass('things')") == [(None,)]


STEPWISE = """-- Transaction: none
CREATE TABLE goods (id int, name text);
INSERT INTO goods VALUES (1, 'twice'), (2, 'twice');
CREATE UNIQUE INDEX CONCURRENTLY goods_name ON goods (name);
CREATE INDEX CONCURRENTLY goods_id ON goods (id);
"""


def test_half_done_file_is_taken_up_where_it_stopped(world: World, golden) -> None:
    world.write({"0001_goods.sql": STEPWISE})
    world.target()

    failed = world.apply()
    status = manage("status_sql", "shop")
    world.write({"0001_goods.sql": STEPWISE + "SELECT 1;\n"})
    edited = world.apply()
    world.write({"0001_goods.sql": STEPWISE})
    world.ask("DROP INDEX CONCURRENTLY goods_name")
    world.ask("DELETE FROM goods WHERE id = 2")
    done = world.apply("-v", "2")

    golden("elsewhere/half-done", failed.told() + status.told() + edited.told() + done.told())
    assert (failed.status, edited.status, done.status) == (6, 5, 0)
    assert world.ask("SELECT * FROM goods") == [(1, "twice")]
    valid = "SELECT bool_and(indisvalid), count(*) FROM pg_index WHERE indrelid = 'goods'::regclass"
    assert world.ask(valid) == [(True, 2)]
    assert world.applied().out.startswith("✓ Up to date")


def test_half_done_file_gets_more_time_and_goes_on(world: World) -> None:
    steps = "CREATE TABLE goods AS SELECT 1 AS id;\nSELECT pg_sleep(0.5);\nVACUUM goods;\n"
    header = "-- Transaction: none\n-- Timeout: statement "
    world.write({"0001_goods.sql": f"{header}200ms\n{steps}"})
    world.target()
    failed = world.apply()
    world.write({"0001_goods.sql": f"{header}10s\n{steps}"})

    done = world.apply()

    assert (failed.status, done.status) == (6, 0)
    assert world.ask("SELECT * FROM goods") == [(1,)]


def test_half_done_file_is_not_verified_and_not_to_be_edited(world: World) -> None:
    world.write({"0001_goods.sql": "-- Transaction: none\nSELECT 1;\nVACUUM goods;\n"})
    world.target()

    failed = world.apply()
    verified = manage("verify_sql", "shop")

    assert (failed.status, verified.status) == (6, 6)
    assert failed.err.endswith(
        "State  Of the 2 statements of shop/0001_goods these are in: 1.\n"
        "Next   Leave the file as it is, make statement 2 possible, then: manage.py apply_sql shop"
        "   Or take back what is in with rollback_sql, correct the file, and apply it again.\n"
    )
    assert verified.out.startswith("◐ PARTIAL  shop on shop (local). ")
    assert "[ledger-partly-applied]" in verified.err


def test_ledger_without_its_guard_is_not_verified(world: World) -> None:
    world.write({"0001_goods.sql": "CREATE TABLE goods (id int);\n"})
    world.target()
    world.applied()
    world.ask("ALTER TABLE ceremony_ledger DISABLE TRIGGER ALL")

    verified = manage("verify_sql", "shop")

    assert verified.status == 5
    assert verified.err.startswith(
        '✕ The ledger "public"."ceremony_ledger" is not protected as it was made: '
    )
    assert "State  Nothing was changed.\n" in verified.err
    assert verified.err.endswith("; then: manage.py verify_sql shop\n")
