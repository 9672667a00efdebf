"""The content series: a live database and an empty one come to the same end."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from ceremony.actions import stamp
from ceremony.models import AuditEvent, MigrationRecord, Outcome, Run
from tests.acceptance.catalog import Facts
from tests.acceptance.conftest import Golden
from tests.acceptance.door import ROOT, manage
from tests.acceptance.world import World

HISTORY = ["0000", "0002", "0003", "0004", "0005", "0006", "0007", "0029"]
BASELINE = "0030"


@pytest.fixture
def content(world: World) -> World:
    """A copy of the content series, which a test may change."""
    shutil.copytree(ROOT / "migrations_sql" / "content", world.root / "content")
    world.target("content")
    return world


@pytest.fixture
def live(content: World) -> World:
    """Its database was built by the old files, in another hand: the schema is there, no ledger."""
    for version in HISTORY:
        content.ask(change(content, version).read_text(), "content")
    return content


def change(world: World, version: str) -> Path:
    """The file of a change."""
    found = (world.root / "content").glob(f"{version}_*.sql")
    (path,) = [path for path in found if path.name.count(".") == 1]
    return path


def events(world: World) -> list[tuple[str, str]]:
    """What the ledger says of the series, in order."""
    return [
        (version, event)
        for version, event in world.ask(
            "SELECT version, event FROM ceremony_ledger WHERE series <> '' ORDER BY sequence",
            "content",
        )
    ]


def no_ledger(world: World) -> bool:
    return world.ask("SELECT to_regclass('ceremony_ledger') IS NULL", "content") == [(True,)]


def without_ledger(facts: Facts) -> list[str]:
    return [str(fact) for fact in facts if "ceremony_ledger" not in str(fact)]


def states(world: World) -> dict[str, str]:
    """What status_sql says, by version; retired files left out."""
    answer = manage("status_sql", "content", "--format", "json")
    lines = json.loads(answer.out)["reports"][0]["migrations"]
    return {line["label"][:4]: line["state"] for line in lines if line["state"] != "retired"}


def test_a_live_database_is_recorded_after_its_proof(live: World, golden: Golden) -> None:
    before = live.catalog("content")
    answer = manage("baseline_sql", "content")
    golden("content/recorded", answer.told())
    assert events(live) == [(version, "baselined") for version in [*HISTORY, BASELINE]]
    after = live.catalog("content")
    assert without_ledger(after) == without_ledger(before)
    assert states(live) == dict.fromkeys([*HISTORY, BASELINE], "baselined")


def test_what_was_recorded_stands_everywhere(live: World) -> None:
    assert manage("baseline_sql", "content").status == 0
    detail = live.ask(
        "SELECT detail::json ->> 'fingerprint', detail::json ->> 'objects' FROM ceremony_ledger"
        " WHERE version = '0030'",
        "content",
    )
    assert detail[0][0].startswith("catalog-v1:")
    run = Run.objects.get(kind="baseline")
    assert run.outcome.verdict == "PASS"
    assert run.attempts.count() == 9
    assert Outcome.objects.filter(attempt__run=run, state="done").count() == 9
    assert set(MigrationRecord.objects.values_list("state", flat=True)) == {"baselined"}
    assert AuditEvent.objects.filter(action="baselined").count() == 9
    assert run.snapshots.count() == 1
    assert manage("verify_sql", "content", "--drift").status == 0


def test_the_admin_shows_it(live: World, client: Client) -> None:
    manage("baseline_sql", "content")
    client.force_login(User.objects.create_superuser("ada"))
    run = Run.objects.get(kind="baseline")
    page = client.get(reverse("admin:ceremony_run_change", args=[run.pk])).content.decode()
    assert "baseline" in page
    assert "0030_establish_true_baseline" in page
    attempt = run.attempts.get(version="0030")
    page = client.get(reverse("admin:ceremony_attempt_change", args=[attempt.pk])).content.decode()
    assert "baselined" in page


def test_it_is_recorded_once(live: World) -> None:
    manage("baseline_sql", "content")
    ledger = live.ledger("content")
    again = manage("baseline_sql", "content", "0030")
    assert again.status == 0
    assert again.out.splitlines()[0] == (
        "✓ Recorded already, nothing to do: 0030_establish_true_baseline is the baseline of "
        "content on content (local)."
    )
    looked = manage("baseline_sql", "content", "--check")
    assert looked.out.splitlines()[-1] == "Next   manage.py status_sql content   what is applied"
    assert live.ledger("content") == ledger
    assert manage("apply_sql", "content").status == 0
    assert live.ledger("content") == ledger


def test_status_tells_history_from_what_was_run(live: World, golden: Golden) -> None:
    manage("baseline_sql", "content")
    golden("content/status", manage("status_sql", "content").told())


def test_its_rollback_is_refused(live: World, golden: Golden) -> None:
    manage("baseline_sql", "content")
    before = live.catalog("content")
    golden("content/rollback-refused", manage("rollback_sql", "content").told())
    answer = manage("rollback_sql", "content", "--to", "zero")
    assert answer.status == 3
    assert "[rollback-baselined]" in answer.err
    assert live.catalog("content") == before


def test_one_column_too_many_is_named(live: World, golden: Golden) -> None:
    live.ask("ALTER TABLE users ADD COLUMN nickname text", "content")
    answer = manage("baseline_sql", "content")
    golden("content/one-column", answer.told())
    assert no_ledger(live)
    run = Run.objects.get(kind="baseline")
    assert run.outcome.verdict == "FAIL"
    assert (run.outcome.problem or {})["code"] == "baseline-differs"
    assert not run.attempts.exists()


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (
            "DROP INDEX idx_sessions_expire",
            "Index public.idx_sessions_expire is built by the file, and the database does not "
            "have it.",
        ),
        (
            "ALTER TABLE users ALTER COLUMN is_active SET DEFAULT false",
            "Column public.users.is_active: default is false in the database, and the file makes "
            "it true.",
        ),
        (
            "GRANT SELECT ON users TO PUBLIC",
            "Table public.users: SELECT to PUBLIC is granted in the database, and the file makes "
            "it none.",
        ),
    ],
)
def test_every_difference_is_named(live: World, damage: str, sentence: str) -> None:
    live.ask(damage, "content")
    answer = manage("baseline_sql", "content")
    assert answer.status == 3
    assert sentence in answer.err
    assert no_ledger(live)


def test_rights_can_be_left_out(live: World) -> None:
    live.ask("GRANT SELECT ON users TO PUBLIC", "content")
    assert manage("baseline_sql", "content", "--without-rights").status == 0
    assert events(live)[-1] == ("0030", "baselined")


def test_a_comment_is_told_and_does_not_count(live: World) -> None:
    live.ask("COMMENT ON TABLE users IS 'people'", "content")
    answer = manage("baseline_sql", "content")
    assert answer.status == 0
    assert "comment is people in the database" in answer.out


def test_the_proof_alone_records_nothing(live: World, golden: Golden) -> None:
    golden("content/check", manage("baseline_sql", "content", "--check").told())
    assert no_ledger(live)


def test_an_empty_database_is_built_by_the_baseline(content: World) -> None:
    content.applied(series="content")
    expected = [(version, "superseded") for version in HISTORY] + [(BASELINE, "applied")]
    assert sorted(events(content)) == sorted(expected)
    answer = manage("baseline_sql", "content")
    assert answer.status == 3
    assert "[baseline-applied]" in answer.err


def test_both_ways_in_come_to_the_same_schema(live: World) -> None:
    manage("baseline_sql", "content")
    live.target("fresh")
    assert manage("apply_sql", "content", "--database", "fresh").status == 0
    assert live.catalog("fresh") == live.catalog("content")


def test_the_contract_holds_and_guards_what_was_recorded(live: World) -> None:
    manage("baseline_sql", "content")
    assert manage("verify_sql", "content").status == 0
    live.ask("ALTER TABLE content DROP COLUMN script", "content")
    optional = manage("verify_sql", "content")
    assert "content.script" in optional.out
    live.ask("ALTER TABLE projects DROP COLUMN status", "content")
    required = manage("verify_sql", "content")
    assert required.status != 0
    assert "projects.status" in required.out


def test_history_that_ran_by_the_ledger_stays_applied(content: World) -> None:
    content.applied("--to", "0029", series="content")
    assert manage("baseline_sql", "content").status == 0
    assert states(content) == {**dict.fromkeys(HISTORY, "applied"), BASELINE: "baselined"}


def test_what_the_contract_asks_for_must_be_there(live: World) -> None:
    path = live.root / "content" / "contract.toml"
    asked = '[[table]]\nname = "shoes"\nsince = "0030"\n'
    path.write_text(path.read_text() + "\n" + asked)
    answer = manage("baseline_sql", "content")
    assert answer.status == 3, answer.told()
    assert "[contract-violated]" in answer.err
    assert "shoes" in answer.err
    assert no_ledger(live)


def test_a_failing_check_on_the_live_data_refuses(live: World) -> None:
    path = live.root / "content" / "0030_establish_true_baseline.verify.sql"
    path.write_text("-- check: nobody\n-- when: always\n-- expect: no rows\nSELECT 1 FROM users;\n")
    live.ask("INSERT INTO users (email, first_name, last_name) VALUES ('a', 'b', 'c')", "content")
    answer = manage("baseline_sql", "content")
    assert answer.status == 3
    assert "The check 'nobody' does not hold on the live database" in answer.err
    assert no_ledger(live)


def test_a_file_that_cannot_be_repeated_is_refused(live: World) -> None:
    path = change(live, BASELINE)
    text = path.read_text()
    path.write_text(text.replace("INDEX IF NOT EXISTS idx_sessions", "INDEX idx_sessions"))
    answer = manage("baseline_sql", "content")
    assert answer.status == 3
    assert "[baseline-not-repeatable]" in answer.err
    assert no_ledger(live)


def test_a_crash_before_the_outcomes_is_settled_by_the_next_call(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise OperationalError("the connection is lost")

    with monkeypatch.context() as broken:
        broken.setattr(stamp, "record_outcomes", gone)
        assert manage("baseline_sql", "content").status == 1
    assert events(live)[-1] == ("0030", "baselined")
    again = manage("baseline_sql", "content")
    assert again.status == 0
    assert again.out.startswith("✓ Recorded already")
    assert set(MigrationRecord.objects.values_list("state", flat=True)) == {"baselined"}
    assert Run.objects.get(kind="baseline").outcome.verdict == "PARTIAL"


def test_a_crash_before_the_rows_leaves_nothing(
    live: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise OperationalError("the connection is lost")

    with monkeypatch.context() as broken:
        broken.setattr(stamp, "audit_head", gone)
        assert manage("baseline_sql", "content").status == 1
    assert events(live) == []
    assert manage("baseline_sql", "content").status == 0
    assert events(live) == [(version, "baselined") for version in [*HISTORY, BASELINE]]


def test_files_that_are_not_stood_for_are_named(live: World) -> None:
    path = change(live, BASELINE)
    path.write_text(path.read_text().replace("Supersedes: 0000-0029", "Supersedes: 0002-0029"))
    answer = manage("baseline_sql", "content")
    assert answer.status == 3
    assert "0000_initial did not run here" in answer.err
    assert "[baseline-leaves-files]" in answer.err


STRAY = "-- Purpose: tags by hand\nALTER TABLE tags ADD COLUMN colour text;\n"


def test_what_never_ran_is_retired_before_the_baseline(live: World) -> None:
    live.write({"0019_stray.sql": STRAY}, "content")
    words = ("retire_sql", "content", "0019", "--reason", "expects a table that was never there")
    answer = manage(*words)
    assert answer.status == 0, answer.told()
    assert "another file stands for it" in answer.out
    assert manage("baseline_sql", "content").status == 0
    assert events(live) == [(version, "baselined") for version in [*HISTORY, BASELINE]]
    for version in ("0019", "0001"):
        answer = manage("apply_sql", "content", "--to", version)
        assert answer.status == 3
        assert "[version-retired]" in answer.err
    assert live.ask("SELECT to_regclass('tags')", "content") == [(None,)]
    assert manage("check_sql", "content").status == 0


def test_a_live_schema_is_written_proved_and_recorded(live: World) -> None:
    folder = live.root / "content"
    for path in [*folder.glob("0030_*"), folder / "contract.toml"]:
        path.unlink()
    live.ask("ALTER TABLE users ADD COLUMN nickname text", "content")
    answer = manage("baseline_sql", "content", "as it is")
    assert answer.status == 0, answer.told()
    assert "Wrote  sql/content/0030_as_it_is.sql" in answer.out
    assert "-- Supersedes: 0000-0029\n" in (folder / "0030_as_it_is.sql").read_text()
    assert events(live) == [(version, "baselined") for version in [*HISTORY, BASELINE]]
    live.target("fresh")
    assert manage("apply_sql", "content", "--database", "fresh").status == 0
    assert live.catalog("fresh") == live.catalog("content")
    assert manage("check_sql", "content").status == 0


def test_a_file_that_cannot_be_read_is_taken_away_again(live: World) -> None:
    names = sorted(path.name for path in (live.root / "content").iterdir())
    answer = manage("baseline_sql", "content", "other", "--supersedes", "0000-9999")
    assert answer.status == 3
    assert "[supersedes-invalid]" in answer.err
    assert sorted(path.name for path in (live.root / "content").iterdir()) == names


def test_a_new_file_is_only_written_behind_a_name(live: World) -> None:
    answer = manage("baseline_sql", "content", "0099")
    assert answer.status == 2
    assert "There is no version '0099' in 'content'." in answer.err


def test_a_protected_target_wants_its_name(live: World) -> None:
    settings.CEREMONY = {
        **settings.CEREMONY, "TARGETS": {"content": {"ENVIRONMENT": "production"}}
    }  # fmt: skip
    refused = manage("baseline_sql", "content")
    assert refused.status == 3
    assert "[environment-protected]" in refused.err
    assert no_ledger(live)
    assert manage("baseline_sql", "content", "--confirm", "production").status == 0
