"""``rehearse_sql``: the five series, every verdict on a way back, whole answers."""

import re

import pytest
from django.conf import settings

from ceremony.models import Attempt, AuditEvent, Rehearsal, Run
from tests.acceptance.door import ROOT, manage
from tests.acceptance.rehearsing import (
    SEVENTY,
    USERS,
    Golden,
    rehearsed,
    scratch_databases,
    verdicts,
    without_times,
)
from tests.acceptance.world import World, point


@pytest.fixture
def golden(golden: Golden) -> Golden:
    return without_times(golden)


@pytest.mark.parametrize("series", ["rebalancing", "listings", "outbox", "calendar", "content"])
def test_the_five_series_rehearse_clean(series: str, world: World) -> None:
    settings.CEREMONY = {**settings.CEREMONY, "ROOT": ROOT / "migrations_sql"}

    answer, certificate = rehearsed(world, series=series)

    assert answer.status == 0, answer.told()
    assert certificate["findings"] == []
    for one in certificate["migrations"]:
        if not one["recorded_only"]:
            assert [s["mark"] for s in one["stations"]] == ["fine"] * 4
            assert one["ways_back"][0]["verdict"] == "restored"
    steps = [step["direction"] for step in certificate["sequence"]]
    drilled = sum(not one["recorded_only"] for one in certificate["migrations"])
    assert steps == ["roll back"] * drilled + ["apply"] * drilled
    assert world.ask("SELECT to_regclass('ceremony_ledger')", series) == [(None,)]


def test_clean_page(world: World, golden: Golden) -> None:
    world.write(USERS)
    world.target()
    golden("clean", manage("rehearse_sql", "shop").told())


VERDICTS = {
    "restored": (
        "CREATE TABLE orders (id int);",
        "DROP TABLE orders;",
    ),
    "cosmetic": (
        "ALTER TABLE users DROP COLUMN mail;",
        "ALTER TABLE users ADD COLUMN mail text;\nCREATE INDEX users_mail ON users (mail);\n"
        "COMMENT ON TABLE users IS 'Put back.';",
    ),
    "rights differ": (
        "REVOKE ALL ON users FROM CURRENT_USER;",
        "GRANT SELECT ON users TO CURRENT_USER;",
    ),
    "not restored": (
        "ALTER TABLE users DROP COLUMN mail, ADD COLUMN name text;\nCREATE SEQUENCE left_here;",
        "ALTER TABLE users ADD COLUMN mail varchar, DROP COLUMN name;",
    ),
    "dropped": (
        "CREATE TABLE orders (id int);",
        "DROP TABLE orders;\nALTER TABLE users DROP COLUMN mail;",
    ),
    "fails": (
        "ALTER TABLE users ADD COLUMN name text;",
        "ALTER TABLE users DROP COLUMN nmae;",
    ),
    "fails-check": (
        "ALTER TABLE users ADD COLUMN name text;",
        "ALTER TABLE users DROP COLUMN name;",
    ),
    "empty": (
        "CREATE TABLE orders (id int);",
        "DO $$ BEGIN RAISE NOTICE 'by hand'; END $$;",
    ),
    "irreversible": (
        "-- Reversible: no (mails are gone for good)\nALTER TABLE users DROP COLUMN mail;",
        "",
    ),
    "cannot-be-undone": (
        "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'meh' AFTER 'sad';",
        "SELECT 'an enum keeps its labels';",
    ),
    "missing": (
        "CREATE TABLE orders (id int);",
        "",
    ),
}
"""Change and way back on top of USERS, by the name of the golden file."""

CHECKED = {
    "fails-check": "-- check: nothing of it is left\n-- when: after rollback\n-- expect: no rows\n"
    "SELECT 1 FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'mail';\n"
}


@pytest.mark.parametrize("name", VERDICTS)
def test_each_verdict(name: str, world: World, golden: Golden) -> None:
    change, way_back = VERDICTS[name]
    world.write({**USERS, "0002_change.sql": change})
    if way_back:
        world.write({"0002_change.rollback.sql": way_back})
    if name in CHECKED:
        world.write({"0002_change.verify.sql": CHECKED[name]})
    world.target()

    answer = manage("rehearse_sql", "shop")

    golden(f"verdict-{name}", answer.told())
    assert scratch_databases(world) == []


def test_rights_block_where_the_series_says_so(world: World) -> None:
    change, way_back = VERDICTS["rights differ"]
    world.write({**USERS, "0002_change.sql": change, "0002_change.rollback.sql": way_back})
    warned, _ = rehearsed(world)
    world.write({"series.toml": '[policy]\nrights = "block"\n'})
    blocked, certificate = rehearsed(world)

    assert (warned.status, blocked.status) == (0, 1)
    assert ("rehearsal-rights-differ", "error") in {
        (f["code"], f["severity"]) for f in certificate["findings"]
    }


