"""Baselines written from schemas that were made otherwise: the five series, and a rich one."""

import json
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from tests.acceptance.door import ROOT, manage
from tests.acceptance.world import World, point
from tests.conftest import Database

RICH = ROOT / "tests" / "pg" / "baseline" / "rich.sql"
RESPELLED = "fsm_events_created_by_check"
"""A constraint that PostgreSQL itself writes otherwise once it is restored from a dump."""

FIVE = ["calendar", "content", "listings", "outbox", "rebalancing"]


def begin(world: World) -> None:
    """The series ``copy``, without a file."""
    world.write({"series.toml": 'title = "Copy"\nnumbering = "sequence"\n'}, "copy")


def written(world: World, *flags: str) -> Path:
    answer = manage("baseline_sql", "copy", "base", *flags)
    assert answer.status == 0, answer.told()
    return world.root / "copy" / "0001_base.sql"


@pytest.mark.parametrize("series", FIVE)
def test_the_schema_of_every_series_can_be_taken_over(series: str, world: World) -> None:
    world.target(series)
    shipped = {**settings.CEREMONY, "ROOT": ROOT / "migrations_sql"}
    own = settings.CEREMONY
    settings.CEREMONY = shipped
    world.applied(series=series)
    settings.CEREMONY = own
    begin(world)
    before = world.catalog(series)

    path = written(world, "--database", series)

    assert world.catalog(series) == before
    world.target("copy")
    assert manage("apply_sql", "copy", "--database", "copy").status == 0
    differing = set(world.catalog("copy")) ^ set(before)
    assert all(RESPELLED in fact for fact in differing)
    assert path.read_text().startswith("-- Purpose: the schema of Copy as it is, ")


def test_a_difference_of_spelling_is_told_and_is_none(world: World) -> None:
    world.target("copy")
    world.ask("CREATE TABLE t (a varchar(9) CHECK (a IN ('x', 'y')))", "copy")
    begin(world)
    answer = manage("baseline_sql", "copy", "base", "--format", "json")
    report = json.loads(answer.out)["reports"][0]
    assert (answer.status, report["proof"]["holds"]) == (0, True)
    assert [one["name"] for one in report["proof"]["respelled"]] == ["public.t.t_a_check"]
    assert [one["code"] for one in report["findings"]] == ["baseline-respelled"]


def test_another_meaning_is_no_spelling(world: World) -> None:
    world.target("copy")
    world.ask("CREATE TABLE t (a varchar(9) CHECK (a IN ('x', 'y')))", "copy")
    begin(world)
    assert manage("baseline_sql", "copy", "base", "--check").status == 0
    path = world.root / "copy" / "0001_base.sql"
    path.write_text(path.read_text().replace("'y'", "'z'"))
    answer = manage("baseline_sql", "copy", "base")
    assert answer.status == 3
    assert "Constraint public.t.t_a_check: definition is" in answer.err


def test_what_drift_leaves_out_is_left_out(world: World) -> None:
    world.target("copy")
    world.ask(
        "CREATE TABLE events (id int, at date NOT NULL, PRIMARY KEY (id, at))"
        " PARTITION BY RANGE (at); CREATE INDEX events_at ON events (at);"
        "CREATE TABLE events_p1 PARTITION OF events"
        " FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
        "COMMENT ON TABLE events_p1 IS 'made by a job'; GRANT SELECT ON events_p1 TO PUBLIC",
        "copy",
    )
    begin(world)
    ignore = '[drift]\nignore = ["table public.events_p*"]\n'
    settled = world.path("series.toml", "copy")
    settled.write_text(settled.read_text() + ignore)
    path = written(world)
    assert "events_p1" not in path.read_text()
    assert "public.events_at" not in path.read_text()
    assert "CREATE INDEX IF NOT EXISTS events_at ON ONLY public.events" in path.read_text()
    world.ask("DROP TABLE events_p1", "copy")
    assert manage("verify_sql", "copy", "--drift").status == 0


def test_control_in_the_same_database_can_be_left_out(world: World, control: Database) -> None:
    with control.connect() as connection:
        connection.execute("CREATE TABLE customers (id int PRIMARY KEY)")
    begin(world)
    ours = ["auth_*", "ceremony_*", "django_*"]
    ignore = f"[drift]\nignore = {json.dumps([f'public.{one}' for one in ours])}\n"
    settled = world.path("series.toml", "copy")
    settled.write_text(settled.read_text() + ignore)
    text = written(world, "--database", "default").read_text()
    assert "CREATE TABLE IF NOT EXISTS public.customers" in text
    assert text.count("CREATE TABLE") == 1
    assert "ceremony_" not in text


def test_what_a_dump_would_lose_is_a_difference(world: World) -> None:
    world.target("copy")
    world.ask("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (1)", "copy")
    with pytest.raises(psycopg.errors.UniqueViolation):
        world.ask("CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)", "copy")
    begin(world)
    answer = manage("baseline_sql", "copy", "base")
    assert answer.status == 3
    assert "Index public.t_a is in the database, and the file does not build it." in answer.err


def test_a_role_that_may_not_give_to_others_is_told_of_the_way_out(world: World) -> None:
    target = world.target("copy")
    world.ask("CREATE TABLE t (a int)", "copy")
    role = f"role_of_{target.name}"
    world.ask(f"CREATE ROLE {role} LOGIN CREATEDB; GRANT SELECT ON t TO {role}", "copy")
    world.ask(f"GRANT CREATE ON SCHEMA public TO {role}", "copy")
    point("copy", USER=role)
    begin(world)
    answer = manage("baseline_sql", "copy", "base")
    assert answer.status == 3
    assert "(42501).  [baseline-build-failed]" in answer.err
    assert answer.err.endswith(
        "Next   Use a role that may do that; or leave owners and grants out: delete "
        "copy/0001_base.sql with its checks, then run the same command with --without-rights.\n"
    )
    for path in (world.root / "copy").glob("0001_base.*"):
        path.unlink()
    assert manage("baseline_sql", "copy", "base", "--without-rights").status == 0


def test_a_file_that_was_lost_comes_back_only_as_it_was(world: World) -> None:
    world.target("copy")
    world.ask("CREATE TABLE t (a int)", "copy")
    begin(world)
    folder = written(world).parent
    for path in folder.glob("0001_base.*"):
        path.unlink()
    again = manage("baseline_sql", "copy", "base")
    assert again.status == 0
    assert "Wrote  sql/copy/0001_base.sql\n" in again.out
    for path in folder.glob("0001_base.*"):
        path.unlink()
    world.ask("ALTER TABLE t ADD COLUMN b int", "copy")
    other = manage("baseline_sql", "copy", "base")
    assert other.status == 5
    assert "[ledger-digest-mismatch]" in other.err
    assert [path.name for path in folder.iterdir()] == ["series.toml"]


def test_a_rich_schema_is_taken_over(world: World) -> None:
    world.target("copy")
    world.ask(RICH.read_text(), "copy")
    begin(world)
    written(world)
    answer = manage("check_sql", "copy", "--format", "json")
    assert answer.status == 0
    found = json.loads(answer.out)["reports"][0]["findings"]
    # What is told of the schema is true of it; nothing is told of how the file is written.
    assert {one["code"] for one in found} == {
        "lint-dangerous-statement",
        "lint-foreign-key-on-delete",
    }
