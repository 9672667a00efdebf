"""What a rehearsal begins with: one migration, the target's schema, a template, rows."""

import json
from xml.etree import ElementTree

import pytest
from django.conf import settings

from tests.acceptance.door import manage
from tests.acceptance.rehearsing import (
    SEVENTY,
    USERS,
    Golden,
    rehearsed,
    scratch_databases,
    verdicts,
    without_times,
)
from tests.acceptance.world import World


@pytest.fixture
def golden(golden: Golden) -> Golden:
    return without_times(golden)


def test_one_migration_alone(world: World) -> None:
    world.write({**USERS, **SEVENTY})
    answer, certificate = rehearsed(world, "--only", "0003")

    assert answer.status == 0, answer.told()
    assert verdicts(certificate) == {"0003_t3": ["restored"]}
    assert certificate["sequence"] == []
    unknown = manage("rehearse_sql", "shop", "--only", "0999")
    assert (unknown.status, "[version-unknown]" in unknown.err) == (2, True)


def test_from_the_targets_schema_drills_what_is_pending(world: World) -> None:
    world.write(USERS)
    world.target()
    world.applied()
    world.ask("CREATE TABLE by_hand (id int)")
    world.write(
        {
            "0002_hand.sql": "ALTER TABLE by_hand ADD COLUMN note text;\n",
            "0002_hand.rollback.sql": "ALTER TABLE by_hand DROP COLUMN note;\n",
        }
    )
    from_target, certificate = rehearsed(world, "--from", "target")
    from_series, _ = rehearsed(world)

    assert from_target.status == 0, from_target.told()
    assert verdicts(certificate) == {"0002_hand": ["restored"]}
    assert from_series.status == 1, "the series does not know the table that was made by hand"


def test_from_a_template(world: World) -> None:
    world.write({k: v for k, v in USERS.items() if k.startswith("0001")})
    template = world.target("other")
    with template.connect() as connection:
        connection.execute("CREATE TABLE seen (id int)")
    world.write(
        {
            "0002_seen.sql": "ALTER TABLE seen ADD COLUMN note text;\n",
            "0002_seen.rollback.sql": "ALTER TABLE seen DROP COLUMN note;\n",
        }
    )
    answer, certificate = rehearsed(world, "--from", "template", "--template", template.name)

    assert answer.status == 0, answer.told()
    assert verdicts(certificate) == {"0001_users": ["restored"], "0002_seen": ["restored"]}
    assert certificate["source"] == f"from the template {template.name}"


def test_what_was_asked_must_make_sense(world: World, golden: Golden) -> None:
    world.write(USERS)
    world.target()
    answers = [
        manage("rehearse_sql", "shop", "--from", "template"),
        manage("rehearse_sql", "shop", "--from", "target", "--template", "x"),
        manage("rehearse_sql", "shop", "--template", "no_such_database"),
        manage("rehearse_sql", "shop", "--data", "nowhere.sql"),
    ]
    golden("refused", "\n".join(answer.told() for answer in answers))
    assert scratch_databases(world) == []


def test_a_protected_target_wants_its_environment_typed(world: World) -> None:
    world.write(USERS)
    world.target()
    settings.CEREMONY = {**settings.CEREMONY, "TARGETS": {"shop": {"ENVIRONMENT": "production"}}}

    refused = manage("rehearse_sql", "shop")
    allowed = manage("rehearse_sql", "shop", "--confirm", "production")

    assert (refused.status, "[environment-protected]" in refused.err) == (3, True)
    assert allowed.status == 0, allowed.told()


def test_another_series_in_the_same_database_comes_first(world: World) -> None:
    world.write(USERS)
    world.write(
        {
            "series.toml": 'database = "shop"\n',
            "0001_invoices.sql": "-- Depends: shop:0001\n-- Data loss: rollback (invoices)\n"
            "CREATE TABLE invoices (id int, payer int REFERENCES users);\n",
            "0001_invoices.rollback.sql": "DROP TABLE invoices;\n",
        },
        series="billing",
    )
    world.target()
    answer = manage("rehearse_sql", "billing", "--format", "json")

    assert answer.status == 0, answer.told()
    certificate = json.loads(answer.out)["reports"][0]["certificate"]
    assert verdicts(certificate) == {"0001_invoices": ["restored"]}