def test_control_gets_the_certificate_and_no_attempt(world: World) -> None:
    world.write(USERS)
    answer, certificate = rehearsed(world)

    assert answer.status == 0
    (row,) = Rehearsal.objects.all()
    assert row.certificate == certificate
    assert row.is_clean
    event = AuditEvent.objects.get(action="rehearsal recorded")
    assert row.digest in event.payload
    assert (Run.objects.count(), Attempt.objects.count()) == (0, 0)
    assert world.ask("SELECT to_regclass('ceremony_ledger'), to_regclass('users')") == [
        (None, None)
    ]


def test_a_second_run_that_changes_something_is_a_fault(world: World, golden: Golden) -> None:
    world.write(
        {
            **USERS,
            "series.toml": 'reference_tables = ["prices"]\n',
            "0002_prices.sql": "-- Data loss: rollback (prices)\n"
            "CREATE TABLE IF NOT EXISTS prices (name text);\nINSERT INTO prices VALUES ('one');\n",
            "0002_prices.rollback.sql": "DROP TABLE prices;\n",
            "0003_mail.sql": "ALTER INDEX users_mail RENAME TO users_mail_old;\n"
            "CREATE INDEX users_mail ON users (mail);\nDROP INDEX users_mail_old;\n"
            "ALTER TABLE users ADD CHECK (id > 0);\n",
            "0003_mail.rollback.sql": "ALTER TABLE users DROP CONSTRAINT users_id_check;\n",
        }
    )
    world.target()
    golden("again", manage("rehearse_sql", "shop").told())


def test_reference_tables_are_compared_row_by_row(world: World, golden: Golden) -> None:
    world.write(
        {
            "series.toml": 'reference_tables = ["prices"]\n',
            "0001_prices.sql": "-- Data loss: rollback (prices)\n"
            "CREATE TABLE prices (name text PRIMARY KEY, cents int);\n",
            "0001_prices.rollback.sql": "DROP TABLE prices;\n",
            "0002_rows.sql": "INSERT INTO prices VALUES ('one', 1), ('two', 2)"
            " ON CONFLICT DO NOTHING;\n",
            "0002_rows.rollback.sql": "DELETE FROM prices WHERE name = 'one';\n",
        }
    )
    world.target()
    golden("rows", manage("rehearse_sql", "shop").told())


def test_a_double_creation_seventy_steps_later_names_who_left_it(
    world: World, golden: Golden
) -> None:
    """0072 leaves what 0001 made and 0040 took away: 0040's way back meets it."""
    world.write(
        {
            "0001_code.sql": "CREATE TYPE code AS ENUM ('a');\n",
            "0001_code.rollback.sql": "DROP TYPE code;\n",
            **SEVENTY,
            "0002_t2.sql": "DROP TYPE code;\nCREATE TABLE t2 (id int);\n",
            "0002_t2.rollback.sql": "CREATE TYPE code AS ENUM ('a');\nDROP TABLE t2;\n",
            "0072_code.sql": "CREATE TYPE code AS ENUM ('b');\n",
            "0072_code.rollback.sql": "SELECT 'nothing to do';\n",
        }
    )
    world.target()
    answer = manage("rehearse_sql", "shop")
    rows = re.sub(r"^  00\d\d_t(?!2 ).*\n", "", answer.told(), flags=re.MULTILINE)
    golden("seventy", rows)


def test_the_sequence_finds_what_single_drills_do_not(world: World, golden: Golden) -> None:
    """No catalog shows a row that is left behind, but the next way back down meets it."""
    world.write(
        {
            "0001_notes.sql": "CREATE TABLE notes (note text);\n",
            "0001_notes.rollback.sql": "DROP TABLE notes;\n",
            "0001_notes.verify.sql": "-- check: no note is lost\n-- when: before rollback\n"
            "-- expect: no rows\nSELECT note FROM notes;\n",
            "0002_note.sql": "INSERT INTO notes SELECT 'one'"
            " WHERE NOT EXISTS (SELECT FROM notes);\n",
            "0002_note.rollback.sql": "SELECT 'the note may stay';\n",
        }
    )
    world.target()
    golden("sequence", manage("rehearse_sql", "shop").told())


def test_a_change_that_fails_stops_the_drills_behind_it(world: World, golden: Golden) -> None:
    world.write(
        {
            **USERS,
            "0002_bad.sql": "CREATE TABLE fine (id int);\nALTER TABLE users ADD COLUMN x nosuch;\n",
            "0002_bad.rollback.sql": "DROP TABLE fine;\n",
            "0003_next.sql": "CREATE TABLE next (id int);\n",
            "0003_next.rollback.sql": "DROP TABLE next;\n",
        }
    )
    world.target()
    golden("up-failed", manage("rehearse_sql", "shop").told())


