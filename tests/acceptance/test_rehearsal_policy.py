"""Where the policy demands a rehearsal: what is not rehearsed as it is, is not applied."""

import json
import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import connection

from ceremony.core.rehearsal.certificate import digest_of
from ceremony.models import Rehearsal
from tests.acceptance.door import Answer, manage
from tests.acceptance.world import World

Golden = Callable[[str, str], None]

FILES = {
    "0001_users.sql": "-- Data loss: rollback (all users)\n"
    "CREATE TABLE users (id int PRIMARY KEY, mail text);\n",
    "0001_users.verify.sql": "-- check: it is there\n-- expect: success\nSELECT id FROM users;\n",
    "0001_users.rollback.sql": "DROP TABLE users;\n",
    "0002_index.sql": "CREATE INDEX users_mail ON users (mail);\n",
    "0002_index.rollback.sql": "DROP INDEX users_mail;\n",
}


@pytest.fixture
def strict(world: World) -> World:
    """A target whose policy demands a rehearsal."""
    settings.CEREMONY = {**settings.CEREMONY, "TARGETS": {"shop": {"REHEARSAL": "required"}}}
    world.write(FILES)
    world.target()
    return world


def rehearse() -> Answer:
    answer = manage("rehearse_sql", "shop")
    assert answer.status == 0, answer.told()
    return answer


def nothing_is_there(world: World) -> bool:
    return world.ask("SELECT to_regclass('users')") == [(None,)]


def test_without_a_rehearsal_nothing_is_applied(strict: World, golden: Golden) -> None:
    golden("rehearsal/required-missing", strict.apply().told())
    assert nothing_is_there(strict)


def test_with_one_it_is(strict: World) -> None:
    rehearse()

    strict.applied()

    assert strict.applied_versions() == ["0001", "0002"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("0002_index.sql", "CREATE INDEX users_mail ON users (mail, id);\n"),
        ("0001_users.verify.sql", FILES["0001_users.verify.sql"] + "-- another word\n"),
        ("0002_index.rollback.sql", "DROP INDEX IF EXISTS users_mail;\n"),
        ("0002_index.rollback.other.sql", "DROP INDEX users_mail;\n"),
    ],
)
def test_another_file_than_was_rehearsed_is_stale(strict: World, file: str, text: str) -> None:
    rehearse()
    strict.write({file: text})

    answer = strict.apply()

    assert (answer.status, "[rehearsal-stale]" in answer.err) == (3, True), answer.told()
    assert f"Since rehearsal {Rehearsal.objects.get().pk}, shop/{file} changed." in answer.err
    assert nothing_is_there(strict)


def test_another_wording_of_the_same_change_is_not(strict: World) -> None:
    rehearse()
    strict.write({"0002_index.sql": f"-- Now with a comment.\n{FILES['0002_index.sql']}"})

    strict.applied()


def test_a_file_that_came_after_the_rehearsal_is_missing(strict: World) -> None:
    rehearse()
    strict.write(
        {"0003_more.sql": "CREATE TABLE more ();", "0003_more.rollback.sql": "DROP TABLE more;"}
    )

    answer = strict.apply()

    assert "none is recorded of 0003_more." in answer.err
    assert strict.apply("--to", "0002").status == 0


def test_a_rehearsal_with_faults_is_none(strict: World, golden: Golden) -> None:
    strict.write({"0002_index.rollback.sql": "SELECT 'the index may stay';\n"})
    assert manage("rehearse_sql", "shop").status == 1

    golden("rehearsal/required-faulty", strict.apply().told())
    assert nothing_is_there(strict)


def test_a_fault_of_the_whole_series_is_not_mended_by_a_drill_of_one(strict: World) -> None:
    """The way back of 0004 leaves a row that the way back of 0003 cannot stand."""
    check = "ALTER TABLE users ADD CONSTRAINT mail_said CHECK (mail <> 'none');\n"
    strict.write(
        {
            "0002_index.sql": f"CREATE INDEX users_mail ON users (mail);\n{check}",
            "0002_index.rollback.sql": "ALTER TABLE users DROP CONSTRAINT mail_said;\n"
            "DROP INDEX users_mail;\n",
            "0003_free.sql": "ALTER TABLE users DROP CONSTRAINT mail_said;\n",
            "0003_free.rollback.sql": check,
            "0004_row.sql": "INSERT INTO users VALUES (1, 'none') ON CONFLICT DO NOTHING;\n",
            "0004_row.rollback.sql": "SELECT 'rows stay';\n",
        }
    )
    whole = manage("rehearse_sql", "shop")
    assert (whole.status, "[rehearsal-sequence-fails]" in whole.out) == (1, True), whole.told()
    alone = manage("rehearse_sql", "shop", "--only", "0003")
    assert alone.status == 0, alone.told()

    answer = strict.apply()

    assert (answer.status, "rehearsal 1 found some in 0003_free." in answer.err) == (3, True)
    strict.write({"0004_row.rollback.sql": "DELETE FROM users WHERE mail = 'none';\n"})
    rehearse()
    assert manage("rehearse_sql", "shop", "--only", "0003").status == 0
    strict.applied()
    assert nothing_is_there(strict) is False


def test_a_rehearsal_on_an_older_server_is_stale(strict: World, golden: Golden) -> None:
    rehearse()
    _rewritten("server_version", 140020)

    text = strict.apply().told()

    golden(
        "rehearsal/required-older-server", re.sub(r"target has \d+ now", "target has <n> now", text)
    )


def test_a_certificate_that_was_touched_is_none(strict: World) -> None:
    rehearse()
    _rewritten("clean", "certainly", digest=False)

    assert "[rehearsal-missing]" in strict.apply().err


def test_the_series_may_demand_it_too(world: World) -> None:
    world.write({**FILES, "series.toml": '[policy]\nrehearsal = "required"\n'})
    world.target()

    assert "[rehearsal-missing]" in world.apply().err


def test_what_the_rehearsal_did_not_show_stops_the_run_before_commit(strict: World) -> None:
    """A table that the target has and the scratch database has not."""
    strict.ask("CREATE TABLE users_old (id int)")
    strict.write(
        {
            "0002_index.sql": "DO $$ BEGIN IF to_regclass('users_old') IS NOT NULL THEN\n"
            "DROP TABLE users_old; END IF; END $$;\n",
            "0002_index.rollback.sql": "SELECT 1;\n",
        }
    )
    rehearse()

    answer = strict.apply()

    assert (answer.status, "[xray-unexpected]" in answer.err) == (1, True), answer.told()
    assert strict.ask("SELECT to_regclass('users_old')::text") == [("users_old",)]


def _rewritten(key: str, value: object, *, digest: bool = True) -> None:
    """Change a fact of the certificate as somebody who owns the table could."""
    row = Rehearsal.objects.get()
    stored = {**row.certificate, key: value}
    told = digest_of(stored) if digest else row.digest
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ceremony_rehearsal DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE ceremony_rehearsal SET certificate = %s, digest = %s",
            [json.dumps(stored), told],
        )


def test_an_unknown_policy_is_refused(world: World) -> None:
    settings.CEREMONY = {**settings.CEREMONY, "TARGETS": {"shop": {"REHEARSAL": "maybe"}}}
    world.write(FILES)

    answer = world.apply()

    assert (answer.status, "[settings-invalid]" in answer.err) == (2, True)