def test_djangos_tables_are_not_in_a_database_built_from_the_series(
    world: World, golden: Golden
) -> None:
    world.write(
        {
            "0001_groups.sql": "-- Depends: django:auth.0001_initial\nCREATE TABLE g (id int);\n",
            "0001_groups.rollback.sql": "DROP TABLE g;\n",
        }
    )
    world.target()
    golden("django", manage("rehearse_sql", "shop").told())


def test_what_other_series_lack_is_said(world: World, golden: Golden) -> None:
    world.write({"0001_bad.sql": "CREATE TABLE x (y nosuch);\n"})
    world.write(
        {
            "series.toml": 'database = "shop"\n',
            "0001_more.sql": "-- Depends: shop:0001\nCREATE TABLE more (id int);\n",
            "0001_more.rollback.sql": "DROP TABLE more;\n",
        },
        series="billing",
    )
    world.target()
    golden("base-failed", manage("rehearse_sql", "billing").told())
    assert scratch_databases(world) == []


def test_made_up_rows_are_counted_where_the_way_back_deletes_them(
    world: World, golden: Golden
) -> None:
    world.write(USERS)
    world.write(
        {
            "0002_name.sql": "ALTER TABLE users ADD COLUMN name text DEFAULT 'nobody';\n"
            "CREATE TABLE notes (id int, by int REFERENCES users);\n",
            "0002_name.rollback.sql": "DROP TABLE notes;\nALTER TABLE users DROP COLUMN name;\n",
        }
    )
    world.target()
    golden("made-up-rows", manage("rehearse_sql", "shop", "--rows", "30").told())


def test_rows_from_a_file(world: World, tmp_path) -> None:
    (tmp_path / "rows.sql").write_text(
        "INSERT INTO users VALUES (1, 'a@example.org'), (2, NULL);\n"
        "COPY notes FROM stdin;\n1\n2\n3\n\\.\n"
        "INSERT INTO never VALUES (1);\n"
    )
    world.write(
        {
            **USERS,
            "0002_notes.sql": "CREATE TABLE notes (id int);\n",
            "0002_notes.rollback.sql": "DROP TABLE notes;\n",
            "0003_mail.sql": "UPDATE users SET mail = '' WHERE mail IS NULL;\n"
            "ALTER TABLE users ALTER COLUMN mail SET NOT NULL;\n",
            "0003_mail.rollback.sql": "ALTER TABLE users ALTER COLUMN mail DROP NOT NULL;\n",
        }
    )
    answer, certificate = rehearsed(world, "--data", str(tmp_path / "rows.sql"))

    losses = {one["label"]: one["losses"] for one in certificate["migrations"]}
    assert [loss["rows"] for loss in losses["0001_users"]] == [2]
    assert losses["0002_notes"] == [{"what": "table public.notes", "rows": 3, "declared": False}]
    assert [s["rows"] for s in certificate["migrations"][2]["stations"][0]["statements"]] == [
        1,
        None,
    ]
    codes = {f["code"] for f in certificate["findings"]}
    assert {"rehearsal-loss-undeclared", "rehearsal-data-left"} <= codes
    assert answer.status == 0, answer.told()


def test_what_is_about_no_migration_is_told_in_every_format(world: World, tmp_path) -> None:
    """It is told of the file where it lies, not as if that lay below the folder of series."""
    data = tmp_path / "rows.sql"
    data.write_text("INSERT INTO users VALUES (1, 'a');\nINSERT INTO never VALUES (1);\n")
    world.write(USERS)
    world.target()
    said = (
        f"{data}:2: warning: 1 of the data file's statements were never loaded: what the first "
        "of them names was never there. [rehearsal-data-left]"
    )

    text = manage("rehearse_sql", "shop", "--data", str(data)).out
    junit = manage("rehearse_sql", "shop", "--data", str(data), "--format", "junit").out

    assert said in text.splitlines()
    (suite,) = ElementTree.fromstring(junit).iter("testsuite")
    assert (suite.findtext("system-out") or "").splitlines()[0] == said