def test_variants_keep_what_they_are_for(world: World, golden: Golden) -> None:
    world.write(
        {
            **USERS,
            "0002_orders.sql": "-- Data loss: rollback (orders)\nCREATE TABLE orders (id int);\n",
            "0002_orders.rollback.sql": "DROP TABLE orders;\n",
            "0002_orders.rollback.keep_data.sql": "ALTER TABLE orders RENAME TO orders_kept;\n",
            "0002_orders.rollback.bad_one.sql": "DROP TABLE orders;\nDROP INDEX users_mail;\n",
            "0002_orders.rollback.broken.sql": "DROP TABLE odrers;\n",
        }
    )
    world.target()
    golden("variants", manage("rehearse_sql", "shop").told())


def test_a_variant_may_leave_what_the_change_altered(world: World) -> None:
    """An enum's label, a wider type; what it alters itself is no keeping."""
    world.write(
        {
            **USERS,
            "0002_wide.sql": "ALTER TABLE users ALTER id TYPE bigint;\n"
            "ALTER TYPE mood ADD VALUE 'meh';\nALTER TABLE users ADD COLUMN name text;\n",
            "0002_wide.rollback.keep_wide.sql": "ALTER TABLE users DROP COLUMN name;\n",
            "0002_wide.rollback.bad_one.sql": "ALTER TABLE users DROP COLUMN name;\n"
            "ALTER TABLE users ALTER id TYPE numeric;\n",
            "0002_wide.rollback.sql": "ALTER TABLE users DROP COLUMN name;\n"
            "ALTER TABLE users ALTER id TYPE int;\n",
        }
    )
    _, certificate = rehearsed(world)

    told = {f["path"]: f["message"] for f in certificate["findings"] if "variant" in f["code"]}
    assert told == {
        "shop/0002_wide.rollback.bad_one.sql": "The variant 'bad_one' of 0002_wide harms what was "
        "there before the change:\n"
        "Different: Column public.users.id: type was integer, is now numeric."
    }
    page = manage("rehearse_sql", "shop").out
    assert re.search(r"variant keep_wide +✓ keeps 1 column, 1 enum\n", page), page


def test_outside_a_transaction(world: World) -> None:
    world.write(
        {
            **USERS,
            "0002_index.sql": "-- Transaction: none\n"
            "CREATE INDEX CONCURRENTLY users_id_mail ON users (id, mail);\n",
            "0002_index.rollback.sql": "-- Transaction: none\n"
            "DROP INDEX CONCURRENTLY users_id_mail;\n",
        }
    )
    answer, certificate = rehearsed(world)

    assert answer.status == 0, answer.told()
    assert verdicts(certificate)["0002_index"] == ["restored"]
    assert [s["mark"] for s in certificate["migrations"][1]["stations"]] == [
        "fine",
        "failed",
        "fine",
        "fine",
    ], "CREATE INDEX CONCURRENTLY takes no IF NOT EXISTS"


@pytest.mark.parametrize(("policy", "severity"), [("", "warning"), ('rights = "block"', "error")])
def test_rights_in_the_sequence_are_weighed_as_in_a_drill(
    world: World, policy: str, severity: str
) -> None:
    """And whoever left them behind is named."""
    world.write(
        {
            "series.toml": 'title = "Shop"\nnumbering = "sequence"\nwidth = 4\n'
            f'database = "shop"\n[policy]\n{policy}\n',
            **USERS,
            "0002_open.sql": "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;\n",
            "0002_open.rollback.sql": "ALTER DEFAULT PRIVILEGES REVOKE INSERT ON TABLES FROM PUBLIC"
            ";\n",
        }
    )
    answer, certificate = rehearsed(world)

    found = {f["code"]: f for f in certificate["findings"] if f["severity"] != "notice"}
    assert found.keys() == {"rehearsal-rights-differ", "rehearsal-sequence-differs"}
    assert {f["severity"] for f in found.values()} == {severity}
    assert found["rehearsal-sequence-differs"]["message"] == (
        "In the sequence, 0001_users applied leaves something else than in its own drill:\n"
        "Table public.users: SELECT is now granted to PUBLIC.\n"
        "The way back of 0002_open, 2 steps earlier, left this behind: Default privileges of "
        "postgres on tables appeared."
    )
    assert found["rehearsal-sequence-differs"]["hint"] == (
        "Mend 0002_open first; then rehearse again."
    )
    assert answer.status == (1 if severity == "error" else 0)


def test_junit(world: World, golden: Golden) -> None:
    change, way_back = VERDICTS["fails"]
    world.write({**USERS, "0002_change.sql": change, "0002_change.rollback.sql": way_back})
    world.target()
    answer = manage("rehearse_sql", "shop", "--format", "junit")

    assert answer.status == 1
    golden("junit", re.sub(r'time="[\d.]+"', 'time="<time>"', answer.out))


def test_a_role_that_may_not_make_databases_is_told_so(world: World, golden: Golden) -> None:
    world.write(USERS)
    target = world.target()
    world.ask(f"CREATE ROLE role_of_{target.name} LOGIN")
    point("shop", USER=f"role_of_{target.name}")
    golden("no-right", manage("rehearse_sql", "shop").told())
